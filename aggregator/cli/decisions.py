"""Decisions of the desk as commands print them."""

from typing import TYPE_CHECKING, Any

from aggregator.desk import in_words

if TYPE_CHECKING:
    from aggregator.model.desk import Decision


def decision_as_json(one: "Decision") -> dict[str, Any]:
    """The object of `desk log --json`."""
    return {
        "number": one.number,
        "word": one.word.value,
        "article": one.article_uri,
        "topic": one.topic_id,
        "other": one.other_uri,
        "day": one.day.isoformat() if one.day else None,
        "until": one.until,
        "by": one.by,
        "reason": one.reason,
        "decided_at": one.decided_at,
        "applied_at": one.applied_at,
    }


def decision_in_a_line(one: "Decision") -> str:
    """On an article's own sheet: when, and what was said of it."""
    where = f" in {one.topic_id}" if one.topic_id else ""
    return f"{one.decided_at:%Y-%m-%d %H:%M}  {in_words(one)}{where}"
