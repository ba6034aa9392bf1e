"""What a source says is withdrawn (RFC 6721) -> decisions in its name: of its own articles, and not of too many at once."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from aggregator import health
from aggregator.model.desk import Decision, Word
from aggregator.pipeline.enter import Writing
from aggregator.storage import Batch

_DAY = timedelta(days=1)
_FINAL = (Word.KILL, Word.ERASE, Word.WITHDRAW)
"""After one of these there is nothing left to withdraw; what the desk released after a withdrawal it has looked at."""


def withdraw(writing: Writing, source_id: str, keys: Collection[bytes]) -> str | None:
    """Write down what follows; `attend` carries it out. Gives the reason, in a line for people, where nothing is believed.

    Only an article that this source alone has shown is withdrawn. Where others carry the text its tombstone is a note: a
    source speaks for its own copy.
    """
    batch, by = writing.batch, f"source {source_id}"
    own, shared = [], []
    for uri in batch.desk.named(source_id, keys):
        said = batch.desk.of(uri)
        if any(one.word in _FINAL for one in said):
            continue
        if batch.sources_of(uri) == (source_id,):
            own.append(uri)
        elif not any(one.word is Word.NOTE and one.by == by for one in said):
            shared.append(uri)
    if refusal := _refusal(writing, source_id, by, own):
        return refusal
    _say(writing, by, Word.WITHDRAW, own, "its tombstone (RFC 6721)")
    for uri in shared:
        _say(
            writing,
            by,
            Word.NOTE,
            [uri],
            f"it took its copy back (RFC 6721); it stays, shown by {_others(batch, uri, source_id)}",
        )
    return None


def _refusal(writing: Writing, source_id: str, by: str, own: Collection[str]) -> str | None:
    if not own:
        return None
    batch = writing.batch
    live = batch.desk.live_of(source_id)
    today = batch.desk.said_since(by, Word.WITHDRAW, writing.now - _DAY)
    of_live = len(live.intersection(own))
    if health.is_believable(len(own), today=today, live=len(live), of_live=of_live):
        return None
    before = f" after {today} within a day" if today else ""
    return (
        f"it takes back {len(own)} articles{before}, {of_live} of its {len(live)} live ones: too many at once, none was "
        "withdrawn; `aggregator desk kill` withdraws one"
    )


def _say(writing: Writing, by: str, word: Word, uris: Iterable[str], reason: str) -> None:
    for uri in uris:
        decision = Decision(number=None, word=word, article_uri=uri, by=by, reason=reason, decided_at=writing.now)
        writing.batch.desk.decide(decision)


def _others(batch: Batch, uri: str, source_id: str) -> str:
    others = [other for other in batch.sources_of(uri) if other != source_id]
    named = ", ".join(others[:3])
    return named if len(others) <= 3 else f"{named} and {len(others) - 3} more"
