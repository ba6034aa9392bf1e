"""Which article an entry is: look-up in one source (rules R1, R5), across sources (R2), whose text it is (R3)."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from aggregator.dedup import decide, document_keys, fingerprints, path_key
from aggregator.model.article import Article, Completeness, Owner, StoredArticle
from aggregator.model.identity import Candidate, Key, KeyKind, Relation, Sighting, Verdict
from tests import make

NEW, SAME, REVISION, BETTER = Relation.NEW, Relation.SAME, Relation.REVISION, Relation.BETTER
NOTHING: frozenset[bytes] = frozenset()
GUID, OTHER_GUID = make.GUID, make.key(KeyKind.GUID, "b")
LINK = make.key(KeyKind.LINK, "https://example.org/page")
DIGEST = make.key(KeyKind.DIGEST, "d")
ONE, TWO = "urn:uuid:1", "urn:uuid:2"
EDITED = make.article(body_text="An edited text.")
LONG = make.words(60)


def of_other(text: Article | None = None, *, priority: int = 0, uri: str = ONE) -> StoredArticle:
    """An article whose text came from the source `other`."""
    return make.stored(uri=uri, text=text, owner=Owner(source_id="other", key=GUID.digest, priority=priority))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A sighting, what the store found for it, the own keys of its document, and what it is."""

    why: str
    sighting: Sighting
    candidates: tuple[Candidate, ...]
    document: tuple[Key, ...] = ()
    relation: Relation
    uri: str | None = None
    reason: str
    """Words that the reason must hold."""
    rebind: tuple[Key, ...] = ()


def check(case: Case) -> None:
    verdict = decide(case.sighting, case.candidates, frozenset(key.digest for key in case.document))
    assert (verdict.relation, verdict.uri, verdict.rebind) == (case.relation, case.uri, case.rebind)
    assert case.reason in verdict.reason


def found(via: str, uri: str = ONE, *, text: Article | None = None, key: Key | None = None) -> Candidate:
    """An article of the sighting's own source."""
    return make.candidate(via, of=make.stored(uri=uri, text=text, key=key), in_source=True)


IN_ONE_SOURCE = (
    Case(
        why="nothing is known of it",
        sighting=make.sighting(),
        candidates=(),
        relation=NEW,
        reason="no known key",
    ),
    Case(
        why="guid and text are known",
        sighting=make.sighting(),
        candidates=(found("guid"),),
        relation=SAME,
        uri=ONE,
        reason="known guid",
    ),
    Case(
        why="a known guid with another text is an edit",
        sighting=make.sighting(text=EDITED),
        candidates=(found("guid"),),
        relation=REVISION,
        uri=ONE,
        reason="known guid; text edited",
    ),
    Case(
        why="the guid goes before the link",
        sighting=make.sighting(keys=(GUID, LINK, DIGEST)),
        candidates=(found("link digest", ONE), found("guid", TWO)),
        relation=SAME,
        uri=TWO,
        reason="known guid",
    ),
    Case(
        why="the link goes before the digest",
        sighting=make.sighting(keys=(GUID, LINK, DIGEST)),
        candidates=(found("digest", ONE), found("link", TWO)),
        relation=SAME,
        uri=TWO,
        reason="known link",
    ),
    Case(
        why="an entry that gains a guid stays the same article",
        sighting=make.sighting(keys=(GUID, LINK), text=EDITED),
        candidates=(found("link", key=LINK),),
        document=(GUID,),
        relation=REVISION,
        uri=ONE,
        reason="known link; text edited",
    ),
    Case(
        why="an entry that loses its guid stays the same article",
        sighting=make.sighting(keys=(LINK,), text=EDITED),
        candidates=(found("link", key=GUID),),
        document=(LINK,),
        relation=REVISION,
        uri=ONE,
        reason="known link; text edited",
    ),
    Case(
        why="an entry that loses guid and link is known by its digest",
        sighting=make.sighting(keys=(DIGEST,)),
        candidates=(found("digest", key=GUID),),
        document=(DIGEST,),
        relation=SAME,
        uri=ONE,
        reason="known digest",
    ),
    Case(
        why="look-up is literal: a known link under a guid that was never seen is the link's article",
        sighting=make.sighting(keys=(OTHER_GUID, LINK), text=EDITED),
        candidates=(found("link", key=GUID),),
        document=(OTHER_GUID,),
        relation=REVISION,
        uri=ONE,
        reason="known link; text edited",
    ),
    Case(
        why="two guids share link and title: the second does not take the text while the owner stands beside it",
        sighting=make.sighting(keys=(OTHER_GUID, LINK), text=EDITED),
        candidates=(found("link", key=GUID),),
        document=(GUID, OTHER_GUID),
        relation=SAME,
        uri=ONE,
        reason="text stays with the copy",
    ),
    Case(
        why="two guids share link and title: the owner still edits",
        sighting=make.sighting(keys=(GUID, LINK), text=EDITED),
        candidates=(found("guid link", key=GUID),),
        document=(GUID, OTHER_GUID),
        relation=REVISION,
        uri=ONE,
        reason="text edited",
    ),
    Case(
        why="two guids share link and title: the second is known by its own key next time, and still does not edit",
        sighting=make.sighting(keys=(OTHER_GUID, LINK), text=EDITED),
        candidates=(found("guid link", key=GUID),),
        document=(GUID, OTHER_GUID),
        relation=SAME,
        uri=ONE,
        reason="known guid; text stays with the copy",
    ),
    Case(
        why="titles alone never merge in one source, nor does an equal URL or body found across sources",
        sighting=make.sighting(keys=(OTHER_GUID,), text=make.article(body_text=LONG)),
        candidates=(found("url body", text=make.article(body_text=LONG)),),
        relation=NEW,
        reason="no known key",
    ),
    Case(
        why="a key of the source goes before an article of another source",
        sighting=make.sighting(),
        candidates=(make.candidate("url", of=of_other()), found("guid", TWO)),
        relation=SAME,
        uri=TWO,
        reason="known guid",
    ),
)


