"""A match -> the row of an article that is new to a topic: whether it goes live, waits, or is kept, and why (rules R11, R17, R18)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.desk import NOTHING_SAID, Standing
from aggregator.model.article import EffectiveBasis, PartialDate, StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import Announce, Republish
from aggregator.model.topic import Match, Topic

RIGHTS = "its rights are none: matched, in no file"
UNCONFIRMED = "the source changed its ids: held until a poll confirms this one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why a match is looked at now."""

    now: datetime
    is_first_good_poll: bool = False
    unsettled_source: str | None = None
    """The source whose ids changed all at once; what could not be bound to a known entry waits (rules R19)."""
    is_new_topic: bool = False
    """The topic's first publication takes stored articles inside its window."""
    is_surplus: bool = False
    """Beyond what a new topic's first publication takes."""
    is_rule_edit: bool = False
    is_edit: bool = False
    """The entry tells what an edit changed, and that was seen just now: its window is not tested."""
    is_freed: bool = False
    """It waited because another entry told its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Another article's entry in the same feed tells the text already."""

    uri: str
    reason: str


def admit(
    topic: Topic,
    match: Match,
    stored: StoredArticle,
    *,
    entry_id: str,
    published: PartialDate | None,
    material: bytes,
    occasion: Occasion,
    standing: Standing = NOTHING_SAID,
    live_last_hour: int = 0,
    told: Told | None = None,
) -> LedgerRow:
    """The row of an article that is new to the topic; every match gets one, with its reason.

    `live_last_hour` counts the feed's rows made live within the last 60 minutes, for the governor.
    """
    state, reason = state_of(topic, stored, occasion, standing, live_last_hour=live_last_hour, told=told)
    return LedgerRow(
        seq=None,
        topic_id=topic.id,
        grain=topic.grain,
        entry_id=entry_id,
        id_policy=topic.id_policy,
        article_uri=stored.uri,
        state=state,
        reason=reason,
        rule_version=match.rule_version,
        first_published_at=occasion.now,
        published=published,
        updated_at=occasion.now,
        pending_since=None,
        digest=material,
        fragment=None,
        unsettled_source=occasion.unsettled_source if state is RowState.HELD and reason == UNCONFIRMED else None,
        copy_of=copy_of(state, reason, told),
    )


def copy_of(state: RowState, reason: str, told: Told | None) -> str | None:
    """The article that a row is held for."""
    return told.uri if told and state is RowState.HELD and reason == told.reason else None


def state_of(
    topic: Topic,
    stored: StoredArticle,
    occasion: Occasion,
    standing: Standing,
    *,
    live_last_hour: int,
    told: Told | None = None,
) -> tuple[RowState, str]:
    """Where an entry that stands nowhere yet begins, and why."""
    kept = _kept_back(topic, stored, occasion, standing, told)
    if kept is not None:
        return kept
    if topic.id in standing.pinned:
        return RowState.LIVE, standing.pinned[topic.id]
    if not occasion.is_new_topic and live_last_hour >= topic.max_per_hour:
        return (
            RowState.QUEUED,
            f"{topic.max_per_hour} entries went out within the hour (max_per_hour); it waits its turn",
        )
    if stored.article.announce is Announce.ALL:
        return RowState.LIVE, 'its source announces all (announce = "all")'
    return RowState.LIVE, f"within the window of {_hours(topic.window)}"


def _kept_back(
    topic: Topic, stored: StoredArticle, occasion: Occasion, standing: Standing, told: Told | None
) -> tuple[RowState, str] | None:
    """Why the entry does not go out; None where nothing is against it. A pin beats the rule and the window."""
    if stored.article.rights.republish is Republish.NONE:
        return RowState.HELD, RIGHTS
    if standing.held:
        return RowState.HELD, standing.held
    if topic.id in standing.pinned:
        return None
    if told:
        return RowState.HELD, told.reason
    return _kept_by_occasion(topic, stored, occasion)


def _kept_by_occasion(topic: Topic, stored: StoredArticle, occasion: Occasion) -> tuple[RowState, str] | None:
    if occasion.unsettled_source:
        return RowState.HELD, UNCONFIRMED
    if occasion.is_rule_edit:
        return RowState.ARCHIVED, "matched only since the topic's rule was edited"
    if occasion.is_edit:
        return None
    if occasion.is_surplus:
        return RowState.ARCHIVED, "stored before the topic was made, and not among the newest"
    if stored.article.announce is Announce.ALL:
        return None
    if occasion.is_first_good_poll and stored.effective_basis is EffectiveBasis.FIRST_SEEN:
        return RowState.ARCHIVED, 'undated at its source\'s first poll; set announce = "all"'
    reference = occasion.now if occasion.is_new_topic or occasion.is_freed else stored.first_seen_at
    if reference - stored.effective_at > topic.window:
        return RowState.ARCHIVED, f'older than the window of {_hours(topic.window)}; set announce = "all"'
    return None


def _hours(window: timedelta) -> str:
    hours, rest = divmod(int(window.total_seconds()), 3600)
    return f"{hours}h" if not rest else f"{int(window.total_seconds())}s"
