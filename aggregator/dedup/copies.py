"""Two texts -> are they copies: decided by the words they share in order, then by the facts in which they differ.

Precision first: two entries are better than one wrong. The thresholds and the texts that set them: docs/copies.md.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter

from aggregator.dedup.alignment import Words, align, words_of
from aggregator.dedup.differences import Differences, differences
from aggregator.dedup.signature import MIN_WORDS
from aggregator.dedup.wording import CLOCK, COMMON, DAYS, LIVE
from aggregator.model.article import StoredArticle
from aggregator.model.copies import CopyEvidence, CopyRelation, CopyText, CopyVerdict

LONG_TEXT = 40
"""Words from which a text is judged by itself; a shorter one by its headline, too."""
_WHOLE_TEXT = 48
"""Words from which equal texts are one, whatever stands above them (rules R2)."""
_SHARED = 0.85
_SHARED_WITHOUT_CAPITALS = 0.9
_SHARED_SHORT = 0.9
_SHARED_BUT_A_FACT = 0.9
_SHARED_UNDER_ONE_HEADLINE = 0.8
_SAME_HEADLINE = 0.8
_OF_ONE_PAGE = 0.25
"""A page that shows another report every day has nothing of yesterday's; 94 of 100 recorded changes of a text keep this much."""
_HALF = 0.5
_MOST_OF_IT = 0.8
_WORDS_UNDER_OTHER_HEADLINE = 20
_OPENS_WITHIN = 80
_WORDS_A_DENIAL = 150
_STEM = 5
_OF_A_HEADLINE = 0.25
_CLOCKS_OF_A_LIVE_TEXT = 5
_WINDOW_OF_UPDATES = timedelta(hours=48)
_WINDOW_OF_CHANGES = timedelta(days=7)
_NEXT_EDITION = timedelta(hours=20)
"""A column's few words under a standing headline are from here on another day's: so were seven of the eight pairs that were
read (docs/stories.md)."""

_A_FORM = "the headlines are not of these words: a form"
_A_COLUMN = "a few words again on another day: a standing column"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    shorter: CopyText
    longer: CopyText
    shorter_words: Words
    longer_words: Words
    headline: float
    """Share of the longer headline's words that stand in the other in order."""
    facts: Differences

    @property
    def is_of_one_source(self) -> bool:
        return self.shorter.source_id == self.longer.source_id

    @property
    def is_of_one_originator(self) -> bool:
        return self.is_of_one_source or (self.shorter.agency is not None and self.shorter.agency == self.longer.agency)

    @property
    def apart(self) -> timedelta:
        return abs(self.shorter.effective_at - self.longer.effective_at)


def copy_text(stored: StoredArticle, agency: str | None) -> CopyText:
    """What is compared of a stored article; `agency` is the originator's id."""
    article = stored.article
    return CopyText(
        uri=stored.uri,
        source_id=article.publisher.source_id,
        headline=article.headline,
        body=article.body_text,
        url=article.normalized_url,
        agency=agency,
        effective_at=stored.effective_at,
    )


def in_words(verdict: CopyVerdict) -> str:
    """ "copy: 93 % of 120 words shared, the same text; numbers 40 / 55"."""
    evidence = verdict.evidence
    differ = [
        f"{name} {', '.join(values)}"
        for name, values in (
            ("numbers", evidence.numbers),
            ("names", evidence.names),
            ("denials", evidence.negations),
        )
        if values
    ]
    shared = f"{evidence.shared * 100:.0f} % of {evidence.words} words shared, {evidence.reason}"
    return "; ".join((f"{verdict.relation.value}: {shared}", *differ))


def is_worth_judging(one: CopyText, other: CopyText) -> bool:
    """Whether the two may be copies, by their bags of words: at a fifth of the price of a verdict, and never against one."""
    if one.source_id == other.source_id:
        return True  # nearly always decided by the headline
    bag, words = Counter(words_of(one.body).folded), words_of(other.body).folded
    shorter = min(bag.total(), len(words))
    common = sum(min(count, bag[word]) for word, count in Counter(words).items() if word in bag)
    return common >= shorter * _SHARED_UNDER_ONE_HEADLINE


