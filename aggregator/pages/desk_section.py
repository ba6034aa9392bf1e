"""The store -> what somebody of the desk sees and may say on an article's page."""

from dataclasses import dataclass

from aggregator.desk import in_words, standing
from aggregator.pages import facts
from aggregator.pages.facts import Moment
from aggregator.pages.site import Site
from aggregator.storage import Reader

_MOST_DECISIONS = 50
_MOST_CHARACTERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChoice:
    """A topic that the article may be put into or taken out of."""

    id: str
    title: str
    state: str
    """What the desk said of the two, else the state of the entry; empty where there is neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A decision on the article in words."""

    words: str
    at: Moment
    is_carried_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSection:
    """What the desk said of the article, and what it may say now."""

    uri: str
    notice: str | None
    """Why nobody else sees the page; None where everybody does."""
    may_hold: bool
    may_release: bool
    may_kill: bool
    topics: tuple[TopicChoice, ...]
    decisions: tuple[Spoken, ...]
    """The newest first."""


def desk_section(reader: Reader, site: Site, uri: str) -> DeskSection:
    """For the article of that uri, stored or not."""
    said = reader.decisions_on(uri)
    says = standing(said)
    states = {row.topic_id: row.state.value for row in reversed(reader.rows_of(uri))}
    final = any(one.word.value in ("kill", "erase") for one in said)
    return DeskSection(
        uri=uri,
        notice=says.killed or says.held,
        may_hold=says.killed is None and says.held is None,
        may_release=not final and (says.held is not None or says.killed is not None),
        may_kill=not final,
        topics=tuple(
            TopicChoice(
                id=topic.id,
                title=topic.title,
                state=_short(says.pinned.get(topic.id) or says.dropped.get(topic.id) or states.get(topic.id, "")),
            )
            for topic in site.topics
        ),
        decisions=tuple(
            Spoken(
                words=in_words(one) + (f" (in {one.topic_id})" if one.topic_id else ""),
                at=facts.moment(one.decided_at),
                is_carried_out=one.applied_at is not None,
            )
            for one in said[: -_MOST_DECISIONS - 1 : -1]
        ),
    )


def _short(state: str) -> str:
    """For a line of a list to choose from."""
    return state if len(state) <= _MOST_CHARACTERS else state[: _MOST_CHARACTERS - 1] + "…"
