"""The beginning of a paragraph -> the dateline printed there.

Place[/place][, region][, date], then the agency in /.../, in (...), between dashes or first of all. The grammar alone takes
"the Government of National Unity (GNU) said" for a dateline, so the agency must be one of the vocabulary.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from aggregator.datelines.vocabulary import WORD, Vocabulary
from aggregator.dates import LATEST_YEAR, WEEKDAYS, ascii_digits, month_number
from aggregator.model.parsed import DatelinePrint
from aggregator.text import folded

_MAX_HEAD = 200
_MAX_PLACES = 4
_EDGES = " \t\n,.;:،–—-_("
_DASH = "–—_-"

_LETTERS = r"[^\W\d_]{3,14}"
_DATE = (
    rf"(?:(?P<day>\d{{1,2}})(?:er|º|°|st|nd|rd|th)?\.?\s*(?:de\s|di\s|of\s)?(?P<month>{_LETTERS}\.?(?:\s?/?\s?{_LETTERS})?)"
    rf"|(?P<english_month>{_LETTERS})\.?\s+(?P<english_day>\d{{1,2}})(?:st|nd|rd|th)?)"
    r"(?:[,،]?\s+(?P<year>\d{4})(?:\s*(?:г\.?|года|م)(?!\w))?)?"
)
_DATE_AT_END = re.compile(rf"(?:^|(?<=[\s,.،{_DASH}])){_DATE}\.?$")
_DATE_AT_START = re.compile(rf"[,.،]?\s+{_DATE}(?:\s*[.:–—-]+\s*)")
_IN_SLASHES = re.compile(rf"/\s*(?P<inside>[^/\n]{{2,80}}?)\s*/\s*[.,:،]?\s*[{_DASH}]*\s*")
_IN_BRACKETS = re.compile(rf"\(\s*(?P<inside>[^()\n]{{2,60}}?)\s*\)(?P<end>\s*[.,،]?\s*(?:[:={_DASH}]+|(?<=\.)|$)\s*)?")
_BEFORE_AGENCY = re.compile(rf"(?P<mark>[.,،{_DASH}])\s*(?=[^\W\d_])")
_AFTER_AGENCY = re.compile(
    rf"(?:,\s+(?P<name>[^\W\d_][\w-]+(?:\s[^\W\d_][\w-]+){{1,2}}))?\s*(?:\.?\s*[:{_DASH}]+|\.)(?:\s+|$)"
)
_END_OF_BARE = re.compile(rf"\s*(?:\.\s?[{_DASH}]+|\s[{_DASH}]+|[.:])\s+")
_MAX_BARE = 80

_ROLES = frozenset(("корр", "корреспондент", "спецкорр", "correspondent", "correspondents", "corr", "مراسل", "مراسله"))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words of place names that are not capitalised, and of what agencies put between place and date.
_PARTICLES = _set(
    "al am an au auf da das de del della den der di do dos du el in la las le les los na of on sous sul sur the"
)
_BEFORE_DATE = _set("في le il el on am")
_SMALL_PREFIX = re.compile(r"(?:al|el|an|ad|as|ash|at|ar|az)-|[dl]['’]")
# Arabic has no capitals that would tell a sentence from a place.
_NOT_IN_A_PLACE = _set(
    "قال قالت وقال وقالت اعلن اعلنت ذكر ذكرت افاد افادت نقل نقلت اكد اكدت وكاله وزاره حكومه رييس ان عن الي "
    "agency press news agence agenzia agencia агентство"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDateline:
    """`end` is where the text begins behind the dateline."""

    printed: DatelinePrint
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Credit:
    """Whom the text is credited to; `agencies` is how many are named, the first counts."""

    agency_id: str
    raw: str
    correspondent: str | None = None
    agencies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A credit as printed, from `start` to `end` with the separators around it."""

    start: int
    end: int
    credit: _Credit


