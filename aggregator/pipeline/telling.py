"""What the store knows of an article's copies -> who tells the text in a feed, and what an entry says of the others."""

from collections.abc import Iterator

from aggregator import ledger
from aggregator.desk import standing
from aggregator.model.copies import CopyRelation, CopyVerdict, Membership
from aggregator.model.ledger import LedgerRow
from aggregator.model.source import Republish
from aggregator.model.topic import Grain, Topic
from aggregator.render import AlsoIn
from aggregator.storage import Batch

_MOST_CHARACTERS = 80


def told(batch: Batch, topic: Topic, uri: str) -> ledger.Told | None:
    """The entry that tells the article's text in the topic's feed already; None where copies are told one by one."""
    if topic.grain is not Grain.UNIQUE:
        return None
    others = [member.uri for member in batch.copies.group_of(uri) if member.uri != uri]
    if not others:
        return None
    first = ledger.teller(batch.rows_in(topic.id, topic.grain, others))
    return None if first is None else told_by(batch, first, uri)


def told_by(batch: Batch, first: LedgerRow, uri: str) -> ledger.Told:
    """Why the article's own entry is held, in words."""
    headline = batch.article(first.article_uri).article.headline.strip()
    name = f"“{_shortened(headline)}”" if headline else first.article_uri
    return ledger.Told(
        uri=first.article_uri, reason=f"copy of {name} ({_how(batch, first.article_uri, uri)}): told once"
    )


def also_in(batch: Batch, row: LedgerRow) -> tuple[str | None, tuple[AlsoIn, ...]]:
    """(id of the group, where else the text is) as the entry tells it; what the desk keeps back, or has no rights, is not
    told.
    """
    if row.grain is not Grain.UNIQUE or row.copy_of is not None:
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
