"""One sighting -> its article in the store, and what follows for the topics: the verdict of `dedup`, written (rules R6)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from aggregator.dates import day_of
from aggregator.dedup import decide, fingerprints, mint
from aggregator.dedup.revisions import revise
from aggregator.desk import erased, in_order
from aggregator.model.article import Owner, StoredArticle
from aggregator.model.desk import Decision, Word
from aggregator.model.identity import Candidate, Relation, Sighting, Verdict
from aggregator.model.source import Republish
from aggregator.model.topic import Match
from aggregator.normalise import effective
from aggregator.pipeline.complete import complete, complete_from_copies
from aggregator.pipeline.copies import find_copies
from aggregator.pipeline.enter import Writing, enter, reprint, retell, retell_group, retell_stories, tell_edit
from aggregator.pipeline.federation import own_entry
from aggregator.pipeline.stories import find_story
from aggregator.storage import Batch


def settle(writing: Writing, sighting: Sighting, own_keys: frozenset[bytes]) -> Verdict:
    """Store one sighting; `own_keys` are the keys of its neighbours (`dedup.decide`)."""
    batch = writing.batch
    if sighting.article.relays and (own := own_entry(batch, sighting)):
        return _bind_to_own(writing, sighting, own)
    sighting = _with_what_is_known_of_its_url(batch, sighting)
    candidates = batch.candidates(sighting)
    verdict = decide(sighting, candidates, own_keys)
    uri = verdict.uri or _erased_before(batch, sighting, candidates) or _free_uri(batch, sighting)
    if batch.desk.is_erased(uri):
        return _keep_no_word(writing, sighting, uri, verdict)
    is_another_text = verdict.relation is not Relation.SAME
    if verdict.uri is None:
        _add(batch, sighting, uri, writing.now)
    else:
        is_another_text = is_another_text and _replace_text(batch, sighting, uri, writing.now)
    batch.bind_keys(sighting.source_id, sighting.keys, verdict.rebind, uri)
    batch.observe(sighting, uri, writing.now)
    copies: frozenset[str] = frozenset()
    reports: frozenset[str] = frozenset()
    if is_another_text:
        is_new = verdict.relation is Relation.NEW
        copies = find_copies(writing, uri, sighting.signature, is_new=is_new)
        reports = find_story(writing, uri, sighting, copies, is_new=is_new)
    _match(writing, sighting, uri, verdict)
    _tell(writing, sighting, uri, verdict, copies)
    if reports:
        retell_stories(writing, reports)
    return verdict


def _bind_to_own(writing: Writing, sighting: Sighting, uri: str) -> Verdict:
    """An entry of ours that another desk gives back: its keys name our article from now on. Its text stays there, and the
    desk is no outlet that shows the text as well.
    """
    rights = replace(sighting.article.rights, republish=Republish.NONE)
    unnamed = replace(sighting, article=replace(sighting.article, rights=rights))
    writing.batch.bind_keys(sighting.source_id, sighting.keys, sighting.keys, uri)
    writing.batch.observe(unnamed, uri, writing.now)
    return Verdict(relation=Relation.SAME, reason="our own entry, come back", uri=uri, rebind=sighting.keys)


def _erased_before(batch: Batch, sighting: Sighting, candidates: Iterable[Candidate]) -> str | None:
    """The erased article that a text under new names is: with the same body, or the same address and headline. The rules for
    what may be two texts (rules R2) do not count here: nobody is to read it again.
    """
    prints = sighting.fingerprints
    for candidate in candidates:
        is_same = "body" in candidate.via or ("url" in candidate.via and candidate.fingerprints.title == prints.title)
        if is_same and batch.desk.is_erased(candidate.stored.uri):
            return candidate.stored.uri
    return None


def _keep_no_word(writing: Writing, sighting: Sighting, uri: str, verdict: Verdict) -> Verdict:
    """Know the entry again by its digests, and store nothing that it says."""
    batch = writing.batch
    empty = erased(_stored(sighting, uri, writing.now))
    if not batch.uri_is_taken(uri):
        batch.add_article(empty, sighting.fingerprints)
    batch.bind_keys(sighting.source_id, sighting.keys, verdict.rebind, uri)
    batch.observe(replace(sighting, guid=None, link=None, article=empty.article), uri, writing.now)
    return Verdict(relation=Relation.SAME, reason="erased by the desk", uri=uri)


def _tell(writing: Writing, sighting: Sighting, uri: str, verdict: Verdict, copies: frozenset[str]) -> None:
    """What follows for the entries of its copies, and for a document that this is a copy of."""
    if copies:
        complete_from_copies(writing, uri)
        retell(writing, copies)
    elif verdict.relation in (Relation.REVISION, Relation.BETTER):
        retell_group(writing, uri)
    elif verdict.relation is Relation.SAME and "another source" in verdict.reason:
        complete(writing, uri, sighting.article)
        reprint(writing, uri)
        retell_group(writing, uri)


def _with_what_is_known_of_its_url(batch: Batch, sighting: Sighting) -> Sighting:
    """A URL that ever stood for two titles, in whatever source, merges nothing any more (rules R2)."""
    url = sighting.fingerprints.url
    if url is None:
        return sighting
    if sighting.url_is_ambiguous:
        batch.mark_url_ambiguous(url)
        return sighting
    return replace(sighting, url_is_ambiguous=True) if batch.url_is_ambiguous(url) else sighting


def _match(writing: Writing, sighting: Sighting, uri: str, verdict: Verdict) -> None:
    batch = writing.batch
    if verdict.relation is Relation.NEW:
        matches = sighting.matches
        if not matches:
            return
    elif verdict.relation is Relation.SAME and not any(topic.sources for topic in writing.topics):
        # The same text in one more place: only a topic that asks for the place can be gained.
        return
    else:
        matches = matches_of(writing, batch.article(uri))
    batch.save_matches(uri, matches, [topic.id for topic in writing.topics], writing.now)
    enter(writing, uri, matches)
    _tell_edit(writing, uri, verdict, matches)


def _tell_edit(writing: Writing, uri: str, verdict: Verdict, matches: Iterable[Match]) -> None:
    """A material edit of the article's own source is news by itself; the version is that of the text that came."""
    if verdict.relation is not Relation.REVISION:
        return
    stored = writing.batch.article(uri)
    before = writing.batch.revisions.replaced(uri, stored.version - 1)
    if before and before.replaced_at == writing.now and before.is_by_owner and before.change.is_material:
        tell_edit(writing, stored, matches, before.change)


