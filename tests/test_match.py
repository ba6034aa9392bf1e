"""Topics over articles: what matches, on which evidence, with which score."""

import pickle
import tomllib
from pathlib import Path

import pytest

from aggregator.errors import QueryError
from aggregator.model.article import (
    Agency,
    Article,
    Completeness,
    Dateline,
    Language,
    LanguageBasis,
    Place,
    Publisher,
    Rights,
)
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.topic import Concept, Evidence, Match, Pack, Topic
from aggregator.topics.match import compile_topics

QUERIES = tomllib.loads((Path(__file__).parent / "topics" / "queries.toml").read_text(encoding="utf-8"))

TOWNS = Pack(
    name="towns",
    concepts=(
        Concept(id="tripoli", forms=("Tripoli", "طرابلس")),
        Concept(id="benghazi", forms=("Benghazi", "Bengasi", "benghaz*")),
    ),
    exclusions=("Tripoli, Lebanon", "Lebanese Tripoli*"),
)


def article(
    headline: str = "", body: str = "", *, standfirst: str | None = None, summary: str | None = None
) -> Article:
    return Article(
        headline=headline,
        standfirst=standfirst,
        summary_text=summary,
        body_text=body,
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="desk", name="Desk"),
        rights=Rights(republish=Republish.FULL),
        origin=OriginSource(),
    )


def described() -> Article:
    facts = QUERIES["article"]
    return Article(
        headline=facts["headline"],
        standfirst=facts["standfirst"],
        body_text=facts["body"].strip(),
        completeness=Completeness.FULL,
        publisher=Publisher(source_id=facts["source"], name=facts["publisher"]),
        agency=Agency(id=facts["agency_id"], name=facts["agency_name"]),
        dateline=Dateline(raw="", places=(Place(name=facts["place"]),)),
        language=Language(tag=facts["language"], basis=LanguageBasis.DECLARED),
        rights=Rights(republish=Republish.FULL),
        origin=OriginSource(),
    )


def match(query: str, of: Article, *packs: Pack) -> Match | None:
    matcher = compile_topics((Topic(id="topic", title="Topic", query=query),), packs)
    return next(iter(matcher.match(of, "desk")), None)


def evidence(query: str, of: Article, *packs: Pack) -> list[tuple[str, str, str | None]]:
    """Field, printed words and concept of each place, in order."""
    found = match(query, of, *packs)
    assert found is not None
    texts = {"headline": of.headline, "standfirst": of.standfirst, "body": of.body_text, "summary": of.summary_text}
    return [(one.field, (texts[one.field] or "")[one.start : one.end], one.concept) for one in found.evidence]


@pytest.mark.parametrize("case", QUERIES["case"], ids=[case["query"] for case in QUERIES["case"]])
def test_a_query_meets_what_it_says(case: dict[str, object]) -> None:
    matcher = compile_topics((Topic(id="topic", title="Topic", query=str(case["query"])),), ())
    assert bool(matcher.match(described(), "desk-one")) == case["match"], case["why"]


ONE_WORD = [
    ("ليبيا", "وبليبيا", True, "and + in"),
    ("ليبيا", "لليبيا", True, "for"),
    ("ليبية", "والليبية", True, "and + the"),
    ("الليبية", "لليبية", True, "for + the before another lam, three of which are written as two"),
    ("السراج", "وللسراج", True, "and + for + the, whose alef is lost"),
    ("السراج", "سراج", False, "a form with the article wants one"),
    ("حفتر", "كحفتر", True, "like"),
    ("حفتر", "حفترية", False, "the right edge stays closed"),
    ("حفتر", "أحفتر", False, "only what Arabic writes onto a word"),
    ("سرت", "وسرت", True, "a short word takes and, in, for"),
    ("سرت", "كسرت", False, "but not like and so: that is often another word"),
    ("وزير الخارجية", "لوزير الخارجية", True, "the first word of a phrase takes a particle"),
    ("وزير الخارجية", "وزير والخارجية", False, "the others stand as written"),
    ("ليب*", "بالليبيين", True, "a prefix takes them too"),
    ("利比亚", "今天利比亚宣布", True, "scripts without spaces have no edges"),
    ("ลิเบีย", "ประเทศลิเบียวันนี้", True, "Thai has none either"),
    ("Хафтара", "хафтара", True, "Russian case folds"),
    ("haftar", "haftar-led", True, "a hyphen ends a word"),
]