def match_dateline(paragraph: str, vocabulary: Vocabulary, *, agency_is_known: bool = False) -> FoundDateline | None:
    """The dateline at the beginning of the paragraph, or None.

    With `agency_is_known` (declared, or named by the sign-off) place and date suffice: "CAIRO, March 3 - ".
    """
    text = ascii_digits(paragraph[:_MAX_HEAD])
    found = _credited(text, vocabulary) or _credit_alone(paragraph, vocabulary)
    if not found and agency_is_known:
        found = _bare(text, 0, vocabulary)
    # As printed: the digits may be Arabic.
    return replace(found, printed=replace(found.printed, raw=paragraph[: found.end].strip())) if found else None


def _credited(text: str, vocabulary: Vocabulary) -> FoundDateline | None:
    for mark in _marks(text, vocabulary):
        head = _read_head(text[: mark.start], vocabulary)
        if head:
            return _found(text, head, mark, vocabulary)
    return _agency_first(text, vocabulary)


def _found(text: str, head: DatelinePrint, mark: _Mark, vocabulary: Vocabulary) -> FoundDateline:
    end = mark.end
    if not head.places and not head.day:
        behind = _bare(text, end, vocabulary)  # (ANSA) - ROMA, 7 MAG -
        head, end = (behind.printed, behind.end) if behind else (head, end)
    credit = mark.credit
    printed = replace(head, agency_id=credit.agency_id, agency_raw=credit.raw, correspondent=credit.correspondent)
    return FoundDateline(printed=printed, end=end)


def _marks(text: str, vocabulary: Vocabulary) -> Iterator[_Mark]:
    for slash in re.finditer("/", text):
        found = _IN_SLASHES.match(text, slash.start())
        credit = _credit(found["inside"], vocabulary) if found else None
        if found and credit:
            yield _Mark(start=found.start(), end=found.end(), credit=credit)
    for found in _IN_BRACKETS.finditer(text):
        credit = _credit(found["inside"], vocabulary)
        # "Paris (ats afp) Les violences": two agencies together are no remark of the writer's.
        if credit and (found["end"] is not None or credit.agencies > 1):
            yield _Mark(start=found.start(), end=found.end(), credit=credit)
    yield from _between_separators(text, vocabulary)


def _credit(inside: str, vocabulary: Vocabulary) -> _Credit | None:
    """ "TASS", "ats afp", "Корр. ТАСС Имя Фамилия": agencies, or one agency with a correspondent."""
    words = re.findall(r"[^\s,;/]+", inside)
    rest = [word for word in words if folded(word) not in _ROLES]
    has_role = len(rest) < len(words)
    first, count = None, 0
    while found := vocabulary.at(rest):
        first, count, rest = first or found[0], count + 1, rest[found[1] :]
    if first is None or (rest and (len(rest) > 4 or not has_role)):
        return None
    return _Credit(agency_id=first.id, raw=inside, correspondent=" ".join(rest) or None, agencies=count)


def _between_separators(text: str, vocabulary: Vocabulary) -> Iterator[_Mark]:
    """ "10 авг - РИА Новости." and "Москва. 30 апреля. INTERFAX.RU -"."""
    for before in _BEFORE_AGENCY.finditer(text):
        words = list(WORD.finditer(text, before.end()))[:6]
        found = vocabulary.at([word.group() for word in words])
        if not found or words[0].start() != before.end():
            continue
        end = words[found[1] - 1].end()
        after = _AFTER_AGENCY.match(text, end)
        # Only a dash may stand for a date that is missing: "Rome. AP. ..." is prose.
        if after and (before["mark"] in _DASH or any(c.isdigit() for c in text[: before.start()])):
            credit = _Credit(agency_id=found[0].id, raw=text[before.end() : end], correspondent=after["name"])
            yield _Mark(start=before.start(), end=after.end(), credit=credit)


