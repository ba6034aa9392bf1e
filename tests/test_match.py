"""Topics over articles: what matches, on which evidence, with which score."""

import pickle
import tomllib
from dataclasses import replace
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
from aggregator.model.parsed import Category, OriginSource, Person
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
        by=(Person(name=facts["author"]),),
        categories=(Category(term="world-africa", label=facts["tag"]),),
        url=facts["url"],
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


def test_many_topics_together_answer_as_each_alone() -> None:
    cases = {f"t{number}": str(case["query"]) for number, case in enumerate(QUERIES["case"])}
    matcher = compile_topics(tuple(Topic(id=name, title="", query=query) for name, query in cases.items()), (TOWNS,))
    of = described()
    together = {found.topic_id: (found.score, found.evidence) for found in matcher.match(of, "desk-one")}
    alone = {}
    for name, query in cases.items():
        for found in compile_topics((Topic(id=name, title="", query=query),), (TOWNS,)).match(of, "desk-one"):
            alone[name] = (found.score, found.evidence)
    assert together == alone
    assert len(alone) == sum(case["match"] for case in QUERIES["case"])


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


def test_nearness_marks_the_words_that_are_near() -> None:
    of = article("Envoy in Cairo", "The envoy left.\n\nCairo said so; the envoy of Rome denied it.")
    assert evidence("envoy NEAR/5 (cairo OR rome)", of) == [
        ("headline", "Envoy", None),
        ("headline", "Cairo", None),
        ("body", "envoy", None),
        ("body", "Cairo", None),
        ("body", "envoy", None),
        ("body", "Rome", None),
    ]
    assert [words for _, words, _ in evidence("body:(envoy NEAR/1 left)", of)] == ["envoy", "left"]
    assert [words for _, words, _ in evidence("body:(rome NEAR/sentence cairo)", of)] == ["Cairo", "Rome"]


def test_nearness_of_packs_is_of_the_opening() -> None:
    late = article("Far away", "word " * 100 + "Tripoli envoy")
    assert match("pack:towns NEAR/2 envoy", late, TOWNS) is None
    assert match("body:(pack:towns NEAR/2 envoy)", late, TOWNS) is not None
    assert match("pack:towns NEAR/3 envoy", article("An envoy in Tripoli, Lebanon"), TOWNS) is None


def test_nearness_in_a_script_without_spaces_is_of_one_run() -> None:
    assert match("利比亚 NEAR/1 外交", article("今天利比亚宣布外交消息")) is not None
    assert match("利比亚 NEAR/1 利比亚", article("今天利比亚宣布外交消息")) is None


def test_nearness_looks_at_no_more_than_a_thousand_places() -> None:
    hostile = article("News", "libya " * 30_000 + "haftar")
    assert match("libya NEAR/3 haftar", hostile) is None
    assert match("libya NEAR/3 libya NEAR/3 libya", hostile) is not None


def test_a_chain_of_nearness_goes_on_from_any_of_its_words() -> None:
    of = article("Envoy left, Cairo said, as Rome listened")
    assert match("envoy NEAR/2 cairo NEAR/1 left", of) is not None
    assert match("envoy NEAR/2 cairo NEAR/3 rome", of) is not None
    assert match("envoy NEAR/1 left NEAR/1 rome", of) is None
    assert match("envoy NEAR/sentence rome NEAR/sentence cairo", of) is not None


def test_no_word_is_counted_twice_in_a_chain() -> None:
    chain = "a" + " NEAR/1 a" * 10
    assert match(chain, article("a " * 11)) is not None
    assert match(chain, article("a " * 10)) is None
    assert match("envoy NEAR/2 left NEAR/2 envoy", article("The envoy left")) is None


def test_the_alternatives_of_a_pack_are_its_concepts() -> None:
    assert match("atleast:2(pack:towns)", article("Bengasi, Benghazi"), TOWNS) is None
    assert match("atleast:2(pack:towns)", article("Bengasi, Tripoli"), TOWNS) is not None
    assert match("atleast:2(title:(pack:towns) OR envoy)", article("Envoy", "Bengasi"), TOWNS) is None
    assert match("atleast:2(title:(pack:towns) OR envoy)", article("Bengasi envoy"), TOWNS) is not None
    assert match("atleast:2(title:(pack:towns))", article("Bengasi, Tripoli"), TOWNS) is not None
    assert match("atleast:2(title:(pack:towns))", article("Bengasi", "Tripoli"), TOWNS) is None
    with pytest.raises(QueryError, match="atleast:3 has only 2 alternatives"):
        match("atleast:3(pack:towns)", article(), TOWNS)


def test_alternatives_in_groups_and_fields_are_counted_one_by_one() -> None:
    assert match("atleast:2(title:(envoy OR cairo))", article("Envoy in Cairo")) is not None
    assert match("atleast:2(title:(envoy OR cairo))", article("Envoy", "Cairo")) is None
    assert match("atleast:2(rome OR (envoy OR cairo))", article("Envoy in Cairo")) is not None


def test_evidence_has_the_weight_of_the_rule() -> None:
    found = match("haftar^2 cairo^-1.5 envoy", article("Haftar's envoy in Cairo"))
    assert found is not None
    assert [(one.term, one.weight) for one in found.evidence] == [("haftar", 2.0), ("envoy", 1.0), ("cairo", -1.5)]