@pytest.mark.parametrize(("term", "headline", "matches", "why"), ONE_WORD, ids=[why for *_, why in ONE_WORD])
def test_the_edges_of_a_word_are_those_of_its_script(term: str, headline: str, matches: bool, why: str) -> None:
    query = term if term.endswith("*") else f'"{term}"'
    assert bool(match(query, article(headline))) == matches, why


def test_evidence_is_the_printed_words_in_reading_order() -> None:
    of = article("Élysée names envoy", "An ENVOY’s visit.\n\nThe envoys met.", standfirst="The envoy")
    assert evidence("envoy* elysee", of) == [
        ("headline", "Élysée", None),
        ("headline", "envoy", None),
        ("standfirst", "envoy", None),
        ("body", "ENVOY", None),
        ("body", "envoys", None),
    ]


def test_evidence_names_the_term_as_written() -> None:
    found = match('Diplom* "Security Council" OR Haftar', article("Diplomats at the security council"))
    assert found is not None
    assert [one.term for one in found.evidence] == ["Diplom*", "Security Council"]


def test_evidence_of_a_pack_names_the_concept() -> None:
    assert evidence("pack:towns", article("Bengasi and Tripoli"), TOWNS) == [
        ("headline", "Bengasi", "towns/benghazi"),
        ("headline", "Tripoli", "towns/tripoli"),
    ]


def test_only_the_true_alternative_gives_evidence() -> None:
    of = article("Envoy in Cairo")
    assert evidence("(envoy rome) OR cairo", of) == [("headline", "Cairo", None)]


def test_what_is_excluded_gives_no_evidence() -> None:
    assert evidence("cairo NOT rome", article("Envoy in Cairo")) == [("headline", "Cairo", None)]


def test_everything_has_no_evidence_and_no_score() -> None:
    found = match("*", article("Envoy in Cairo"))
    assert found is not None
    assert (found.evidence, found.score) == ((), 0.0)


def test_a_fact_about_the_article_is_evidence() -> None:
    found = match("place:cairo", described())
    assert found is not None
    assert found.evidence == (Evidence(term="cairo", field="place", start=0, end=len("New Cairo")),)


def test_at_most_fifty_places_are_kept_the_earliest_first() -> None:
    found = match("libya", article("Libya", "Libya. " * 500))
    assert found is not None
    assert len(found.evidence) == 50
    assert [one.field for one in found.evidence[:2]] == ["headline", "body"]
    assert found.evidence[-1].start == 48 * len("Libya. ")


def test_the_score_is_the_best_place_of_each_idea() -> None:
    in_body = article("News", "Tripoli. Bengasi, Benghazi.")
    in_both = article("Tripoli", "Tripoli. Bengasi.", standfirst="Bengasi")
    for of, score in ((in_body, 2.0), (in_both, 5.0)):
        found = match("pack:towns", of, TOWNS)
        assert found is not None
        assert found.score == score


def test_a_form_inside_an_exclusion_does_not_count() -> None:
    assert match("pack:towns", article("Fire in Tripoli, Lebanon"), TOWNS) is None
    assert match("pack:towns", article("Lebanese Tripolitans vote"), TOWNS) is None
    assert evidence("pack:towns", article("From Tripoli (Lebanon) to Tripoli"), TOWNS) == [
        ("headline", "Tripoli", "towns/tripoli")
    ]


def test_an_exclusion_binds_its_own_pack_alone() -> None:
    assert match("tripoli", article("Fire in Tripoli, Lebanon"), TOWNS) is not None
    other = Pack(name="ports", concepts=(Concept(id="port", forms=("Tripoli",)),))
    of = article("Fire in Tripoli, Lebanon")
    assert evidence("pack:towns OR pack:ports", of, TOWNS, other) == [("headline", "Tripoli", "ports/port")]


def test_a_pack_is_looked_for_at_the_beginning() -> None:
    late = article("Far away", "word " * 100 + "Tripoli")
    assert match("pack:towns", late, TOWNS) is None
    assert match("NOT pack:towns", late, TOWNS) is not None
    assert match("tripoli", late) is not None
    assert match("body:(pack:towns)", late, TOWNS) is not None
    assert match("pack:towns", article("Far away", "word " * 70 + "Tripoli"), TOWNS) is not None


