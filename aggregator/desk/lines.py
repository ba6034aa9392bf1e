"""Decisions <-> lines of JSON that git keeps: one decision an object, in one order, every mistake of a file told at once."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from unicodedata import category

from aggregator.model.desk import Decision, Word

_URI = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TOPIC = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_NEEDED = ("word", "article", "by", "decided_at")
_OF_WORDS = {
    Word.PIN: "topic",
    Word.DROP: "topic",
    Word.DATE: "day",
    Word.EMBARGO: "until",
    Word.MERGE: "other",
    Word.SPLIT: "other",
}
"""The key that a word needs and no other word may have."""
_KEYS = ("word", "article", "topic", "other", "day", "until", "by", "reason", "decided_at")
MOST_CHARACTERS = 2000
"""Of a name or a reason: more is no reason, and stands on pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong in a line, and what to write instead; `line` counts from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a file holds; the decisions count only where there is no mistake."""

    decisions: tuple[tuple[int, Decision], ...]
    """With their lines, in the order of the file; what stands in it twice is there once."""
    mistakes: tuple[Mistake, ...]


def to_lines(decisions: Iterable[Decision]) -> Iterator[str]:
    """One line each, in an order that depends on nothing but the decisions: equal decisions give an equal file."""
    found = {(one.decided_at, _line(one)) for one in decisions}
    return (line for _, line in sorted(found))


def from_lines(lines: Iterable[str]) -> Read:
    """The decisions of a file. Blank lines are passed over."""
    found: dict[Decision, int] = {}
    mistakes: list[Mistake] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.setdefault(_decision(line), number)
        except _Wrong as error:
            mistakes.extend(Mistake(line=number, message=message) for message in error.messages)
    return Read(decisions=tuple((number, one) for one, number in found.items()), mistakes=tuple(mistakes))


def one_line(text: str) -> str:
    """What people typed as one line that a file of decisions can hold: blanks in a row are one, control characters none."""
    plain = "".join(" " if category(character) in ("Cc", "Cs") else character for character in text)
    return " ".join(plain.split())


def identity(decision: Decision) -> Decision:
    """The decision as it was made, without what this store knows of it: by this two of them are one."""
    return replace(decision, number=None, applied_at=None)


def _line(one: Decision) -> str:
    values = {
        "word": one.word.value,
        "article": one.article_uri,
        "topic": one.topic_id,
        "other": one.other_uri,
        "day": one.day.isoformat() if one.day else None,
        "until": _stamp(one.until) if one.until else None,
        "by": one.by,
        "reason": one.reason or None,
        "decided_at": _stamp(one.decided_at),
    }
    return json.dumps({key: value for key, value in values.items() if value is not None}, ensure_ascii=False) + "\n"


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _Wrong(Exception):
    """A line that is no decision."""

    def __init__(self, *messages: str) -> None:
        self.messages = messages
        super().__init__(*messages)


def _decision(line: str) -> Decision:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        raise _Wrong("not JSON: each line is one object") from None
    if not isinstance(values, dict):
        raise _Wrong("not an object: write {" + '"word": "kill", "article": "urn:uuid:…", …}')
    wrong = [*_wrong_keys(values), *_wrong_values(values)]
    if wrong:
        raise _Wrong(*wrong)
    word = Word(values["word"])
    if misplaced := list(_misplaced(word, values)):
        raise _Wrong(*misplaced)
    return Decision(
        number=None,
        word=word,
        article_uri=values["article"],
        topic_id=values.get("topic"),
        other_uri=values.get("other"),
        day=date.fromisoformat(values["day"]) if values.get("day") else None,
        until=_instant(values["until"]) if values.get("until") else None,
        by=values["by"],
        reason=values.get("reason") or "",
        decided_at=_instant(values["decided_at"]),
    )


def _wrong_keys(values: dict[str, object]) -> Iterator[str]:
    for key in values:
        if key not in _KEYS:
            yield f"unknown key '{key[:40]}'; there are: {', '.join(_KEYS)}"
    for key in _NEEDED:
        if values.get(key) is None:
            yield f"'{key}' is missing"


def _wrong_values(values: dict[str, object]) -> Iterator[str]:
    for key, value in values.items():
        if value is None or key not in _CHECKS:
            continue
        is_right, wanted = _CHECKS[key]
        if not isinstance(value, str) or not is_right(value):
            yield f"'{key}' is {json.dumps(value, ensure_ascii=False)[:60]}: {wanted}"


def _misplaced(word: Word, values: dict[str, object]) -> Iterator[str]:
    needed = _OF_WORDS.get(word)
    if needed and values.get(needed) is None:
        yield f"'{word.value}' needs '{needed}'"
    for key in sorted(set(_OF_WORDS.values())):
        if key != needed and values.get(key) is not None:
            yield f"'{word.value}' takes no '{key}'"
    if values.get("other") == values["article"]:
        yield "'other' is the article itself"
    if word is Word.NOTE and not values.get("reason"):
        yield "'note' needs its text as 'reason'"


def _is_word(value: str) -> bool:
    return value in set(Word)


def _is_uri(value: str) -> bool:
    return _URI.fullmatch(value) is not None


def _is_topic(value: str) -> bool:
    return _TOPIC.fullmatch(value) is not None


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_instant(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None and _instant(value).year > 0
    except (ValueError, OverflowError):
        return False


def _is_text(value: str) -> bool:
    is_plain = not any(category(character) in ("Cc", "Cs") for character in value)
    return bool(value) and is_plain and len(value) <= MOST_CHARACTERS and value == " ".join(value.split())


def _is_reason(value: str) -> bool:
    return not value or _is_text(value)


def _instant(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


_LINE = f"one line of at most {MOST_CHARACTERS} characters, without blanks at its ends or in a row"
_CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "word": (_is_word, "one of " + ", ".join(Word)),
    "article": (_is_uri, "the uri of an article, urn:uuid:…"),
    "other": (_is_uri, "the uri of an article, urn:uuid:…"),
    "topic": (_is_topic, "a topic's id"),
    "day": (_is_day, "a day such as 2026-03-01"),
    "until": (_is_instant, "a time with its zone, such as 2026-03-01T08:00:00Z"),
    "decided_at": (_is_instant, "a time with its zone, such as 2026-03-01T08:00:00Z"),
    "by": (_is_text, _LINE),
    "reason": (_is_reason, _LINE),
}