@pytest.mark.parametrize("case", IN_ONE_SOURCE, ids=lambda case: case.why)
def test_in_one_source(case: Case) -> None:
    check(case)


def dated(hours: int, url: str = "https://example.org/old", headline: str = "Old", **changes: object) -> Article:
    published = make.date(make.NOW + timedelta(hours=hours))
    return make.article(url=url, headline=headline, published=published, **changes)


REUSED = dated(1, "https://example.org/new", "New", body_text=LONG)


@pytest.mark.parametrize(
    ("why", "text", "relation"),
    [
        ("another URL, another title and a later date", REUSED, NEW),
        ("the URL is the same", replace(REUSED, normalized_url="https://example.org/old"), REVISION),
        ("the title is the same", replace(REUSED, headline="OLD!"), REVISION),
        ("the date is the same", replace(REUSED, published=dated(0).published), REVISION),
        ("the date is earlier", replace(REUSED, published=dated(-1).published), REVISION),
        ("it has no date", replace(REUSED, published=None), REVISION),
        ("only the update is later", replace(REUSED, published=None, updated=REUSED.published), REVISION),
        ("the same URL in another form", dated(1, "http://example.org/old?utm_source=x", "New"), REVISION),
    ],
)
def test_a_reused_guid_needs_another_url_another_title_and_a_later_date(
    why: str, text: Article, relation: Relation
) -> None:
    verdict = decide(make.sighting(text=text), (found("guid", text=dated(0)),), NOTHING)
    assert verdict.relation is relation, why
    assert verdict.rebind == ((GUID,) if relation is NEW else ())


def test_a_guid_is_not_reused_where_the_known_article_has_no_date() -> None:
    undated = make.article(url="https://example.org/old", headline="Old")
    assert decide(make.sighting(text=REUSED), (found("guid", text=undated),), NOTHING).relation is REVISION


def test_a_reused_guid_says_so() -> None:
    verdict = decide(make.sighting(text=REUSED, keys=(GUID, LINK)), (found("guid", text=dated(0)),), NOTHING)
    assert verdict == Verdict(relation=NEW, reason="guid reused for another text", rebind=(GUID,))


def test_a_guid_reused_for_an_entry_known_by_its_link_names_that_article_from_now_on() -> None:
    candidates = (found("guid", ONE, text=dated(0)), found("link", TWO, text=REUSED, key=LINK))
    verdict = decide(make.sighting(text=REUSED, keys=(GUID, LINK)), candidates, NOTHING)
    assert (verdict.relation, verdict.uri, verdict.rebind) == (SAME, TWO, (GUID,))