def test_each_author_and_tag_is_a_text_of_its_own() -> None:
    of = described()
    assert match('author:"ferri costa" tag:"world africa"', of) is not None
    assert match('tag:"africa world"', of) is None, "the term and its label are two"
    found = match("author:costa", of)
    assert found is not None
    assert found.evidence == (Evidence(term="costa", field="author", start=12, end=17),)


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


SCORES: list[tuple[str, Article, float, str]] = [
    ("haftar", article("Haftar"), 3.0, "the headline"),
    ("haftar", article("News", standfirst="Haftar"), 2.0, "the standfirst"),
    ("haftar", article("News", summary="Haftar"), 2.0, "the summary"),
    ("haftar", article("News", "Haftar\n\nAnd more"), 2.0, "the first paragraph leads where there is no standfirst"),
    ("haftar", article("News", "Haftar\n\nAnd more", standfirst="Talks"), 1.0, "and is text where there is one"),
    ("haftar", article("News", "More\n\nHaftar"), 1.0, "the text"),
    ("haftar", article("Haftar", "Haftar"), 3.5, "the best place, and a half for twice as often"),
    ("haftar", article("News", "More\n\n" + "Haftar. " * 4), 2.0, "a half again for four times"),
    ("haftar", article("News", "More\n\n" + "Haftar. " * 900), 3.0, "sixteen times is as often as counts"),
    ("haftar cairo", article("Haftar in Cairo"), 6.0, "two ideas"),
    ("Haftar OR haft*", article("Haftar"), 6.0, "two terms are two ideas"),
    (
        "pack:towns",
        article("News", "Go\n\nBengasi, Benghazi."),
        1.5,
        "the forms of a concept are one idea, twice there",
    ),
    ("pack:towns", article("Bengasi, Tripoli"), 6.0, "two concepts are two"),
    ("haftar^2", article("Haftar"), 6.0, "a weight multiplies"),
    ("haftar^2", article("Haftar", "Haftar"), 7.0, "the half as well"),
    ("title:haftar^3 OR haftar", article("Haftar", "Haftar"), 9.0 + 1.5, "of two weights the one that is worth more"),
    ("(haftar cairo^3)^2", article("Haftar in Cairo"), 24.0, "weights within one another multiply"),
    ("haftar^0", article("Haftar"), 0.0, "asked for and worth nothing"),
    ("haftar cairo^-1", article("Haftar in Cairo"), 0.0, "what lowers counts by its place as well"),
    ("haftar title:(rome OR cairo^-0.5)", article("Haftar in Cairo, Rome"), 4.5, "in a field and a group"),
    ("haftar football^-3", article("Haftar in Cairo"), 3.0, "what is not there lowers nothing"),
    ("lang:en^4 OR haftar", article("Haftar"), 3.0, "a fact that does not fit is worth nothing"),
    ("publisher:desk^4", article("Haftar"), 4.0, "a fact is worth one"),
    ("haftar (* OR cairo^2)", article("Haftar in Cairo"), 9.0, "what is welcome and not asked for"),
    ("haftar (* OR cairo^2)", article("Haftar in Rome"), 3.0, "and need not be there"),
]


@pytest.mark.parametrize(("query", "of", "score", "why"), SCORES, ids=[why for *_, why in SCORES])
def test_the_score_is_of_places_weights_and_repetition(query: str, of: Article, score: float, why: str) -> None:
    found = match(query, of, TOWNS)
    assert found is not None
    assert found.score == score, why


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


NAMESAKES = replace(
    TOWNS,
    concepts=(replace(TOWNS.concepts[0], group="ports", elsewhere=("Lebanon", "Leban*")), TOWNS.concepts[1]),
)


@pytest.mark.parametrize(
    ("headline", "body", "holds", "why"),
    [
        ("Fire in Tripoli", "", True, "nothing speaks of the namesake"),
        ("Lebanon: fire in Tripoli", "", False, "the headline is about the namesake"),
        ("Lebanese minister sees Tripoli and Benghazi", "", True, "another concept stands beside it"),
        ("Fire in Tripoli", "A ship burns, says Lebanon.", False, "the opening tells of what town the headline is"),
        ("Fire in Tripoli", "A ship from Lebanon burns off Benghazi.", True, "the opening has another concept"),
        ("Fire in the north", "Lebanon sent help to Tripoli.", False, "the opening by itself"),
        ("Fire in Tripoli", "word " * 100 + "Lebanon", True, "what stands far down tells nothing"),
    ],
)
def test_a_form_does_not_count_where_the_text_is_about_its_namesake(
    headline: str, body: str, holds: bool, why: str
) -> None:
    for query in ("pack:towns", "pack:towns/ports", "title:(pack:towns) OR body:(pack:towns)"):
        assert (match(query, article(headline, body), NAMESAKES) is not None) == holds, (query, why)


def test_what_a_namesake_hides_does_not_depend_on_other_topics() -> None:
    both = Topic(id="all", title="All", query="pack:towns")
    part = Topic(id="part", title="Part", query="pack:towns/ports")
    of = article("Lebanese minister sees Tripoli and Benghazi")
    alone = compile_topics((part,), (NAMESAKES,)).match(of, "desk")
    beside = compile_topics((both, part), (NAMESAKES,)).match(of, "desk")
    assert [(one.term, one.field) for one in alone[0].evidence] == [("Tripoli", "headline")]
    assert beside[1] == alone[0]


def test_the_words_of_a_namesake_are_no_terms_of_the_pack() -> None:
    assert match("pack:towns", article("Elections in Lebanon"), NAMESAKES) is None


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