def judge(one: CopyText, other: CopyText) -> CopyVerdict:
    """What the two texts are to one another; the same verdict for both orders."""
    headline = _likeness(one.headline, other.headline)
    is_one_address = _is_one_address(one, other)
    # First of all: a channel that puts the same hundred words under all of its films is compared with itself all day.
    if one.source_id == other.source_id and headline < _SAME_HEADLINE and not is_one_address:
        return _different("another headline of the same source", headline=headline, words=0)
    words, other_words = words_of(one.body), words_of(other.body)
    if (len(words.folded), one.body, one.uri) > (len(other_words.folded), other.body, other.uri):
        one, other, words, other_words = other, one, other_words, words
    if words.folded == other_words.folded and len(words.folded) >= MIN_WORDS and not is_one_address:
        return _identical(one, other, headline, words)
    pair = _Pair(
        shorter=one,
        longer=other,
        shorter_words=words,
        longer_words=other_words,
        headline=headline,
        facts=differences(words, other_words),
    )
    if is_one_address and pair.apart <= _WINDOW_OF_CHANGES and max(pair.facts.shared, headline) >= _OF_ONE_PAGE:
        return _verdict(pair, CopyRelation.UPDATE, "a later text of the same source at the same address")
    reason = _hindrance(pair)
    if reason:
        return _verdict(pair, CopyRelation.DIFFERENT, reason)
    if pair.is_of_one_source:
        return _of_one_source(pair)
    return _long(pair) if len(words.folded) >= LONG_TEXT else _short(pair)


def _is_one_address(one: CopyText, other: CopyText) -> bool:
    return one.source_id == other.source_id and one.url is not None and one.url == other.url


def _identical(one: CopyText, other: CopyText, headline: float, words: Words) -> CopyVerdict:
    count = len(words.folded)
    if is_series(one.headline, other.headline):
        return _different("headlines of one series", headline=headline, words=count)
    if one.source_id == other.source_id and (hindrance := _repetition(one, other, words)):
        return _different(hindrance, headline=headline, words=count)
    if headline >= _SAME_HEADLINE:
        reason = f"the same {count} words under one headline"
    elif not _are_of_the_text(one.headline, other.headline, words):
        return _different(_A_FORM, headline=headline, words=count)
    elif count >= _WHOLE_TEXT:
        reason = f"the same {count} words"
    elif count >= _WORDS_UNDER_OTHER_HEADLINE and _share_a_topic(one.headline, other.headline):
        reason = f"the same {count} words, headlines on one matter"
    else:
        return _different("the same few words under another headline", headline=headline, words=count)
    evidence = CopyEvidence(reason=reason, shared=1.0, of_longer=1.0, headline=round(headline, 3), words=count)
    return CopyVerdict(relation=CopyRelation.IDENTICAL, score=1.0, evidence=evidence)


def _repetition(one: CopyText, other: CopyText, words: Words) -> str | None:
    """Why equal texts of one source are none the less two: the same gallery each week, the same briefing each day."""
    apart = abs(one.effective_at - other.effective_at)
    if apart > _WINDOW_OF_UPDATES:
        return "the same words again after days"
    if apart >= _NEXT_EDITION and len(words.folded) < LONG_TEXT:
        return _A_COLUMN
    return None if _are_of_the_text(one.headline, other.headline, words) else _A_FORM


def _hindrance(pair: _Pair) -> str | None:
    """Why the two are not copies however many words they share."""
    if pair.facts.words < MIN_WORDS:
        return "too little text to tell a copy by"
    if is_series(pair.shorter.headline, pair.longer.headline):
        return "headlines of one series"
    if is_live(pair.shorter) or is_live(pair.longer):
        return "a live text repeats what others say"
    headlines = pair.shorter.headline, pair.longer.headline
    if pair.headline < _HALF and not _are_of_the_text(*headlines, pair.longer_words):
        return _A_FORM
    return _other_facts(pair)