def test_a_guid_reused_for_a_copy_names_the_copy_from_now_on() -> None:
    candidates = (found("guid", ONE, text=dated(0)), make.candidate("body", of=of_other(REUSED, uri=TWO)))
    verdict = decide(make.sighting(text=REUSED), candidates, NOTHING)
    assert (verdict.relation, verdict.uri, verdict.rebind) == (SAME, TWO, (GUID,))


def same_url(theirs: Article, **changes: object) -> Candidate:
    return make.candidate("url", of=of_other(theirs), **changes)


TEN = make.words(10)

ACROSS_SOURCES = (
    Case(
        why="one canonical URL and equal folded titles",
        sighting=make.sighting(text=make.article(headline="THE  headline?")),
        candidates=(same_url(make.article(headline="The headline", body_text="Other words entirely")),),
        relation=SAME,
        uri=ONE,
        reason="same URL and title in another source",
    ),
    Case(
        why="one URL, another title, one text holds 90 % of the other's words in order",
        sighting=make.sighting(text=make.article(headline="Theirs", body_text=TEN.replace("word4", "other"))),
        candidates=(same_url(make.article(headline="Ours", body_text=f"Before {TEN} after, and more than that")),),
        relation=SAME,
        uri=ONE,
        reason="same URL and 90 % of the words in another source",
    ),
    Case(
        why="one URL, another title, 80 % of the words",
        sighting=make.sighting(
            text=make.article(headline="Theirs", body_text=TEN.replace("word4", "x").replace("word5", "y"))
        ),
        candidates=(same_url(make.article(headline="Ours", body_text=TEN)),),
        relation=NEW,
        reason="no known key",
    ),
    Case(
        why="one URL, another title, all the words in another order",
        sighting=make.sighting(text=make.article(headline="Theirs", body_text=" ".join(reversed(TEN.split())))),
        candidates=(same_url(make.article(headline="Ours", body_text=TEN)),),
        relation=NEW,
        reason="no known key",
    ),
    Case(
        why="one URL, another title, no text at all",
        sighting=make.sighting(text=make.article(headline="Theirs", body_text="")),
        candidates=(same_url(make.article(headline="Ours", body_text=TEN)),),
        relation=NEW,
        reason="no known key",
    ),
    Case(
        why="the URL stands for two titles in this document",
        sighting=make.sighting(url_is_ambiguous=True),
        candidates=(same_url(make.article()),),
        relation=NEW,
        reason="no known key",
    ),
    Case(
        why="an ambiguous URL leaves the body to compare",
        sighting=make.sighting(text=make.article(body_text=LONG), url_is_ambiguous=True),
        candidates=(make.candidate("url body", of=of_other(make.article(body_text=LONG))),),
        relation=SAME,
        uri=ONE,
        reason="same body of 48 words or more in another source",
    ),
    Case(
        why="one body under other URLs and titles",
        sighting=make.sighting(text=make.article(url="https://example.net/1", headline="Theirs", body_text=LONG)),
        candidates=(make.candidate("body", of=of_other(make.article(headline="Ours", body_text=LONG))),),
        relation=SAME,
        uri=ONE,
        reason="same body of 48 words or more in another source",
    ),
    Case(
        why="an article that this source has shown under other keys is not a copy",
        sighting=make.sighting(text=make.article(body_text=LONG)),
        candidates=(make.candidate("url body", of=of_other(make.article(body_text=LONG)), in_source=True),),
        relation=NEW,
        reason="no known key",
    ),
    Case(
        why="of two articles under one URL the one that was seen first, whatever the order of the candidates",
        sighting=make.sighting(),
        candidates=(
            make.candidate("url", of=of_other(uri=ONE)),
            make.candidate("url", of=replace(of_other(uri=TWO), first_seen_at=make.NOW - timedelta(hours=1))),
        ),
        relation=SAME,
        uri=TWO,
        reason="same URL and title",
    ),
    Case(
        why="of two seen at once the lower uri",
        sighting=make.sighting(),
        candidates=(make.candidate("url", of=of_other(uri=TWO)), make.candidate("url", of=of_other(uri=ONE))),
        relation=SAME,
        uri=ONE,
        reason="same URL and title",
    ),
    Case(
        why="the URL goes before the body",
        sighting=make.sighting(text=make.article(body_text=LONG)),
        candidates=(
            make.candidate("body", of=replace(of_other(uri=TWO), first_seen_at=make.NOW - timedelta(hours=1))),
            make.candidate("url", of=of_other(make.article(body_text=LONG))),
        ),
        relation=SAME,
        uri=ONE,
        reason="same URL and title",
    ),
)