def test_a_word_cut_by_the_end_of_the_opening_is_not_a_word() -> None:
    body = "x" * 392 + " Tripolitania"
    assert match("pack:towns", article("Far away", body), TOWNS) is None


def test_the_lead_without_a_standfirst_is_the_first_paragraph() -> None:
    of = article("News", "Envoy lands.\n \nTalks begin.")
    assert match("lead:envoy", of) is not None
    assert match("lead:talks", of) is None
    assert match("lead:talks", article("News", "word " * 121 + "talks")) is None


def test_the_summary_stands_for_a_body_that_is_not_there() -> None:
    of = article("News", summary="Envoy lands in Tripoli")
    assert evidence("envoy", of) == [("summary", "Envoy", None)]
    assert evidence("lead:envoy pack:towns", of, TOWNS)[1] == ("summary", "Tripoli", "towns/tripoli")
    assert match("body:envoy", of) is None
    assert match("envoy", article("News", "Nothing", summary="Envoy lands")) is None


def test_a_body_is_read_up_to_two_hundred_thousand_characters() -> None:
    assert match("haftar", article("News", "word " * 39_990 + "haftar")) is not None
    assert match("haftar", article("News", "word " * 40_000 + "haftar")) is None


def test_topics_are_answered_in_their_order_and_only_for_their_sources() -> None:
    topics = (
        Topic(id="second", title="", query="envoy"),
        Topic(id="elsewhere", title="", query="envoy", sources=("other",)),
        Topic(id="none", title="", query="rome"),
        Topic(id="first", title="", query="*", sources=("desk", "other")),
    )
    found = compile_topics(topics, ()).match(article("Envoy in Cairo"), "desk")
    assert [one.topic_id for one in found] == ["second", "first"]


def test_overlapping_terms_are_all_found() -> None:
    of = article("New York Times Square")
    query = '"new york times" "york times square" york'
    assert [words for _, words, _ in evidence(query, of)] == ["New York Times", "York Times Square", "York"]


def test_an_unknown_pack_is_named_with_a_suggestion() -> None:
    with pytest.raises(QueryError, match=r"unknown pack 'town' \(did you mean 'towns'\?\)") as caught:
        match("envoy pack:town", article(), TOWNS)
    assert caught.value.position == 6
    with pytest.raises(QueryError, match=r"unknown pack 'town' \(known: none\)"):
        match("pack:town", article())


def version(query: str, *packs: Pack, sources: tuple[str, ...] = ()) -> str:
    return compile_topics((Topic(id="t", title="T", query=query, sources=sources),), packs).rule_versions["t"]


def test_the_rule_version_is_of_the_query_and_its_packs() -> None:
    first = version("pack:towns", TOWNS)
    ports = Pack(name="ports", concepts=(Concept(id="port", forms=("Tobruk",)),))
    more = Pack(name="towns", concepts=(*TOWNS.concepts, Concept(id="sirte", forms=("Sirte",))))
    assert version("pack:towns", ports, TOWNS) == first, "a pack that is not used changes nothing"
    assert len({first, version("pack:towns envoy", TOWNS), version("pack:towns", more)}) == 3
    assert version("pack:towns", TOWNS, sources=("desk",)) != first
    found = match("pack:towns", article("Tripoli"), TOWNS)
    assert found is not None
    assert found.rule_version == first


def test_a_matcher_travels_to_another_process() -> None:
    matcher = compile_topics((Topic(id="t", title="T", query="pack:towns OR envoy"),), (TOWNS,))
    of = article("Envoy in Tripoli")
    again = pickle.loads(pickle.dumps(matcher))
    assert again.match(of, "desk") == matcher.match(of, "desk") != ()


def test_the_deepest_query_is_answered() -> None:
    nested = "(envoy AND NOT (rome OR "
    assert match(nested * 24 + "cairo" + "))" * 24, article("Envoy in Cairo")) is not None
    assert match(nested * 25 + "cairo" + "))" * 25, article("Envoy in Cairo")) is None