def _other_facts(pair: _Pair) -> str | None:
    """Texts on another matter made from one form: most of their numbers, their names or their day differ."""
    facts = pair.facts
    if len(facts.numbers) >= 2 and len(facts.numbers) >= facts.all_numbers / 10:
        return "several numbers differ in the same places"
    if len(facts.numbers) == 1 and facts.all_numbers < 4:
        return "the number that it is about differs"
    if facts.lost_numbers.count >= 2 and facts.lost_numbers.share >= 0.3:
        return "numbers of the one are not in the other"
    if facts.names and (facts.lost_names.share >= 0.15 or (len(facts.names) >= 2 and facts.lost_names.share >= 0.1)):
        return "it is about other names"
    if facts.lost_names.count >= 3 and facts.lost_names.share >= 0.25:
        return "names of the one are not in the other"
    if facts.opening < _HALF:
        return "another opening: only formulas are shared"
    return None


def _long(pair: _Pair) -> CopyVerdict:
    facts = pair.facts
    wanted = _SHARED if _has_capitals(pair.shorter_words) else _SHARED_WITHOUT_CAPITALS
    if facts.shared < wanted:
        return _verdict(pair, CopyRelation.DIFFERENT, "too few words in common")
    if facts.numbers or facts.negations:
        return _changed(pair)
    if facts.of_longer >= _MOST_OF_IT:
        return _verdict(pair, CopyRelation.COPY, "the same text")
    return _excerpt(pair)


def _short(pair: _Pair) -> CopyVerdict:
    """A headline with a summary: nearly all of it must be the same."""
    facts, same_headline = pair.facts, pair.headline >= _SAME_HEADLINE
    wanted = _SHARED_UNDER_ONE_HEADLINE if same_headline else _SHARED_SHORT
    if facts.shared < wanted:
        return _verdict(pair, CopyRelation.DIFFERENT, "too few words in common")
    if not same_headline and (
        facts.words < _WORDS_UNDER_OTHER_HEADLINE or not _share_a_topic(pair.shorter.headline, pair.longer.headline)
    ):
        return _verdict(pair, CopyRelation.DIFFERENT, "a few words under another headline")
    if facts.numbers or facts.negations:
        return _changed(pair)
    if facts.of_longer >= _MOST_OF_IT:
        return _verdict(pair, CopyRelation.COPY, "nearly the same words")
    return _excerpt(pair)


def _excerpt(pair: _Pair) -> CopyVerdict:
    """A round-up holds the beginnings of many reports; what is cut from a report is its own beginning."""
    if pair.facts.starts_at > _OPENS_WITHIN and pair.headline < _SAME_HEADLINE:
        return _verdict(pair, CopyRelation.DIFFERENT, "stands in the middle of a longer text")
    relation = CopyRelation.EXCERPT if pair.facts.shared >= _SHARED_SHORT else CopyRelation.COPY
    return _verdict(pair, relation, "the beginning of the longer text")


def _changed(pair: _Pair) -> CopyVerdict:
    """The same text with a changed fact: a later version, if both are by one hand and of about one time."""
    if pair.facts.shared < _SHARED_BUT_A_FACT:
        return _verdict(pair, CopyRelation.DIFFERENT, "facts differ, and more than facts")
    if pair.apart > _WINDOW_OF_CHANGES:
        return _verdict(pair, CopyRelation.DIFFERENT, "facts differ, and they are days apart")
    if _is_denial(pair.facts) and not pair.is_of_one_originator:
        return _verdict(pair, CopyRelation.DIFFERENT, "the one denies what the other says")
    return _verdict(pair, CopyRelation.UPDATE, "the same text, a fact changed")


def _is_denial(facts: Differences) -> bool:
    """A "not" more in what a text opens with turns it round; one in six hundred words is an edit."""
    return bool(facts.negations) and (facts.denies_in_opening or len(facts.negations) * _WORDS_A_DENIAL > facts.words)