@pytest.mark.parametrize("case", ACROSS_SOURCES, ids=lambda case: case.why)
def test_across_sources(case: Case) -> None:
    check(case)


def test_titles_alone_have_no_way_to_be_found() -> None:
    ours = fingerprints(make.article(url=None, body_text="One."))
    theirs = fingerprints(make.article(url=None, body_text="Two."))
    assert ours.title == theirs.title
    assert (ours.url, ours.body, theirs.url, theirs.body) == (None, None, None, None)


FULL, EXCERPT, HEADLINE = Completeness.FULL, Completeness.EXCERPT, Completeness.HEADLINE


@pytest.mark.parametrize("is_published", [False, True])
@pytest.mark.parametrize(
    ("new", "old", "is_better"),
    [
        (FULL, EXCERPT, True),
        (FULL, HEADLINE, True),
        (EXCERPT, HEADLINE, True),
        (FULL, FULL, False),
        (EXCERPT, EXCERPT, False),
        (HEADLINE, HEADLINE, False),
        (EXCERPT, FULL, False),
        (HEADLINE, FULL, False),
        (HEADLINE, EXCERPT, False),
    ],
)
def test_the_text_passes_to_a_more_complete_copy(
    new: Completeness, old: Completeness, is_better: bool, is_published: bool
) -> None:
    theirs = same_url(make.article(completeness=old), is_published=is_published)
    verdict = decide(make.sighting(text=replace(EDITED, completeness=new)), (theirs,), NOTHING)
    assert verdict.relation is (BETTER if is_better else SAME)
    assert verdict.uri == ONE


@pytest.mark.parametrize(
    ("why", "priority", "candidate", "new", "relation"),
    [
        ("higher priority, nothing published", 1, (FULL, 0, False), FULL, BETTER),
        ("negative priorities count too", 0, (FULL, -1, False), FULL, BETTER),
        ("equal priority: the first stays", 1, (FULL, 1, False), FULL, SAME),
        ("lower priority", 0, (FULL, 1, False), FULL, SAME),
        ("higher priority, but published", 1, (FULL, 0, True), FULL, SAME),
        ("higher priority, but less complete", 9, (FULL, 0, False), EXCERPT, SAME),
        ("lower priority, but more complete", -9, (EXCERPT, 0, True), FULL, BETTER),
    ],
)
def test_the_text_passes_to_a_higher_priority_while_nothing_is_published(
    why: str, priority: int, candidate: tuple[Completeness, int, bool], new: Completeness, relation: Relation
) -> None:
    completeness, theirs, is_published = candidate
    stored = of_other(make.article(completeness=completeness), priority=theirs)
    known = make.candidate("url", of=stored, is_published=is_published)
    sighting = make.sighting(text=replace(EDITED, completeness=new), priority=priority)
    assert decide(sighting, (known,), NOTHING).relation is relation, why


def test_publisher_and_rights_pass_to_a_higher_priority_with_the_very_same_words() -> None:
    verdict = decide(make.sighting(priority=1), (same_url(make.article()),), NOTHING)
    assert (verdict.relation, verdict.uri) == (BETTER, ONE)
    assert "higher priority (1 after 0) and nothing published yet" in verdict.reason


def test_the_text_never_goes_back_to_the_copy_that_had_it() -> None:
    passed_on = of_other(make.article(completeness=FULL), priority=1)
    before = make.candidate("guid", of=passed_on, in_source=True)
    for completeness in (FULL, EXCERPT, HEADLINE):
        verdict = decide(make.sighting(text=replace(EDITED, completeness=completeness)), (before,), NOTHING)
        assert (verdict.relation, verdict.reason) == (SAME, "known guid; text stays with the copy")


