"""A new or edited text -> the story that it belongs to, and what becomes of the stories around it: judged by `dedup`, kept by
`storage` (rules R6, R20).

An article that stands alone has no story in the store; one is made when a second report joins. Its uri is for ever: a story
that merges into another leads there.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from aggregator.dedup import story_uri
from aggregator.dedup.revisions import note_of
from aggregator.dedup.stories import (
    WINDOW_HOURS,
    Pair,
    Scale,
    began,
    described,
    place,
    reconsider,
    represent,
    should_reconsider,
)
from aggregator.desk import standing
from aggregator.model.article import StoredArticle
from aggregator.model.desk import Word
from aggregator.model.identity import Sighting
from aggregator.model.story import Placement, Regrouping, StoryMembership, StoryRelation, StorySketch, StoryText
from aggregator.pipeline.copies import decided
from aggregator.pipeline.enter import Writing
from aggregator.storage import Batch, Window

_WINDOW = timedelta(hours=WINDOW_HOURS)
KEPT = _WINDOW + timedelta(days=14)
"""After the first sight, for which a text is compared: what comes later would be weighed by days of which nobody keeps the
counts. Its story stays as it is then."""
_MEMBERS, _FEWEST_MEMBERS = 16, 4
"""Of a story, those nearest in time; the others say little more."""
_MOST_COMPARED = 48
"""Reports that an article is held against, of all stories together."""
_MOST_RECONSIDERED = 48
"""Reports looked at all together: the cost grows with the square of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """A text among the stories that it may belong to."""

    batch: Batch
    text: StoryText
    scale: Scale
    sketches: tuple[StorySketch, ...]
    """A report that stands alone is a sketch under its own uri."""
    together: frozenset[Pair]
    apart: frozenset[Pair]


def find_story(
    writing: Writing, uri: str, sighting: Sighting, copies: Collection[str], *, is_new: bool
) -> frozenset[str]:
    """Place the article's present text. Gives the articles of the stories that changed; empty where it stands alone as
    before. `copies` are the articles that hang together with it by copies.
    """
    batch = writing.batch
    stored = batch.article(uri)
    if not is_new and _takes_itself_back(stored):
        choose_again(batch, uri)
    if not is_new and writing.now - stored.first_seen_at > KEPT:
        return frozenset()
    known = None if is_new else batch.stories.texts([uri]).get(uri)
    if sighting.event is None:
        return _forget(batch, uri) if known else frozenset()
    text = StoryText(
        uri=uri,
        source_id=stored.owner.source_id,
        agency=sighting.agency,
        at=stored.effective_at,
        features=sighting.event,
    )
    near = batch.stories.sharing(text.features, _window(text))
    writing.counts.learn(batch, text, stored.first_seen_at, known)
    batch.stories.remember(text, is_new=is_new)
    if is_new and not near and not copies:
        return frozenset()
    return _settle(writing, text, near, has_copies=bool(copies))


def place_again(writing: Writing, stored: StoredArticle) -> frozenset[str]:
    """The same for an article of which only the date is another now."""
    batch = writing.batch
    known = batch.stories.texts([stored.uri]).get(stored.uri)
    if known is None or known.at == stored.effective_at or not known.is_compared:
        return frozenset()
    text = replace(known, at=stored.effective_at)
    writing.counts.learn(batch, text, stored.first_seen_at, known)
    batch.stories.remember(text, is_new=False)
    return _settle(writing, text, batch.stories.sharing(text.features, _window(text)))


def carry_out(writing: Writing, word: Word, one: str, other: str) -> frozenset[str]:
    """Bring the stories of two articles to what a person said of the two."""
    batch = writing.batch
    texts = batch.stories.texts(sorted({one, other}))
    homes = batch.stories.stories_of(texts)
    if len(texts) < 2:
        return frozenset()
    is_one = one in homes and homes.get(one) == homes.get(other)
    if word is Word.MERGE and not is_one:
        into = _merged(batch, [homes.get(uri, uri) for uri in texts])
        return frozenset(batch.stories.members_of(into))
    if word is Word.SPLIT and is_one:
        later = list(texts.values())[-1]
        return _settle(writing, later, batch.stories.sharing(later.features, _window(later)))
    return frozenset()


def choose_again(batch: Batch, uri: str) -> None:
    """Whether the article stands or is withdrawn has changed: the one that stands for its story may be another now."""
    story = batch.stories.stories_of([uri]).get(uri)
    if story is not None:
        _choose(batch, story)