def _of_one_source(pair: _Pair) -> CopyVerdict:
    """A source does not copy itself: under one headline it puts out a later version, or the next of a series."""
    facts = pair.facts
    if pair.apart >= _NEXT_EDITION and (facts.words < LONG_TEXT or pair.headline < 1):
        return _verdict(pair, CopyRelation.DIFFERENT, _A_COLUMN)
    changed = facts.numbers or facts.names or _numbers(pair.shorter.headline) != _numbers(pair.longer.headline)
    is_near = facts.shared >= _SHARED and facts.of_longer >= _HALF
    if is_near and not changed and pair.apart <= _WINDOW_OF_UPDATES:
        return _verdict(pair, CopyRelation.UPDATE, "a later version by the same source")
    return _verdict(pair, CopyRelation.DIFFERENT, "another text of the same source")


def _verdict(pair: _Pair, relation: CopyRelation, reason: str) -> CopyVerdict:
    facts = pair.facts
    evidence = CopyEvidence(
        reason=reason,
        shared=round(facts.shared, 3),
        of_longer=round(facts.of_longer, 3),
        headline=round(pair.headline, 3),
        words=facts.words,
        numbers=facts.numbers,
        names=facts.names,
        negations=facts.negations,
    )
    score = 0.0 if relation is CopyRelation.DIFFERENT else evidence.shared
    return CopyVerdict(relation=relation, score=score, evidence=evidence)


def _different(reason: str, *, headline: float, words: int) -> CopyVerdict:
    evidence = CopyEvidence(reason=reason, headline=round(headline, 3), words=words)
    return CopyVerdict(relation=CopyRelation.DIFFERENT, score=0.0, evidence=evidence)


def is_series(headline: str, other: str) -> bool:
    """Whether two headlines differ only in numbers and days: "Briefing No 12", "Markets on Tuesday"."""
    one, two = words_of(headline).folded, words_of(other).folded
    if one == two:
        return False
    return _form(one) == _form(two)


def _form(words: tuple[str, ...]) -> list[str]:
    form: list[str] = []
    for word in words:
        part = "#" if word.isdigit() or word in DAYS else word
        if part != "#" or form[-1:] != ["#"]:
            form.append(part)
    return form


def _numbers(headline: str) -> list[str]:
    return [word for word in words_of(headline).folded if word.isdigit() or word in DAYS]


def is_live(text: CopyText) -> bool:
    """Whether a text is written while things happen: it says so, or it is made of paragraphs that begin with the clock."""
    if LIVE.search(text.headline):
        return True
    return sum(CLOCK.match(line) is not None for line in text.body.splitlines()) >= _CLOCKS_OF_A_LIVE_TEXT


def _likeness(headline: str, other: str) -> float:
    one, two = words_of(headline).folded, words_of(other).folded
    return len(align(one, two).matches) / max(1, len(one), len(two))


def _share_a_topic(headline: str, other: str) -> bool:
    """Whether two headlines have a word in common that is not in every second one."""
    one, two = words_of(headline).folded, words_of(other).folded
    return any(len(word) > 2 and word not in COMMON for word in set(one) & set(two))


def _are_of_the_text(headline: str, other: str, words: Words) -> bool:
    """Whether two headlines say what the text says: a channel's words about itself stand under any headline."""
    return all(_is_of_the_text(words_of(one).folded, words.folded) for one in (headline, other))


def _is_of_the_text(headline: tuple[str, ...], text: tuple[str, ...]) -> bool:
    """By the beginnings of words: their ends are inflected."""
    matters = {word[:_STEM] for word in headline if len(word) > 2 and word not in COMMON}
    return len(matters & {word[:_STEM] for word in text}) >= len(matters) * _OF_A_HEADLINE


def _has_capitals(words: Words) -> bool:
    """Whether the script tells names by capitals (Latin, Cyrillic, Greek; not Arabic)."""
    return any(map(str.isupper, map(itemgetter(0), words.printed)))