def test_an_edit_of_a_copy_stays_with_the_copy() -> None:
    known = make.candidate("guid url", of=of_other(make.article()), in_source=True)
    assert decide(make.sighting(text=EDITED), (known,), NOTHING).relation is SAME


def test_a_text_that_comes_back_is_a_revision_again() -> None:
    assert decide(make.sighting(), (found("guid", text=EDITED),), NOTHING).relation is REVISION


def test_the_order_of_candidates_does_not_matter() -> None:
    candidates = (found("digest", ONE), found("link", TWO), same_url(make.article()))
    sighting = make.sighting(keys=(GUID, LINK, DIGEST))
    assert decide(sighting, candidates, NOTHING) == decide(sighting, reversed(candidates), NOTHING)


# Local documents: path "a.txt" holds the article; what is sighted is another path, or another text there.


def document(path: str, text: Article) -> Sighting:
    return make.sighting(text=text, keys=document_keys(path, fingerprints(text).text))


REPORT = make.article(url=None, is_local=True, body_text=LONG)
TYPO = make.article(url=None, is_local=True, body_text=LONG.replace("word7 ", "word seven "))
ANOTHER = make.article(url=None, is_local=True, headline="Another report", body_text=make.words(60, "term"))
A, B = path_key("a.txt"), path_key("b.txt")


def at_a(via: str) -> Candidate:
    return found(via, text=REPORT, key=A)


DOCUMENTS = (
    Case(
        why="an unchanged file",
        sighting=document("a.txt", REPORT),
        candidates=(at_a("path digest"),),
        document=(A,),
        relation=SAME,
        uri=ONE,
        reason="known path",
    ),
    Case(
        why="an edited file is a revision, however much was edited",
        sighting=document("a.txt", ANOTHER),
        candidates=(at_a("path"),),
        document=(A,),
        relation=REVISION,
        uri=ONE,
        reason="known path; text edited",
    ),
    Case(
        why="a moved file is the same article",
        sighting=document("b.txt", REPORT),
        candidates=(at_a("digest"),),
        document=(B,),
        relation=SAME,
        uri=ONE,
        reason="known digest",
    ),
    Case(
        why="a file that moved earlier is edited: its former path is gone, so it owns the text",
        sighting=document("b.txt", TYPO),
        candidates=(at_a("path"),),
        document=(B,),
        relation=REVISION,
        uri=ONE,
        reason="known path; text edited",
    ),
    Case(
        why="moved and edited between two looks: nothing tells that it is the same",
        sighting=document("b.txt", TYPO),
        candidates=(),
        document=(B,),
        relation=NEW,
        reason="no known key",
    ),
    Case(
        why="a copied file is another place of the same article",
        sighting=document("b.txt", REPORT),
        candidates=(at_a("digest"),),
        document=(A, B),
        relation=SAME,
        uri=ONE,
        reason="known digest",
    ),
    Case(
        why="a typo mended in the copy stays with the copy",
        sighting=document("b.txt", TYPO),
        candidates=(at_a("path"),),
        document=(A, B),
        relation=SAME,
        uri=ONE,
        reason="known path; text stays with the copy",
    ),
    Case(
        why="a copy that became another report is an article of its own",
        sighting=document("b.txt", ANOTHER),
        candidates=(at_a("path"),),
        document=(A, B),
        relation=NEW,
        reason="path reused for another text",
        rebind=(B,),
    ),
    Case(
        why="a copy overwritten with a third known document is that document",
        sighting=document("b.txt", ANOTHER),
        candidates=(at_a("path"), found("digest", TWO, text=ANOTHER, key=path_key("c.txt"))),
        document=(A, B, path_key("c.txt")),
        relation=SAME,
        uri=TWO,
        reason="known digest",
        rebind=(B,),
    ),
    Case(
        why="a document whose text another source owns keeps its article, as any copy does",
        sighting=document("b.txt", ANOTHER),
        candidates=(make.candidate("path", of=of_other(REPORT), in_source=True),),
        document=(B,),
        relation=SAME,
        uri=ONE,
        reason="known path; text stays with the copy",
    ),
)


@pytest.mark.parametrize("case", DOCUMENTS, ids=lambda case: case.why)
def test_local_documents(case: Case) -> None:
    check(case)
