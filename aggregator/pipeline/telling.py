"""What the store knows of an article's copies -> who tells the text in a feed, and what an entry says of the others."""

from collections.abc import Collection, Iterator, Mapping

from aggregator import ledger
from aggregator.dedup.origin import story_counts
from aggregator.desk import standing
from aggregator.model.copies import CopyRelation, CopyVerdict, Membership
from aggregator.model.ledger import LedgerRow
from aggregator.model.source import Republish
from aggregator.model.story import Report, Standpoint
from aggregator.model.topic import Grain, Topic
from aggregator.render import AlsoIn
from aggregator.storage import Batch

_MOST_CHARACTERS = 80
_MOST_TERMS = 4
BY_STORY = frozenset({Grain.STORIES, Grain.DEVELOPMENTS})
"""Grains in which an entry stands for a story."""
TOLD_ONCE = BY_STORY | {Grain.UNIQUE}
"""Grains in which a text is told once."""


def told(batch: Batch, topic: Topic, uri: str) -> ledger.Told | None:
    """The entry that tells the article's text, or its story, in the topic's feed already; None where each is told by itself."""
    if topic.grain not in TOLD_ONCE:
        return None
    others = {member.uri for member in batch.copies.group_of(uri)}
    if topic.grain in BY_STORY:
        others |= story_siblings(batch, uri)
    others.discard(uri)
    if not others:
        return None
    rows = batch.rows_in(topic.id, topic.grain, sorted(others))
    first = ledger.teller(row for row in rows if not row.version and row.follows is None)
    return None if first is None else told_by(batch, first, uri)


def story_siblings(batch: Batch, uri: str) -> frozenset[str]:
    """The articles of the article's story, itself among them; empty where it stands alone."""
    story = batch.stories.stories_of([uri]).get(uri)
    return frozenset(batch.stories.members_of(story)) if story else frozenset()


def parts_of(batch: Batch, grain: Grain, uris: Collection[str]) -> Mapping[str, str]:
    """These articles and all for which one entry may stand with them in a feed of that grain, each under the name of its
    part: a group of copies, a story, or itself.
    """
    if grain not in BY_STORY:
        return _groups_of(batch, uris)
    stories = batch.stories.stories_of(uris)
    everyone = {uri for story in set(stories.values()) for uri in batch.stories.members_of(story)}
    groups = _groups_of(batch, everyone.union(uris))
    stories = batch.stories.stories_of(groups)
    # A copy whose headline tells no event is in no story: it goes with its group.
    of_group = {groups[uri]: story for uri, story in stories.items()}
    return {uri: stories.get(uri) or of_group.get(group, group) for uri, group in groups.items()}


def _groups_of(batch: Batch, uris: Collection[str]) -> dict[str, str]:
    """The articles and all their copies, each under its group's name, or its own where it stands alone."""
    known = batch.copies.memberships(uris)
    one_of_each = {member.group: uri for uri, member in known.items()}
    together = {one.uri: one.group for uri in one_of_each.values() for one in batch.copies.group_of(uri)}
    return {uri: uri for uri in uris if uri not in known} | together


def told_by(batch: Batch, first: LedgerRow, uri: str) -> ledger.Told:
    """Why the article's own entry is held, in words."""
    headline = batch.article(first.article_uri).article.headline.strip()
    name = f"“{_shortened(headline)}”" if headline else first.article_uri
    if first.grain in BY_STORY and (how := _how_of_story(batch, first.article_uri, uri)):
        new = "nothing new" if first.grain is Grain.DEVELOPMENTS else "told once"
        return ledger.Told(uri=first.article_uri, reason=f"the story of {name} ({how}): {new}")
    return ledger.Told(
        uri=first.article_uri, reason=f"copy of {name} ({_how(batch, first.article_uri, uri)}): told once"
    )


def _how_of_story(batch: Batch, first: str, uri: str) -> str | None:
    """What the article is to its story, in words; None where the two are in one group of copies only."""
    members = {one.uri: one for one in batch.stories.memberships(uri)}
    if uri not in members or first not in members:
        return None
    own = members[uri]
    terms = f": {', '.join(own.evidence.terms[:_MOST_TERMS])}" if own.evidence.terms else ""
    return f"{own.relation.value}, likeness {own.score:.2f}{terms}"


def standpoint(batch: Batch, row: LedgerRow) -> Standpoint | None:
    """The story as the row's entry tells of it; what the desk keeps back is not counted. None where nobody else reports it."""
    if row.grain is Grain.ARTICLES or row.version or row.copy_of is not None:
        return None
    story = batch.stories.stories_of([row.article_uri]).get(row.article_uri)
    if story is None:
        return None
    told_of = [one for one in batch.stories.reports(story) if not _is_kept_back(batch, one)]
    found = story_counts(story, told_of)
    return found if found.reports > 1 else None


def _is_kept_back(batch: Batch, report: Report) -> bool:
    if not report.is_decided_on:
        return False
    says = standing(batch.decisions_on(report.uri))
    return says.killed is not None or says.held is not None


def also_in(batch: Batch, row: LedgerRow) -> tuple[str | None, tuple[AlsoIn, ...]]:
    """(id of the group, where else the text is) as the entry tells it; what the desk keeps back, or has no rights, is not
    told.
    """
    if row.grain not in TOLD_ONCE or row.copy_of is not None or row.version:
        return None, ()
    uri = row.article_uri
    members = batch.copies.group_of(uri)
    also = [*_same(batch, uri)]
    for member in members:
        if member.uri != uri and (shown := _shown(batch, member, uri)):
            also += [shown, *_same(batch, member.uri)]
    return members[0].group if members else None, tuple(also)


def _same(batch: Batch, uri: str) -> Iterator[AlsoIn]:
    """Outlets whose text is so equal that it is one article (rules R2)."""
    for outlet in batch.outlets_of(uri):
        yield AlsoIn(uri=uri, name=outlet.name, url=outlet.url, relation=CopyRelation.IDENTICAL.value, shared=1.0)


def _shown(batch: Batch, member: Membership, uri: str) -> AlsoIn | None:
    article = batch.article(member.uri).article
    says = standing(batch.decisions_on(member.uri))
    if article.rights.republish is Republish.NONE or says.killed or says.held:
        return None
    verdict = _verdict(batch, uri, member)
    return AlsoIn(
        uri=member.uri,
        name=article.publisher.name,
        url=article.url,
        relation=verdict.relation.value if verdict else None,
        shared=verdict.evidence.shared if verdict else None,
    )


def _how(batch: Batch, first: str, uri: str) -> str:
    member = batch.copies.memberships([uri]).get(uri)
    verdict = _direct(batch, first, uri) or (member.verdict if member else None)
    if verdict is None:
        return "put together by the desk, or with it through a third"
    return f"{verdict.relation.value}, {verdict.evidence.shared:.0%} of its words".replace("%", " %")


def _verdict(batch: Batch, uri: str, member: Membership) -> CopyVerdict | None:
    return _direct(batch, uri, member.uri) or member.verdict


def _direct(batch: Batch, one: str, other: str) -> CopyVerdict | None:
    pairs = batch.copies.pairs_of([one])
    return next((pair.verdict for pair in pairs if other in (pair.one, pair.other)), None)


def _shortened(headline: str) -> str:
    return headline if len(headline) <= _MOST_CHARACTERS else headline[: _MOST_CHARACTERS - 1].rstrip() + "…"