def _read_head(head: str, vocabulary: Vocabulary) -> DatelinePrint | None:
    """Places and date in what stands before the agency; None if it is anything else. Nothing at all is a head, too."""
    head = head.strip(_EDGES)
    date = _DATE_AT_END.search(head)
    month = month_number(date["month"] or date["english_month"]) if date else None
    if date and month:
        head = head[: date.start()].rstrip(_EDGES)
    words = head.split()
    while words and (folded(words[-1]) in WEEKDAYS or words[-1] in _BEFORE_DATE):
        words.pop()
    places = tuple(place.strip(_EDGES) for place in " ".join(words).split("/")) if words else ()
    if len(places) > _MAX_PLACES or not all(_is_place(place, vocabulary, dated=month is not None) for place in places):
        return None
    dated = _dated(date, month) if date and month else DatelinePrint(raw="")
    return replace(dated, places=places) if dated else None


def _dated(date: re.Match[str], month: int) -> DatelinePrint | None:
    day = int(date["day"] or date["english_day"])
    year = int(date["year"]) if date["year"] else None
    if not 1 <= day <= 31 or (year and not 1900 <= year <= LATEST_YEAR):
        return None
    return DatelinePrint(raw="", month=month, day=day, year=year)


def _is_place(text: str, vocabulary: Vocabulary, *, dated: bool) -> bool:
    parts = [part.split() for part in re.split("[,،]", text)]
    words = [word for part in parts for word in part]
    if (
        not 1 <= len(parts) <= 3
        or not all(1 <= len(part) <= 5 for part in parts)
        or re.search(r"[\d\"“”«»!?;:()<>]", text)
    ):
        return False
    if vocabulary.ends(words) or any(folded(word) in _NOT_IN_A_PLACE for word in words):
        return False
    if folded(text) in WEEKDAYS or month_number(text):
        return False
    if not text[0].isupper() and text[0].lower() == text[0].upper():
        return len(words) <= (4 if dated else 3)
    return _is_capitalised(words)


def _is_capitalised(words: list[str]) -> bool:
    """ "Rio de Janeiro", "al-Bayda"; not "Officials told the Associated Press"."""
    first = words[0]
    if not (first[0].isupper() or _SMALL_PREFIX.match(first)):
        return False
    return all(word[0].isupper() or word in _PARTICLES or _SMALL_PREFIX.match(word) for word in words)


def _agency_first(text: str, vocabulary: Vocabulary) -> FoundDateline | None:
    """ "TASS, August 11. "."""
    words = list(islice(WORD.finditer(text), 6))
    found = vocabulary.at([word.group() for word in words])
    if not found or words[0].start() != 0:
        return None
    end = words[found[1] - 1].end()
    date = _DATE_AT_START.match(text, end)
    month = month_number(date["month"] or date["english_month"]) if date else None
    head = _dated(date, month) if date and month else None
    if not date or not head:
        return None
    credit = _Credit(agency_id=found[0].id, raw=text[:end])
    return _found(text, head, _Mark(start=0, end=date.end(), credit=credit), vocabulary)


def _credit_alone(paragraph: str, vocabulary: Vocabulary) -> FoundDateline | None:
    """A paragraph that is only "PLACE / NAME / AGENCY" or an agency's name."""
    parts = [part.strip(_EDGES + ")") for part in paragraph.split("/")]
    agency = vocabulary.whole(parts[-1]) if len(paragraph) <= _MAX_BARE and len(parts) <= 3 else None
    if not agency or not all(_is_place(part, vocabulary, dated=False) for part in parts[:-1]):
        return None
    printed = DatelinePrint(
        raw="",
        places=tuple(parts[:1]) if len(parts) > 1 else (),
        agency_id=agency.id,
        agency_raw=parts[-1],
        correspondent=parts[1] if len(parts) == 3 else None,
    )
    return FoundDateline(printed=printed, end=len(paragraph))


def _bare(text: str, start: int, vocabulary: Vocabulary) -> FoundDateline | None:
    """Place and date without an agency."""
    for end in _END_OF_BARE.finditer(text, start, start + _MAX_BARE):
        head = _read_head(text[start : end.start()], vocabulary)
        if head and head.places and head.day:
            return FoundDateline(printed=head, end=end.end())
    return None
