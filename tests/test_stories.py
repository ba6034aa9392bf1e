"""Stories: reports of one event come together across outlets and languages, and nothing else does."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.config.shipped import packs
from aggregator.dedup.stories import (
    Frequencies,
    Scale,
    developments,
    features,
    pack_names,
    packed,
    place,
    reconsider,
    represent,
    should_reconsider,
    unpacked,
)
from aggregator.dedup.stories.names import skeleton
from aggregator.model.article import Article, Completeness, Language, LanguageBasis, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.story import (
    Placement,
    StoryFeatures,
    StoryMember,
    StoryRelation,
    StorySketch,
    StoryText,
)

NAMES = pack_names(packs())
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def article(headline: str, lead: str = "", language: str = "en") -> Article:
    return Article(
        headline=headline,
        body_text=lead,
        completeness=Completeness.EXCERPT,
        publisher=Publisher(source_id="outlet", name="Outlet"),
        language=Language(tag=language, basis=LanguageBasis.DECLARED),
        rights=Rights(republish=Republish.EXCERPT),
        origin=OriginSource(title="Outlet"),
    )


def terms(headline: str, lead: str = "", language: str = "en") -> StoryFeatures:
    return features(article(headline, lead, language), NAMES)


def text(
    headline: str,
    hours: float = 0.0,
    *,
    uri: str | None = None,
    lead: str = "",
    language: str = "en",
    source: str | None = None,
    agency: str | None = None,
    copies_of: str | None = None,
) -> StoryText:
    return StoryText(
        uri=uri or headline,
        source_id=source or f"source of {uri or headline}",
        agency=agency,
        at=START + timedelta(hours=hours),
        features=terms(headline, lead, language),
        copies_of=copies_of,
        copy_relation=StoryRelation.EXCERPT if copies_of else None,
    )


# What else a desk reads in these days, so that rare and common words are told apart.
NOISE = tuple(
    text(headline, hours)
    for hours, headline in enumerate(
        (
            "Libya and Tunisia reopen the border crossing at the coast road",
            "Libya raises crude output as field restarts",
            "Football: Tripoli side beats neighbours in cup final",
            "Parliament in Benghazi debates budget for the coming year",
            "Egypt and Libya discuss electricity grid in Cairo",
            "Doctors in Misrata end strike over pay",
            "Turkey and Greece argue over gas search near islands",
            "Heavy rain closes schools in western Libya",
            "Central bank in Tripoli changes dinar rate",
            "Museum in Malta shows finds from Roman harbour",
        )
    )
)


def scale(*texts: StoryText) -> Scale:
    counts = Frequencies()
    for one in (*NOISE, *texts):
        counts.learn(one.features, one.at)
    return Scale(counts.weights(START))


def placed(new: StoryText, *stories: Sequence[StoryText]) -> Placement:
    sketches = [StorySketch(uri=f"story {at}", members=tuple(members)) for at, members in enumerate(stories)]
    return place(new, sketches, scale(new, *(one for members in stories for one in members)))


@dataclass(frozen=True)
class Case:
    one: StoryText
    other: StoryText
    is_one_story: bool
    why: str


CASES = (
    Case(
        text("Ferry with 40 passengers sinks off Misrata"),
        text("At least 40 missing as vessel capsizes near Libyan port of Misrata", 5),
        True,
        "other words for the same event, the same count and place",
    ),
    Case(
        text("Ferry with 40 passengers sinks off Misrata"),
        text("Court in Tripoli sentences two former ministers", 5),
        False,
        "nothing in common but the country",
    ),
    Case(
        text("Rescuers find 12 migrants dead in boat off Zawiya"),
        text("Coastguard tows 70 migrants to Benghazi", 60),
        False,
        "another place, another count, days later",
    ),
    Case(
        text("UN envoy opens talks on election law in Geneva"),
        text("UN envoy opens talks on election law in Geneva", 100),
        False,
        "the window has passed between them",
    ),
    Case(
        text("Minister of finance resigns over missing funds"),
        text("Finance minister quits amid row over missing money", 8),
        True,
        "synonyms of the event",
    ),
    Case(
        text("Five people killed in helicopter crash near Sebha"),
        text("Сообщили о пяти погибших при крушении вертолета близ Себхи", 4, language="ru"),
        True,
        "Russian: event, number and place are the same",
    ),
    Case(
        text("Five people killed in helicopter crash near Sebha"),
        text("В Сирте убиты боевики при нападении на пост", 4, language="ru"),
        False,
        "Russian: deaths alone make no story",
    ),
    Case(
        text("Haftar meets Greek foreign minister in Athens"),
        text("Hifter holds talks with Greece's foreign minister in Athens", 3),
        True,
        "the term pack knows both spellings",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_two_reports_are_one_story_or_not(case: Case) -> None:
    assert (placed(case.other, [case.one]).story is not None) == case.is_one_story
    assert (placed(case.one, [case.other]).story is not None) == case.is_one_story


@pytest.mark.parametrize("case", [case for case in CASES if case.is_one_story], ids=lambda case: case.why)
def test_reports_of_one_event_share_a_key(case: Case) -> None:
    assert set(case.one.features.keys) & set(case.other.features.keys)


def test_evidence_is_readable_and_names_the_nearest_member() -> None:
    first = text("Ferry with 40 passengers sinks off Misrata", uri="first")
    found = placed(text("At least 40 missing as vessel capsizes near Misrata", 5), [first])
    assert found.story == "story 0"
    assert found.relation is StoryRelation.INDEPENDENT
    assert {"40", "sink", "misrata"} <= set(found.evidence.terms)
    assert found.evidence.nearest == "first"
    assert found.evidence.hours == 5.0


def test_a_story_of_its_own_says_what_came_nearest() -> None:
    found = placed(
        text("Court in Tripoli sentences two former ministers"), [text("Court opens in Sirte", 2, uri="near")]
    )
    assert found.story is None
    assert found.evidence.nearest == "near"


def test_a_later_development_is_another_story() -> None:
    deaths = [
        text(headline, hours)
        for hours, headline in enumerate(
            (
                "General killed in plane crash near Ankara",
                "Plane crash near Ankara kills Libyan general",
                "Libyan general dies in Turkey plane crash",
                "Libya's top general killed as jet crashes near Ankara",
            )
        )
    ]
    assert placed(text("Libya general killed in plane crash in Turkey", 6), deaths).story == "story 0"
    assert placed(text("Crowds bury general at funeral in Misrata after plane crash", 50), deaths).story is None


RELATIONS = (
    ("by another outlet", text("Ferry with 40 aboard sinks off Misrata", 3), StoryRelation.INDEPENDENT),
    ("by the same outlet", text("Ferry with 40 aboard sinks off Misrata", 3, source="herald"), StoryRelation.UPDATE),
    (
        "by the same agency in another outlet",
        text("Ferry with 40 aboard sinks off Misrata", 3, agency="tass"),
        StoryRelation.UPDATE,
    ),
    (
        "by the same agency in Russian",
        text("Паром с 40 пассажирами затонул у Мисураты в Ливии", 3, agency="tass", language="ru"),
        StoryRelation.TRANSLATION,
    ),
    ("a copy", text("Something else", 3, copies_of="first"), StoryRelation.EXCERPT),
)


@pytest.mark.parametrize(("why", "new", "relation"), RELATIONS, ids=[case[0] for case in RELATIONS])
def test_relation_of_a_member(why: str, new: StoryText, relation: StoryRelation) -> None:
    first = text("Ferry with 40 passengers sinks off Misrata in Libya", uri="first", source="herald", agency="tass")
    found = placed(new, [first])
    assert found.story == "story 0"
    assert found.relation is relation


def test_the_desk_goes_before_all_likeness() -> None:
    first, other = text("Ferry with 40 sinks off Misrata", uri="a"), text("Bank changes dinar rate", uri="b")
    new = text("Ferry with 40 sinks off Misrata", 1, uri="c")
    sketches = [StorySketch(uri="ferry", members=(first,)), StorySketch(uri="bank", members=(other,))]
    apart, tied = frozenset({frozenset("ac")}), frozenset({frozenset("bc")})
    weights = scale(first, other, new)
    assert place(new, sketches, weights).story == "ferry"
    assert place(new, sketches, weights, cannot_link=apart).story is None
    assert place(new, sketches, weights, must_link=tied).story == "bank"
    assert place(new, sketches, weights, must_link=tied).evidence.reason == "merged by the desk"


def test_the_order_of_candidates_does_not_matter() -> None:
    texts = [text(f"Ferry with 4{n} sinks off Misrata", n, uri=str(n)) for n in range(6)]
    sketches = [StorySketch(uri=f"story {one.uri}", members=(one,)) for one in texts]
    new = text("Ferry with 43 aboard sinks off Misrata", 7)
    assert place(new, sketches, scale(*texts)) == place(new, sketches[::-1], scale(*texts))


EVENTS = (
    "Ferry with 40 passengers sinks off Misrata",
    "Vessel with 40 aboard capsizes near Misrata",
    "40 missing as ferry capsizes off Libyan port of Misrata",
    "Finance minister resigns over missing funds",
    "Minister of finance quits over missing money",
    "Court sentences two smugglers in Tripoli",
    "Court in Tripoli jails two smugglers",
)


def stories_of(texts: Iterable[StoryText]) -> set[frozenset[str]]:
    """The groups that the texts make in this order, looked at again at the end."""
    texts = list(texts)
    weights, groups = scale(*texts), dict[str, list[StoryText]]()
    for one in texts:
        found = place(one, [StorySketch(uri=uri, members=tuple(group)) for uri, group in groups.items()], weights)
        groups.setdefault(found.story or one.uri, []).append(one)
        for other in found.merges:
            groups[found.story or ""] += groups.pop(other)
    sketches = [StorySketch(uri=uri, members=tuple(group)) for uri, group in groups.items()]
    changes = reconsider(sketches, weights)
    moved = {uri for change in changes for uri in change.members}
    kept = {frozenset(one.uri for one in group if one.uri not in moved) for group in groups.values()}
    return {group for group in kept | {frozenset(change.members) for change in changes} if group}


@pytest.mark.parametrize("seed", range(6))
def test_stories_are_the_same_in_any_order_of_arrival(seed: int) -> None:
    texts = [text(headline, hours) for hours, headline in enumerate(EVENTS)]
    shuffled = list(texts)
    random.Random(seed).shuffle(shuffled)
    assert stories_of(shuffled) == stories_of(texts) == {
        frozenset(EVENTS[:3]), frozenset(EVENTS[3:5]), frozenset(EVENTS[5:]),
    }  # fmt: skip


def test_stories_found_to_be_one_keep_the_uri_of_the_greater() -> None:
    one, two, three = (text(headline, hours) for hours, headline in enumerate(EVENTS[:3]))
    sketches = [StorySketch(uri="younger", members=(one,)), StorySketch(uri="greater", members=(two, three))]
    (change,) = reconsider(sketches, scale(one, two, three))
    assert (change.story, change.gone) == ("greater", ("younger",))
    assert change.members == EVENTS[:3]


def test_the_part_that_leaves_a_story_has_no_uri_yet() -> None:
    texts = [text(headline, hours) for hours, headline in enumerate(EVENTS[:4])]
    changes = reconsider([StorySketch(uri="mixed", members=tuple(texts))], scale(*texts))
    assert {change.story: change.members for change in changes} == {"mixed": EVENTS[:3], None: EVENTS[3:4]}


def test_what_the_desk_parted_is_not_put_together_again() -> None:
    one, two = (text(headline, hours) for hours, headline in enumerate(EVENTS[:2]))
    sketches = [StorySketch(uri="a", members=(one,)), StorySketch(uri="b", members=(two,))]
    parted = frozenset({frozenset((one.uri, two.uri))})
    assert reconsider(sketches, scale(one, two), cannot_link=parted) == ()
    assert len(reconsider(sketches, scale(one, two))) == 1


def test_stories_that_stay_are_not_listed() -> None:
    one, two, three, four = (text(headline, hours) for hours, headline in enumerate(EVENTS[:4]))
    sketches = [StorySketch(uri="a", members=(one, two, three)), StorySketch(uri="b", members=(four,))]
    assert reconsider(sketches, scale(one, two, three, four)) == ()


NUMBERS = (
    ("$4 billion deal signed", "#4000000000"),
    ("$4bn deal signed", "#4000000000"),
    ("Deal of 4 mln euros", "#4000000"),
    ("2,5 tonnes found", "#2.5"),
    ("2½ tonnes found", "#2.5"),
    ("4,700 barrels a day", "#4700"),
    ("Forty barrels lost", "#40"),
    ("Трое пострадали на шоссе", "#3"),
)


@pytest.mark.parametrize(("headline", "term"), NUMBERS)
def test_equal_amounts_are_equal_terms(headline: str, term: str) -> None:
    assert term in terms(headline, language="ru" if headline.startswith("Т") else "en").headline


def test_a_year_is_no_number_of_an_event() -> None:
    assert not [term for term in terms("Elections planned for 2026").headline if term[0] == "#"]


FOLDED = (
    ("en", "U.S. envoy lands", "+america"),
    ("en", "Let us talk of ports", None),
    ("en", "Libyan port opens", "+libya"),
    ("ru", "Ливийские порты открыты", "+libya"),
    ("ar", "افتتاح مطار في ليبيا", "+libya"),
    ("ar", "محادثات بليبيا حول الميناء", "+libya"),
    ("ar", "وفد مصري في الميناء", "+egypt"),
    ("ar", "مصرف جديد في الميناء", None),
    ("ru", "Индивидуальный договор", None),
    ("fr", "La Libye rouvre un port", "+libya"),
    ("ar", "برلين: المانيا ترسل طائره", "+germany"),
    ("en", "International Criminal Court opens hearing", "icc"),
    ("en", "ICC opens hearing", "icc"),
    ("en", "A malicious mail", None),
)


@pytest.mark.parametrize(("language", "headline", "term"), FOLDED)
def test_places_and_bodies_have_one_form_in_all_languages(language: str, headline: str, term: str | None) -> None:
    found = terms(headline, language=language).headline
    if term is None:
        assert not [one for one in found if one[0] == "+"]
    else:
        assert term in found


def test_what_stands_behind_the_turn_is_background() -> None:
    found = terms("Turkey holds funeral for officers after plane crash in Ankara")
    assert "=funeral" in found.headline
    assert {"=plane", "=crash"} <= set(found.background)


@pytest.mark.parametrize("spelling", ["Сарраж", "Саррадж", "السراج", "Serraj"])
def test_a_name_sounds_the_same_in_any_script(spelling: str) -> None:
    assert skeleton(spelling.lower()) == skeleton("sarraj")


def test_features_are_small_and_come_back_from_the_store() -> None:
    lead = " ".join(f"Слово{n} длинное{n} предложение{n}" for n in range(60))
    found = terms("Очень длинный заголовок о переговорах в Триполи с участием многих сторон", lead, "ru")
    assert len(packed(found)) <= 600
    assert unpacked(packed(found)) == found
    assert unpacked(packed(terms(""))) == terms("")


def test_a_weight_is_the_same_in_any_order_and_after_storing() -> None:
    forward, backward = Frequencies(), Frequencies()
    for one in NOISE:
        forward.learn(one.features, one.at)
    for one in reversed(NOISE):
        backward.learn(one.features, one.at)
    restored = Frequencies.from_days(forward.days().items())
    for counts in (backward, restored):
        assert counts.weights(START)("+libya") == forward.weights(START)("+libya")
    assert forward.weights(START)("+libya") < forward.weights(START)("ferri")


def test_counts_fade_and_are_forgotten() -> None:
    counts = Frequencies()
    for one in NOISE:
        counts.learn(one.features, one.at)
    later = START + timedelta(days=10)
    assert counts.weights(START)("+libya") < counts.weights(later)("+libya")
    counts.forget(START + timedelta(days=40))
    assert counts.days() == {}


def member(uri: str, *, priority: int = 0, full: bool = False, original: bool = True, hours: float = 0, gone: bool = False) -> StoryMember:  # fmt: skip
    return StoryMember(
        uri=uri,
        priority=priority,
        completeness=Completeness.FULL if full else Completeness.EXCERPT,
        is_original=original,
        at=START + timedelta(hours=hours),
        is_withdrawn=gone,
    )


REPRESENTATIVES = (
    ("the one shown stays", [member("a"), member("b", priority=9, full=True)], "a", "a"),
    ("priority first", [member("a", full=True), member("b", priority=1)], None, "b"),
    ("then the most complete", [member("a"), member("b", full=True, hours=9)], None, "b"),
    ("then an original", [member("a", original=False), member("b", hours=1)], None, "b"),
    ("then the earliest", [member("b", hours=1), member("a", hours=2)], None, "b"),
    ("a withdrawn one goes", [member("a", gone=True), member("b")], "a", "b"),
    ("one that left goes", [member("b")], "a", "b"),
    ("none is left", [member("a", gone=True)], "a", None),
)


@pytest.mark.parametrize(
    ("why", "members", "current", "shown"), REPRESENTATIVES, ids=[case[0] for case in REPRESENTATIVES]
)
def test_representative(why: str, members: list[StoryMember], current: str | None, shown: str | None) -> None:
    assert represent(members, current) == shown
    assert represent(members[::-1], current) == shown


@pytest.mark.parametrize(
    ("headline", "found"),
    [
        ("Harbour concert | Monday, July 20, 2026", ("harbour", "concert", "@0720")),
        ("20 July: harbour concert", ("@0720", "harbour", "concert")),
        ("Вечерний выпуск, 20 июля", ("вечерн", "выпуск", "@0720")),
        ("Harbour may open on Monday", ("harbour", "=open")),
        ("40 July concerts", ("#40", "juli", "concert")),
    ],
)
def test_a_printed_day_is_one_term(headline: str, found: tuple[str, ...]) -> None:
    assert terms(headline, language="ru" if headline[0] == "В" else "en").headline == found


def test_a_day_in_common_makes_no_story_and_no_key() -> None:
    one, other = text("Harbour concert | July 20, 2026"), text("Target and quiz, Monday, July 20", 5)
    assert placed(other, [one]).story is None
    assert not set(one.features.keys) & set(other.features.keys)


@pytest.mark.parametrize(
    ("lead", "is_less"),
    [
        ("It happened near the port of Tarbona, officials say, after a call from Velmare.", False),
        ("It happened in a village near Kaldesk, according to Lord Mayor Olsen.", True),
        ("it happened at night", False),
    ],
    ids=["a place in common", "none in common", "none named"],
)
def test_reports_that_name_others_and_other_places_are_less_alike(lead: str, is_less: bool) -> None:
    first = text("Police arrest a driver after stabbing", lead="The man was found in Tarbona, on the road to Velmare.")
    headline = "Police arrest man after three women stabbed"
    alike = Scale(lambda _: 1.0)
    found, silent = (alike.like(first, text(headline, 2, uri=words, lead=words)).score for words in (lead, "nothing"))
    assert (found < silent) is is_less


def test_words_of_indic_scripts_are_not_cut_at_their_vowel_signs() -> None:
    found = text(
        "\u0932\u0940\u092c\u093f\u092f\u093e \u092e\u0947\u0902 \u0928\u093e\u0935 \u0921\u0942\u092c\u0940"
    ).features
    assert "\u0921\u0942\u092c\u0940" in found.headline
    assert len(found.headline) <= 4


SERIES = [
    ("a week later", "7 ways to spend the weekend of 4 July", "7 ways to spend the weekend of 11 July", 70, None),
    ("tomorrow's listing", "What is on tonight: Monday, July 20", "What is on tonight: Tuesday, 21 July", 1, None),
    (
        "a standing headline",
        "War in the strait: latest developments",
        "War in the strait: latest developments",
        24,
        None,
    ),
    ("the toll rises within hours", "Ferry sinks off Tarbona, 12 dead", "Ferry sinks off Tarbona, 31 dead", 3, "story"),
]


@pytest.mark.parametrize(("why", "first", "second", "hours", "story"), SERIES)
def test_a_series_of_one_source_is_no_story(why: str, first: str, second: str, hours: int, story: str | None) -> None:
    del why
    one, other = (text(title, at, uri=f"at {at}", source="herald") for title, at in ((first, 0), (second, hours)))
    sketch = StorySketch(uri="story", members=(one,))
    assert place(other, [sketch], Scale(lambda _: 1.0)).story == story


TEMPLATES = [
    ("another round", "Results of regatta round 17", "Results of regatta round 3", None),
    ("the same round", "Results of regatta round 17", "Results of regatta round 17", "story"),
    ("an event is counted otherwise", "Ferry sinks off Tarbona, 12 dead", "Ferry sinks off Tarbona, 31 dead", "story"),
]


@pytest.mark.parametrize(("why", "first", "second", "story"), TEMPLATES, ids=[case[0] for case in TEMPLATES])
def test_what_two_outlets_number_is_no_story(why: str, first: str, second: str, story: str | None) -> None:
    del why
    one, other = text(first, uri="one"), text(second, 1, uri="other")
    sketch = StorySketch(uri="story", members=(one,))
    assert place(other, [sketch], Scale(lambda _: 1.0)).story == story


def test_a_number_tells_an_event_only_with_what_happened_or_where() -> None:
    round_one, round_two = terms("Regatta 17 results, crew 4"), terms("Village 17 market, hall 4")
    assert not set(round_one.keys) & set(round_two.keys)
    ferry, bus = terms("Ferry sinks, 17 rescued by fishermen"), terms("Coast guard: 17 rescued at night")
    assert set(ferry.keys) & set(bus.keys)


NEWS = [
    ("the same", "Ferry sinks off Malta, 12 dead", 2, 2, ()),
    ("nearly the same number", "Ferry sinks off Malta, 13 dead", 2, 2, ()),
    ("another number", "Ferry sinks off Malta, 31 dead", 2, 2, ("number 31",)),
    ("another place", "Ferry from Libya sinks off Malta, 12 dead", 2, 2, ("place libya",)),
    ("somebody", "Minister Orlinski mourns 12 dead as ferry sinks off Malta", 2, 2, ("name orlinski",)),
    ("confirmed", "Ferry sinks off Malta, 12 dead", 1, 2, ("reported by a second originator",)),
]


@pytest.mark.parametrize(("why", "headline", "before", "after", "new"), NEWS)
def test_what_is_new_in_a_story(why: str, headline: str, before: int, after: int, new: tuple[str, ...]) -> None:
    del why
    told = [text("Ferry sinks off Malta, 12 dead"), text("12 die as ferry capsizes near Malta", 1)]
    assert developments(text(headline, 2), told, independent_before=before, independent_after=after) == new


def test_counts_that_are_taken_back_are_as_if_never_learned() -> None:
    counts, others = Frequencies(), Frequencies()
    one, other = text("Ferry sinks off Malta"), text("Museum opens a wing")
    for found in (counts, others):
        found.learn(one.features, one.at)
    counts.learn(other.features, other.at)
    counts.unlearn(other.features, other.at)
    assert counts.days() == others.days()


LATE = [
    ("in order", 5, False),
    ("a little late", -3, False),
    ("written long before what is there", -12, True),
]


@pytest.mark.parametrize(("why", "hours", "wanted"), LATE)
def test_stories_are_reconsidered_where_a_report_is_out_of_order(why: str, hours: int, wanted: bool) -> None:
    del why
    sketch = StorySketch(uri="story", members=(text("Ferry sinks off Malta, 12 dead"),))
    late = text("12 die as ferry capsizes near Malta", hours)
    found = place(late, [sketch], Scale(lambda _: 1.0))
    assert should_reconsider(late, found, [sketch]) is wanted
