"""A text -> the times it mentions, in English, Arabic, Russian, French and Italian, each with its quote."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from aggregator.dates import FULL_MONTHS, MONTHS, WEEKDAYS, alternatives, ascii_digits, parse_date
from aggregator.model.article import Precision
from aggregator.text import Folded, fold, folded

_MAX_TEXT = 50_000
_MAX_MENTIONS = 100
# So many characters before a year are looked at.
_REACH = 150


class MentionKind(StrEnum):
    """What a mention can say of the time of writing."""

    PERIOD = "period"
    """A past month, season or year, with its year."""
    DAY = "day"
    """A past day with its year."""
    PLANNED = "planned"
    """A year to come."""
    UNBOUND = "unbound"
    """A year that may be any time: in a name, after since, until, of."""
    YEARLESS = "yearless"
    """A month or day without a year, not of a plan."""
    WEEKDAY = "weekday"
    """A weekday beside a month and day without a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One time named in a text; what is not printed is None. `weekday` counts from Monday = 0."""

    kind: MentionKind
    quote: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None


def _words(*lists: str) -> str:
    """The phrases, folded, as alternatives of a regular expression; a `*` stands for the rest of a word."""
    phrases = {phrase.strip() for line in lists for phrase in line.split("|")}
    patterns = (folded(phrase) + (r"\w*" if phrase.endswith("*") else "") for phrase in phrases)
    return "|".join(sorted(patterns, key=lambda pattern: (-len(pattern), pattern)))


_MONTH = alternatives(MONTHS)
_FULL_MONTH = alternatives(FULL_MONTHS)
_WEEKDAY = alternatives({name: day for name, day in WEEKDAYS.items() if len(name) > 3 or name == "السبت"})
_ORDINAL = r"(?:st|nd|rd|th|er|o)?"
_LINK = r"(?:(?:of|de|del|dell|di|d|the|l|an|in|year|anno|annee|года|году|год|من|عام|العام|سنه) )*"
_SEASON = _words(
    "spring|summer|autumn|fall|winter",
    "весна|весной|весны|весне|лето|летом|лета|осень|осенью|осени|зима|зимой|зимы|зиме",
    "printemps|été|automne|hiver|primavera|estate|autunno|inverno",
    "ربيع|صيف|خريف|شتاء",
)
_PART = _words(
    "early|late|mid|beginning|start|end|middle",
    "начало|начале|конец|конце|середина|середине",
    "début|fin|mi|milieu|inizio|fine|metà",
    "بداية|مطلع|أوائل|منتصف|أواخر|نهاية",
)
_YEAR = re.compile(r"(?<= )(?P<year>(?:19|20)\d\d)(?:го|м|х|م)?(?= )")
_DAY_BEFORE = re.compile(
    rf" (?:(?P<day>\d{{1,2}}){_ORDINAL} (?:of |de |من )?(?P<month>{_MONTH})(?: (?:{_MONTH}))?"
    rf"|(?P<english_month>{_MONTH}) (?P<english_day>\d{{1,2}}){_ORDINAL}) {_LINK}$"
)
_PERIOD_BEFORE = re.compile(rf" (?P<period>{_FULL_MONTH}|{_SEASON}|{_PART})(?: (?:{_MONTH}))? {_LINK}$")
_IN_BEFORE = re.compile(
    r" (?:in|during|back in|в|во|en|durant|nel|nell|في|خلال|عام|العام|سنه)"
    r" (?:(?:the|year|l|an|annee|anno|عام|العام|سنه|من) )*$"
)
_FOR_BEFORE = re.compile(r" (?:for|to|until|на|pour|per|il|al|في|عام|العام|لعام) $")
_BY_BEFORE = re.compile(r" (?:by|к|entro|d ici|بحلول) (?:(?:the|il|la|l|fin|fine|a|عام|العام) )*$")
_UNTIL = _words("until|till|through", "до", "jusqu au|jusqu", "fino al|fino a", "حتى")
_UNTIL_BEFORE = re.compile(rf" (?:{_UNTIL}) (?:(?:the|le|il|l|يوم) )*$")
_UNBOUND = _words(
    "since|from|of|until|till|through|after|before|between",
    "с|со|до|после|от|между",
    "depuis|dès|de|du|d|jusqu en|jusqu à|jusqu|après|avant|à partir de",
    "dal|dall|da|dalla|del|dell|della|di|fino al|fino a|dopo|prima del",
    "منذ|حتى|لعام|بعد|قبل|إلى|اتفاق",
)
_UNBOUND_BEFORE = re.compile(rf" (?:{_UNBOUND}) (?:(?:the|l|le|la|عام|العام) )*$")
_PLANNED = _words(
    "planned|plans to|planning|scheduled|expected|slated|upcoming|shall|set to|set for|to be held|next month|next year",
    "будет|будут|планир*|запланир*|намечен*|предстоит|предстоящ*|ожидается|состоится|состоятся|пройдет|пройдут|намерен*",
    "sera|seront|prévu*|prévoi*|planifi*|devra*|programm*|attendu*|aura lieu|auront lieu",
    "sarà|saranno|previst*|programmat*|pianificat*|dovrà|dovranno|dovrebb*|si terrà|si terranno|attes*",
    "سوف|المقرر|مقرر|المزمع|المتوقع|المقبل|المقبلة|سيعقد|ستعقد|سيجري|ستجري|ستقام|سيقام|سيتم|ستتم|سيكون|ستكون",
)
_PLAN = re.compile(rf" (?:will(?! of )|due(?! to )|{_PLANNED}) ")
_PLAN_WORDS = 8
_BESIDE = _words(
    "in|this|last|early|late|mid|since|during|early in|late in",
    "в|во|начале|конце|середине|этого|прошлого",
    "en|début|fin|mi|mois de|dès",
    "in|a|ad|scorso|inizio|fine|mese di",
    "في|خلال|شهر|مطلع|أوائل|أواخر|منتصف|نهاية|بداية",
)
_BESIDE_MONTH = re.compile(rf" (?:{_BESIDE}) (?P<month>{_FULL_MONTH})(?: (?:{_MONTH}))?+ (?!{_LINK}\d)")
_BARE_DAY = re.compile(
    rf" (?:(?P<day>\d{{1,2}}){_ORDINAL} (?:of |de |من )?(?P<month>{_FULL_MONTH})"
    rf"|(?P<english_month>{_MONTH}) (?P<english_day>\d{{1,2}}){_ORDINAL}(?! (?:{_MONTH}) ))(?: (?:{_MONTH}))?+(?= )(?! {_LINK}(?:19|20)\d\d)"
)
_WEEKDAY_AND_DAY = re.compile(
    rf" (?:(?P<weekday>{_WEEKDAY}) (?:the |le |il |يوم )?(?=\d|{_MONTH})|(?=\d|{_MONTH}))"
    rf"(?:(?P<day>\d{{1,2}}){_ORDINAL} (?:of |de |من )?(?P<month>{_FULL_MONTH})"
    rf"|(?P<english_month>{_MONTH}) (?P<english_day>\d{{1,2}}){_ORDINAL})"
    rf"(?: (?:on |в )?(?P<after>{_WEEKDAY}))?(?= )(?! {_LINK}(?:19|20)\d\d)"
)
_NUMERIC = re.compile(r"(?<![\d.])(?:\d{1,2}[./]\d{1,2}[./]\d{4}|\d{4}-\d{2}-\d{2})(?![\d-])")
# A full stop before a digit is an abbreviation's: "Nov. 25".
_SENTENCE_END = re.compile(r"(?<=[.!?؟…])[\"»”’)]*\s+(?=\D)|\n+")
# Words of other meanings unless they are capitalised.
_CAPITAL_ONLY = frozenset(("may", "march"))
_GENITIVE = re.compile(r"[а-я]+[ая]$")


def find_mentions(text: str) -> tuple[Mention, ...]:
    """The times named in the first 50,000 characters, sentence by sentence."""
    found: list[Mention] = []
    for sentence in _SENTENCE_END.split(text[:_MAX_TEXT]):
        if len(found) >= _MAX_MENTIONS:
            break
        digits = ascii_digits(sentence)  # of the same length: quotes are cut from what is printed
        words = fold(_NUMERIC.sub(lambda match: " " * len(match.group()), digits))
        found += _numeric_days(digits)
        found += (*_with_year(words, sentence), *_without_year(words, sentence), *_weekdays(words, sentence))
    return tuple(found[:_MAX_MENTIONS])


def _numeric_days(sentence: str) -> Iterator[Mention]:
    for match in _NUMERIC.finditer(sentence):
        date = parse_date(match.group())
        if date and date.precision is Precision.DAY:
            value = date.value
            yield Mention(kind=MentionKind.DAY, quote=match.group(), year=value.year, month=value.month, day=value.day)


def _with_year(words: Folded, sentence: str) -> Iterator[Mention]:
    for match in islice(_YEAR.finditer(words.text), _MAX_MENTIONS):
        offset = max(match.start() - _REACH, 0)
        before = words.text[offset : match.start()]
        expression = _DAY_BEFORE.search(before) or _PERIOD_BEFORE.search(before) or _IN_BEFORE.search(before)
        parts = expression.groupdict() if expression else {}
        start = expression.start() if expression else _word_before(before)
        lead = before[: start + 1] if expression else before
        if "day" in parts:
            kind = _kind_of_day(lead)
        else:
            is_range = bool(_YEAR.match(words.text, match.end() + 1))
            kind = _kind_of_period(lead, parts, is_time=expression is not None and not is_range)
        month, day = _month_and_day(parts)
        begin = _word_before(lead) if parts else start  # "In spring 2019", "on 10 March 2015"
        quote = _quote(words, sentence, offset + begin, match.end())
        yield Mention(kind=kind, quote=quote, year=int(match["year"]), month=month, day=day)


def _word_before(folded_text: str) -> int:
    """Where the last word of a text that ends in a space begins."""
    return max(folded_text.rfind(" ", 0, len(folded_text) - 1), 0)


def _kind_of_day(lead: str) -> MentionKind:
    if _UNTIL_BEFORE.search(lead):
        return MentionKind.UNBOUND
    return MentionKind.PLANNED if _is_planned(lead) else MentionKind.DAY


def _kind_of_period(lead: str, parts: Mapping[str, str | None], *, is_time: bool) -> MentionKind:
    if _BY_BEFORE.search(lead):
        return MentionKind.PLANNED
    if not is_time:
        return MentionKind.PLANNED if _FOR_BEFORE.search(lead) and _is_planned(lead) else MentionKind.UNBOUND
    # Russian says "of August" without a word for "of".
    if _UNBOUND_BEFORE.search(lead) or (_GENITIVE.match(parts.get("period") or "") and parts["period"] in MONTHS):
        return MentionKind.UNBOUND
    return MentionKind.PLANNED if _is_planned(lead) else MentionKind.PERIOD


def _is_planned(lead: str) -> bool:
    """Whether one of the last words before a time puts it into the future."""
    near = lead.split()[-_PLAN_WORDS:]
    return bool(_PLAN.search(f" {' '.join(near)} "))


def _without_year(words: Folded, sentence: str) -> Iterator[Mention]:
    for pattern in (_BARE_DAY, _BESIDE_MONTH):
        for match in pattern.finditer(words.text):
            month, day = _month_and_day(match.groupdict())
            if month and _is_a_month(match, words, sentence) and not _is_planned(words.text[: match.start() + 1]):
                quote = _quote(words, sentence, match.start(), match.end())
                yield Mention(kind=MentionKind.YEARLESS, quote=quote, month=month, day=day)


def _weekdays(words: Folded, sentence: str) -> Iterator[Mention]:
    for match in _WEEKDAY_AND_DAY.finditer(words.text):
        name = match["weekday"] or match["after"]
        month, day = _month_and_day(match.groupdict())
        if name and month and _is_a_month(match, words, sentence):
            quote = _quote(words, sentence, match.start(), match.end())
            yield Mention(kind=MentionKind.WEEKDAY, quote=quote, month=month, day=day, weekday=WEEKDAYS[name])


def _month_and_day(parts: Mapping[str, str | None]) -> tuple[int | None, int | None]:
    month = MONTHS.get(parts.get("month") or parts.get("english_month") or "")
    day = parts.get("day") or parts.get("english_day")
    return month, int(day) if day else None


def _is_a_month(match: re.Match[str], words: Folded, sentence: str) -> bool:
    """ "Article 5 may" and "mar 5" are no days: an English day is "Mar. 5", with a capital."""
    english = match.groupdict().get("english_month")
    group = "english_month" if english else "month"
    if not english and match["month"] not in _CAPITAL_ONLY:
        return True
    return sentence[words.offsets[match.start(group)]].isupper()


def _quote(words: Folded, sentence: str, start: int, end: int) -> str:
    first, last = words.span(start, end)
    return sentence[first:last]