def _settle(writing: Writing, text: StoryText, near: Sequence[StoryText], *, has_copies: bool = True) -> frozenset[str]:
    batch = writing.batch
    was_in = batch.stories.stories_of([text.uri]).get(text.uri)
    text, tied = _with_copies(batch, text) if has_copies else (text, set())
    around = _surroundings(writing, text, near, tied)
    found = place(around.text, around.sketches, around.scale, must_link=around.together, cannot_link=around.apart)
    touched = {was_in, *_apply(batch, around.text, found, was_in)} - {None}
    if should_reconsider(text, found, around.sketches):
        touched |= _reconsider(around)
    changed = {text.uri}
    for uri in sorted(filter(None, touched)):
        members = batch.stories.members_of(uri)
        _represent(batch, uri, members)
        changed.update(members)
    return frozenset(changed) if touched else frozenset()


def _surroundings(writing: Writing, text: StoryText, near: Sequence[StoryText], tied: Collection[str]) -> _Surroundings:
    batch = writing.batch
    texts = {one.uri: one for one in near}
    together, apart = _decisions(batch, [text.uri])
    tied = {*tied, *(uri for pair in together | apart for uri in pair)}
    texts |= batch.stories.texts(sorted(tied - texts.keys()))
    texts.pop(text.uri, None)
    sketches = tuple(_sketches(batch, text, texts, tied))
    if batch.stories.are_decisions():
        everyone = {text.uri, *(member.uri for sketch in sketches for member in sketch.members)}
        together, apart = _decisions(batch, everyone)
    return _Surroundings(
        batch=batch,
        text=text,
        scale=Scale(writing.counts.of(batch).weights(text.at)),
        sketches=sketches,
        together=together,
        apart=apart,
    )


def _with_copies(batch: Batch, text: StoryText) -> tuple[StoryText, set[str]]:
    """The text with what it is most a copy of, and all that it is a copy of."""
    verdicts = {
        pair.other if pair.one == text.uri else pair.one: pair.verdict for pair in batch.copies.pairs_of([text.uri])
    }
    if not verdicts:
        return text, set()
    likest = min(verdicts, key=lambda uri: (-verdicts[uri].score, uri))
    relation = StoryRelation(verdicts[likest].relation.value)
    return replace(text, copies_of=likest, copy_relation=relation), set(verdicts)


def _decisions(batch: Batch, uris: Collection[str]) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """(put together, put apart) by people."""
    if not batch.stories.are_decisions():
        return frozenset(), frozenset()
    return decided(batch.desk.on_pairs(uris))


