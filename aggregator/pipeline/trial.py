"""Rules + the store -> what they find there, before they take effect: nothing is written (rules R17, R27)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.model.topic import Match, Topic
from aggregator.storage import AskedArticle, Reader
from aggregator.topics.match import Matcher

LOOKED_AT = 2000
"""Articles on which a changed rule is tried, the newest: about a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a topic's rule finds among the stored articles, and what that changes."""

    topic_id: str
    is_new: bool
    """Never matched against the store."""
    is_edited: bool
    """Last matched by another version of its rule."""
    matches: int
    articles: int
    """How many were looked at: of a rule that did not change all that are stored, else the newest."""
    is_whole: bool
    """Whether these are all that are stored."""
    adds: int = 0
    drops: int = 0


def look_ahead(
    reader: Reader, topics: Sequence[Topic], matcher: Matcher, limit: int = LOOKED_AT
) -> tuple[Outlook, ...]:
    """Of each topic, in the order given: what the next run would find. A rule that did not change is not tried again: its
    matches are stored.
    """
    stored = {(state.topic_id, state.grain): state.rule_version for state in reader.topic_feeds()}
    versions = {topic.id: stored.get((topic.id, topic.grain)) for topic in topics}
    changed = {one for one, version in versions.items() if version != matcher.rule_versions[one]}
    found, adds, drops = Counter[str](), Counter[str](), Counter[str]()
    articles, known = reader.article_count(), reader.match_counts()
    tried = 0
    for asked in reader.asked_articles(limit=limit) if changed else ():
        tried += 1
        now = changed & matches_of(matcher, asked).keys()
        before = changed & asked.topics
        found.update(now)
        adds.update(now - before)
        drops.update(before - now)
    return tuple(
        Outlook(
            topic_id=topic.id,
            is_new=versions[topic.id] is None,
            is_edited=topic.id in changed and versions[topic.id] is not None,
            matches=found[topic.id] if topic.id in changed else known.get(topic.id, 0),
            articles=tried if topic.id in changed else articles,
            is_whole=topic.id not in changed or tried == articles,
            adds=adds[topic.id],
            drops=drops[topic.id],
        )
        for topic in topics
    )


def matches_of(matcher: Matcher, asked: AskedArticle) -> dict[str, Match]:
    """What a stored article matches, by topic, asked for every source that has shown it."""
    found: dict[str, Match] = {}
    for source_id in asked.source_ids:
        for match in matcher.match(asked.stored.article, source_id):
            found.setdefault(match.topic_id, match)
    return found