def matches_of(writing: Writing, stored: StoredArticle) -> tuple[Match, ...]:
    """What a stored article matches, asked for every source that has shown it: a topic may be of some sources only."""
    found: dict[str, Match] = {}
    for source_id in writing.batch.sources_of(stored.uri):
        for match in writing.matcher.match(stored.article, source_id):
            found.setdefault(match.topic_id, match)
    return tuple(found.values())


def _free_uri(batch: Batch, sighting: Sighting) -> str:
    attempt = 1
    while batch.uri_is_taken(uri := mint(sighting.mint_name, attempt)):
        attempt += 1
    return uri


def _add(batch: Batch, sighting: Sighting, uri: str, now: datetime) -> None:
    stored = _stored(sighting, uri, now)
    dates = [one for one in in_order(batch.desk.of(uri)) if one.day] if batch.desk.is_awaited(uri) else ()
    batch.add_article(dated(stored, dates[-1]) if dates else stored, sighting.fingerprints)


def _stored(sighting: Sighting, uri: str, now: datetime) -> StoredArticle:
    effective_at, basis = effective(sighting.article, now)
    return StoredArticle(
        uri=uri,
        version=1,
        first_seen_at=now,
        effective_at=effective_at,
        effective_basis=basis,
        article=sighting.article,
        owner=_owner(sighting),
    )


def _replace_text(batch: Batch, sighting: Sighting, uri: str, now: datetime) -> bool:
    """The sighting's text becomes the article's; says whether it is another. Its page and claimed date do not go because an edit forgot to print them."""
    before, new = batch.article(uri), sighting.article
    article = replace(
        new,
        url=new.url or before.article.url,
        normalized_url=new.normalized_url or before.article.normalized_url,
        published=new.published or before.article.published,
    )
    # A text that was taken from the page goes by what the source itself says of it, or its return would be an edit.
    prints = replace(fingerprints(article), text=sighting.fingerprints.text)
    is_another_text = prints.text != batch.fingerprints(uri).text
    effective_at, basis = effective(article, before.first_seen_at)
    after = replace(
        before,
        version=before.version + is_another_text,
        effective_at=effective_at,
        effective_basis=basis,
        article=article,
        owner=_owner(sighting),
    )
    if is_another_text:
        _keep(batch, before, after, now)
    dates = [decision for decision in batch.decisions_on(uri) if decision.word is Word.DATE]
    batch.save_article(dated(after, dates[-1]) if dates else after, prints)
    return is_another_text


def _keep(batch: Batch, before: StoredArticle, after: StoredArticle, now: datetime) -> None:
    """The text that is replaced, with what that changes; only an edit by its own source is a revision (rules R3)."""
    is_by_owner = (before.owner.source_id, before.owner.key) == (after.owner.source_id, after.owner.key)
    batch.revisions.keep(before, revise(before.article, after.article), now, is_by_owner=is_by_owner)


def dated(stored: StoredArticle, decision: Decision) -> StoredArticle:
    """The article with the day of writing that a person gave it, which no edit takes back."""
    if decision.day is None:
        return stored
    date = day_of(decision.day.year, decision.day.month, decision.day.day, original=f"dated by {decision.by}")
    article = replace(stored.article, content_created=date, published=date)
    effective_at, basis = effective(article, stored.first_seen_at)
    return replace(stored, article=article, effective_at=effective_at, effective_basis=basis)


def _owner(sighting: Sighting) -> Owner:
    return Owner(source_id=sighting.source_id, key=sighting.keys[0].digest, priority=sighting.priority)