def _sketches(
    batch: Batch, text: StoryText, texts: dict[str, StoryText], tied: Collection[str]
) -> Iterable[StorySketch]:
    homes = batch.stories.stories_of(texts)
    for uri, one in texts.items():
        if uri not in homes:
            yield StorySketch(uri=uri, members=(one,))
    stories = sorted(set(homes.values()))
    most = min(_MEMBERS, max(_FEWEST_MEMBERS, _MOST_COMPARED // max(1, len(stories))))
    for home in stories:
        members = {one.uri: one for one in batch.stories.nearest_of(home, _window(text), text.at, most)}
        members |= {uri: one for uri, one in texts.items() if homes.get(uri) == home and uri in tied}
        members.pop(text.uri, None)
        if members:
            ordered = sorted(members.values(), key=lambda one: (one.at, one.uri))
            yield StorySketch(uri=home, members=tuple(ordered))


def _apply(batch: Batch, text: StoryText, found: Placement, was_in: str | None) -> set[str | None]:
    """Write where the text belongs; gives the stories that this touches."""
    if found.story is None:
        if was_in is None:
            return set()
        if len(batch.stories.members_of(was_in)) == 1:
            batch.stories.join(_membership(text.uri, was_in, began(text.uri)))
        else:
            batch.stories.leave(text.uri)
        return {was_in}
    into = _merged(batch, [found.story, *found.merges])
    batch.stories.join(_membership(text.uri, into, found))
    if was_in not in (None, into) and not batch.stories.members_of(was_in or ""):
        batch.stories.merge(was_in or "", into)
    return {into}


def _merged(batch: Batch, names: Iterable[str]) -> str:
    """Make these stories, and reports that stand alone, one; gives its uri: that of the story with most members, of two the
    one that began first.
    """
    names = list(dict.fromkeys(names))
    members = {name: batch.stories.members_of(name) for name in names}
    stories = [name for name in names if members[name]]
    alone = [name for name in names if not members[name]]
    if stories:
        first = {name: batch.stories.number_of(members[name][0]) for name in stories}
        into = min(stories, key=lambda name: (-len(members[name]), first[name]))
    else:
        into = _begun(batch, min(alone, key=batch.stories.number_of))
    for uri in alone:
        batch.stories.join(_membership(uri, into, began(uri)))
    for gone in stories:
        if gone != into:
            batch.stories.merge(gone, into)
    return into


def _begun(batch: Batch, first: str) -> str:
    """A new story, of which the article is the first report."""
    attempt = 1
    while batch.stories.exists(uri := story_uri(first, attempt)):
        attempt += 1
    batch.stories.add(uri, first)
    return uri


def _reconsider(around: _Surroundings) -> set[str]:
    """Look at the stories around the text all together, as they are now; gives those that changed."""
    batch = around.batch
    uris = {around.text.uri, *(member.uri for sketch in around.sketches for member in sketch.members)}
    for story in set(batch.stories.stories_of(uris).values()):
        uris.update(batch.stories.members_of(story))
    if len(uris) > _MOST_RECONSIDERED:
        return set()
    texts = batch.stories.texts(sorted(uris))
    if not all(one.is_compared for one in texts.values()):
        return set()
    homes = batch.stories.stories_of(texts)
    parts: dict[str, list[StoryText]] = {}
    for uri, one in texts.items():
        parts.setdefault(homes.get(uri, uri), []).append(one)
    sketches = [StorySketch(uri=name, members=tuple(part)) for name, part in parts.items()]
    together, apart = _decisions(batch, list(texts))
    changes = reconsider(sketches, around.scale, must_link=together, cannot_link=apart)
    touched: set[str] = set()
    for change in changes:
        touched |= _regroup(around, change, texts, homes, together)
    return touched


def _regroup(
    around: _Surroundings,
    change: Regrouping,
    texts: dict[str, StoryText],
    homes: dict[str, str],
    together: frozenset[Pair],
) -> set[str]:
    batch, stories = around.batch, set(homes.values())
    touched = {homes[uri] for uri in change.members if uri in homes}
    into = change.story if change.story in stories else None
    if into is None and len(change.members) == 1:
        batch.stories.leave(change.members[0])
        return touched
    into = into or _begun(batch, change.members[0])
    for uri in change.members:
        if homes.get(uri) != into:
            others = [texts[other] for other in change.members if other != uri]
            found = described(texts[uri], others, around.scale, must_link=together)
            batch.stories.join(_membership(uri, into, found))
    for gone in change.gone:
        if gone in stories:
            batch.stories.merge(gone, into)
    return touched | {into}


def _represent(batch: Batch, story: str, members: Collection[str]) -> None:
    """Another article stands for the story where the one that did is a member no more."""
    if batch.stories.representative(story) not in members:
        _choose(batch, story)


def _choose(batch: Batch, story: str) -> None:
    members = [replace(one, is_withdrawn=_is_withdrawn(batch, one.uri)) for one in batch.stories.choice(story)]
    chosen = represent(members, batch.stories.representative(story))
    if chosen is not None:
        batch.stories.represent(story, chosen)


def _is_withdrawn(batch: Batch, uri: str) -> bool:
    """By the desk, by its source (RFC 6721), or by its own words: a recall, a mandatory kill."""
    return standing(batch.desk.of(uri)).killed is not None or _takes_itself_back(batch.article(uri))


def _takes_itself_back(stored: StoredArticle) -> bool:
    note = note_of(stored.article.headline, stored.article.body_text)
    return note is not None and note.kind.withdraws


def _forget(batch: Batch, uri: str) -> frozenset[str]:
    """Nothing of the article tells an event any more."""
    was_in = batch.stories.stories_of([uri]).get(uri)
    batch.stories.forget(uri)
    batch.stories.leave(uri)
    if was_in is None:
        return frozenset()
    members = batch.stories.members_of(was_in)
    _represent(batch, was_in, members)
    return frozenset({uri, *members})


def _membership(uri: str, story: str, found: Placement) -> StoryMembership:
    return StoryMembership(uri=uri, story=story, relation=found.relation, score=found.score, evidence=found.evidence)


def _window(text: StoryText) -> Window:
    return Window(since=text.at - _WINDOW, until=text.at + _WINDOW)
