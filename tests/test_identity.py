"""Keys of entries (rules R1), prints (rules R2, R4, R12) and minted ids (rules R5)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from aggregator.dedup import (
    PROJECT_NAMESPACE,
    document_keys,
    entry_keys,
    fingerprints,
    mint,
    mint_name,
    path_key,
    source_uri,
)
from aggregator.model.article import Agency, Dateline, Place, Precision
from aggregator.model.identity import KeyKind
from aggregator.model.parsed import Entry, Text, TextType
from tests import make

PAGE = "https://example.org/page"
MONDAY, TUESDAY = "Mon, 02 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 10:00:00 GMT"


@dataclass(frozen=True, kw_only=True)
class Case:
    """Entries of one document and the kinds of key that each entry that stays is known by, its own first."""

    why: str
    entries: tuple[Entry, ...]
    kinds: tuple[str, ...]


CASES = (
    Case(
        why="every unique value is a key: guid, link, digest in this order",
        entries=(make.entry(guid="a", link=PAGE),),
        kinds=("guid link digest",),
    ),
    Case(why="no guid: the link is the entry's own key", entries=(make.entry(link=PAGE),), kinds=("link digest",)),
    Case(why="neither guid nor link: the digest", entries=(make.entry(),), kinds=("digest",)),
    Case(
        why="an empty guid or link is none",
        entries=(make.entry(guid="", link=""),),
        kinds=("digest",),
    ),
    Case(
        why="a link under two titles is nobody's key",
        entries=(make.entry("One", guid="a", link=PAGE), make.entry("Two", guid="b", link=PAGE)),
        kinds=("guid digest", "guid digest"),
    ),
    Case(
        why="a guid under two titles is nobody's key",
        entries=(
            make.entry("One", guid="a", link="https://example.org/1"),
            make.entry("Two", guid="a", link="https://example.org/2"),
        ),
        kinds=("link digest", "link digest"),
    ),
    Case(
        why="guid and link under two titles: the digest tells them apart",
        entries=(make.entry("One", guid="a", link=PAGE), make.entry("Two", guid="a", link=PAGE)),
        kinds=("digest", "digest"),
    ),
    Case(
        why="titles that are equal when folded are one title",
        entries=(make.entry("The Élysée says", guid="a"), make.entry("the elysee says!", guid="a")),
        kinds=("guid digest",),
    ),
    Case(
        why="an exact repeat is one entry",
        entries=(make.entry(guid="a", link=PAGE), make.entry(guid="a", link=PAGE)),
        kinds=("guid link digest",),
    ),
    Case(
        why="an exact repeat without guid and link is one entry",
        entries=(make.entry(published=MONDAY), make.entry(published=MONDAY)),
        kinds=("digest",),
    ),
    Case(
        why="one title on two days is two entries",
        entries=(make.entry(published=MONDAY), make.entry(published=TUESDAY)),
        kinds=("digest", "digest"),
    ),
    Case(
        why="the date of an Atom entry may be its update",
        entries=(make.entry(updated=MONDAY), make.entry(updated=TUESDAY)),
        kinds=("digest", "digest"),
    ),
    Case(
        why="link and title shared under two guids: both stay, the link is a key of both",
        entries=(make.entry(guid="a", link=PAGE), make.entry(guid="b", link=PAGE)),
        kinds=("guid link digest", "guid link digest"),
    ),
    Case(
        why="99 entries under one link are known by their guids",
        entries=tuple(make.entry(f"Title {number}", guid=f"g{number}", link=PAGE) for number in range(99)),
        kinds=("guid digest",) * 99,
    ),
    Case(
        why="micro-blog: no title, the guid is under two texts",
        entries=(make.entry(None, "One text", guid="a"), make.entry(None, "Another text", guid="a")),
        kinds=("digest", "digest"),
    ),
    Case(
        why="micro-blog: one link for all, no title, no date, no guid",
        entries=(make.entry(None, "One text", link=PAGE), make.entry(None, "Another text", link=PAGE)),
        kinds=("digest", "digest"),
    ),
    Case(
        why="micro-blog: nothing but texts of one moment",
        entries=(
            make.entry(None, "One text", published=MONDAY),
            make.entry(None, "Another text", published=MONDAY),
            make.entry(None, "One text", published=MONDAY),
        ),
        kinds=("digest", "digest"),
    ),
    Case(
        why="a title of signs alone is no title",
        entries=(make.entry("🔥", "One text", link=PAGE), make.entry("🔥", "Another text", link=PAGE)),
        kinds=("digest", "digest"),
    ),
    Case(
        why="a title that eats the date's line is not the date",
        entries=(make.entry(f"One\n{MONDAY}", published=""), make.entry("One", published=f"{MONDAY}\n")),
        kinds=("digest", "digest"),
    ),
    Case(
        why="the text stands for the title wherever it is printed",
        entries=(
            Entry(guid="a", summary=Text(value="One text")),
            Entry(guid="a", content=Text(value="Another text", type=TextType.PLAIN)),
        ),
        kinds=("digest", "digest"),
    ),
    Case(why="an entry of nothing is an entry", entries=(Entry(), Entry()), kinds=("digest",)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_keys_of_a_document(case: Case) -> None:
    found = entry_keys(case.entries)
    assert tuple(" ".join(key.kind for key in one.keys) for one in found) == case.kinds
    own = [one.keys[0].digest for one in found]
    assert len(set(own)) == len(own), "no two entries of a document share their own key"


def test_the_first_of_a_repeat_stays() -> None:
    found = entry_keys((make.entry(text="First", guid="a"), make.entry(text="Second", guid="a")))
    assert [one.entry.content for one in found] == [Text(value="First")]


def test_an_entry_that_gains_or_loses_its_guid_shares_a_key_with_its_former_self() -> None:
    (with_guid,) = entry_keys((make.entry(guid="a", link=PAGE, published=MONDAY),))
    (without,) = entry_keys((make.entry(link=PAGE, published=MONDAY),))
    assert without.keys == with_guid.keys[1:]


def test_keys_of_one_value_differ_by_kind() -> None:
    (found,) = entry_keys((make.entry(guid=PAGE, link=PAGE),))
    assert found.keys[0].value == found.keys[1].value == PAGE
    assert found.keys[0].digest != found.keys[1].digest


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("title", {"title": Text(value="Another headline")}),
        ("printed date", {"published": TUESDAY}),
        ("link", {"link": "https://example.org/other"}),
    ],
)
def test_the_digest_is_of_title_date_and_link(why: str, changes: dict[str, object]) -> None:
    entry = make.entry(published=MONDAY, link=PAGE)
    (before,), (after,) = entry_keys((entry,)), entry_keys((replace(entry, **changes),))  # type: ignore[arg-type]
    assert before.keys[-1] != after.keys[-1], why


def test_the_digest_of_a_titled_entry_outlives_an_edit_of_its_text() -> None:
    (before,), (after,) = entry_keys((make.entry(text="Before"),)), entry_keys((make.entry(text="After"),))
    assert before.keys == after.keys


@pytest.mark.parametrize(
    ("why", "entries", "expected"),
    [
        ("two titles", (make.entry("One", link=PAGE), make.entry("Two", link=PAGE)), [True, True]),
        ("one title twice", (make.entry(guid="a", link=PAGE), make.entry(guid="b", link=PAGE)), [False, False]),
        (
            "two forms of one address",
            (make.entry("One", link=PAGE), make.entry("Two", link="http://example.org:80/page?utm_source=rss#top")),
            [True, True],
        ),
        ("another address", (make.entry("One", link=PAGE), make.entry("Two", link=f"{PAGE}/2")), [False, False]),
        ("no address", (make.entry("One"), make.entry("Two")), [False, False]),
    ],
)
def test_an_address_is_ambiguous_under_two_titles(why: str, entries: tuple[Entry, ...], expected: list[bool]) -> None:
    assert [one.url_is_ambiguous for one in entry_keys(entries)] == expected, why


def test_a_document_is_known_by_its_path_then_by_its_text() -> None:
    path, text = document_keys("tass/libya.txt", b"\x01" * 16)
    assert (path.kind, text.kind) == (KeyKind.PATH, KeyKind.DIGEST)
    assert path == path_key("tass/libya.txt")
    assert document_keys("moved.txt", b"\x01" * 16)[1] == text
    assert document_keys("tass/libya.txt", b"\x02" * 16)[1] != text


@pytest.mark.parametrize(("count", "has_digest"), [(0, False), (1, False), (47, False), (48, True), (49, True)])
def test_a_body_is_compared_from_48_words_on(count: int, has_digest: bool) -> None:
    prints = fingerprints(make.article(body_text=make.words(count)))
    assert (prints.body is not None) == has_digest


def test_the_body_is_compared_folded() -> None:
    body = make.words(48)
    shown = "- " + body.upper().replace(" ", ",\n ")
    assert fingerprints(make.article(body_text=shown)).body == fingerprints(make.article(body_text=body)).body


@pytest.mark.parametrize(
    ("url", "is_compared"),
    [
        (None, False),
        ("https://example.org", False),
        ("https://example.org/", False),
        ("https://example.org/#news", False),
        ("https://example.org/?utm_source=feed", False),
        ("https://example.org/page", True),
    ],
)
def test_an_address_is_compared_only_if_it_has_a_path(url: str | None, is_compared: bool) -> None:
    assert (fingerprints(make.article(url=url)).url is not None) == is_compared


@pytest.mark.parametrize(
    ("why", "changes", "is_text", "is_material"),
    [
        ("nothing", {}, False, False),
        ("a word of the body", {"body_text": "A long text."}, True, True),
        ("a word of the headline", {"headline": "The headline"}, True, True),
        ("the order of words", {"body_text": "Short a text."}, True, True),
        ("a number", {"body_text": "A short text 2."}, True, True),
        ("a word that moves from the body to the headline", {"headline": "A headline A", "body_text": "short text."}, True, True),
        ("a comma", {"body_text": "A short, text."}, True, False),
        ("case and accents of the headline", {"headline": "À HEADLINE"}, True, False),
        ("markup", {"body_html": "<p>A <b>short</b> text.</p>"}, True, False),
        ("the standfirst", {"standfirst": "Under the headline"}, True, False),
        ("the date", {"published": make.date(make.NOW)}, False, False),
        ("the address", {"url": "https://example.org/other"}, False, False),
    ],
)  # fmt: skip
def test_what_makes_another_text_and_what_is_material(
    why: str, changes: dict[str, object], is_text: bool, is_material: bool
) -> None:
    before, after = fingerprints(make.article()), fingerprints(make.article(**changes))
    assert (before.text != after.text) == is_text, why
    assert (before.material != after.material) == is_material, why


WIRE = make.article(
    is_local=True,
    headline="Envoy: Talks ended well",
    body_text="«" + make.words(60) + "»",
    agency=Agency(id="desk", name="Desk"),
    dateline=Dateline(raw="TUNIS, March 1. /DESK/.", places=(Place(name="Tunis"), Place(name="Rome"))),
    content_created=make.date(datetime(2026, 3, 1, 12, tzinfo=UTC), Precision.DAY),
)


# The values stand here as written: they may never be others, a lost store must mint the ids that readers know.
def test_the_namespace_never_changes() -> None:
    assert str(PROJECT_NAMESPACE) == "6d1c3f0e-7a52-4b0b-9a57-2f6f6f0e5c11"


@pytest.mark.parametrize(
    ("entry", "uri"),
    [
        (make.entry(guid="tag:example.org,2026:1", link=PAGE), "urn:uuid:ce1076d1-3b0e-5898-83a0-8944495839e7"),
        (make.entry(link=PAGE), "urn:uuid:6f698c5a-a9eb-5e92-99b5-b68190c7d97d"),
        (make.entry(published=MONDAY), "urn:uuid:3e77d282-3fee-542b-b378-444643be44b5"),
        (make.entry(None, "Micro"), "urn:uuid:350d7fbf-4aa6-530a-bb59-34627a99b24a"),
    ],
)
def test_the_uri_of_an_entry_is_of_its_source_and_first_key(entry: Entry, uri: str) -> None:
    (found,) = entry_keys((entry,))
    assert mint(mint_name("un-news", found.keys, make.article())) == uri


def test_the_uri_of_a_document_is_of_what_its_wire_says() -> None:
    name = mint_name("seeds", document_keys("a.txt", b"1"), WIRE)
    assert name.split("\n")[:4] == ["desk", "tunis", "03-01", "envoy talks ended well"]
    assert mint(name) == "urn:uuid:05c39f18-655d-5176-8d8a-7726931b19a2"


def test_a_document_without_agency_place_and_date_has_a_uri() -> None:
    bare = replace(WIRE, agency=None, dateline=None, content_created=None)
    assert (
        mint(mint_name("seeds", document_keys("a.txt", b"1"), bare)) == "urn:uuid:9a2ea50f-1939-5b1a-8448-df21f2b4f5d9"
    )


@pytest.mark.parametrize(
    ("why", "source_id", "path", "changes"),
    [
        ("path", "seeds", "moved/b.txt", {}),
        ("source", "archive", "a.txt", {}),
        ("year", "seeds", "a.txt", {"content_created": make.date(datetime(2021, 3, 1, 12, tzinfo=UTC), Precision.DAY)}),
        ("punctuation", "seeds", "a.txt", {"headline": "Envoy - talks ended well"}),
        ("the end of the body", "seeds", "a.txt", {"body_text": make.words(59) + " ending"}),
        ("the address", "seeds", "a.txt", {"url": "https://example.net/x"}),
    ],
)
def test_the_uri_of_a_document_does_not_hang_on(
    why: str, source_id: str, path: str, changes: dict[str, object]
) -> None:
    changed = replace(WIRE, **changes)  # type: ignore[arg-type]
    name = mint_name("seeds", document_keys("a.txt", b"1"), WIRE)
    assert mint_name(source_id, document_keys(path, b"2"), changed) == name, why


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("agency", {"agency": Agency(id="other", name="Other")}),
        ("place", {"dateline": Dateline(raw="ROME", places=(Place(name="Rome"),))}),
        ("day", {"content_created": make.date(datetime(2026, 3, 2, 12, tzinfo=UTC), Precision.DAY)}),
        ("headline", {"headline": "Envoy: talks failed"}),
        ("the start of the body", {"body_text": "Other " + make.words(60)}),
    ],
)
def test_the_uri_of_a_document_hangs_on(why: str, changes: dict[str, object]) -> None:
    keys = document_keys("a.txt", b"1")
    changed = replace(WIRE, **changes)  # type: ignore[arg-type]
    assert mint_name("seeds", keys, changed) != mint_name("seeds", keys, WIRE), why


def test_the_body_counts_with_its_first_200_folded_characters() -> None:
    keys = document_keys("a.txt", b"1")
    base, near, far = "x" * 200, "x" * 199 + "y", "x" * 200 + "y"
    names = [mint_name("seeds", keys, make.article(is_local=True, body_text=body)) for body in (base, near, far)]
    assert names[0] == names[2] != names[1]


def test_a_taken_uri_is_minted_again_from_the_numbered_name() -> None:
    assert [mint("name"), mint("name", 2), mint("name", 3)] == [
        "urn:uuid:e3af9b8b-5703-50ce-b69d-3636db902392",
        "urn:uuid:6060f986-ecdd-57d2-a947-94b3827685a2",
        "urn:uuid:2ab7084b-02c9-5333-b090-868b8b5f8104",
    ]
    assert mint("name", 2) == mint("name#2")


def test_the_uri_of_a_source_never_changes() -> None:
    assert source_uri("un-news") == "urn:uuid:514a058d-3305-55ce-9977-ed10f7a4bd60"
