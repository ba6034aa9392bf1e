"""`topics backtest`: what a rule would have published of what is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.app import AsJson, clock, configuration, console, print_json, reading, shows_blocks
from aggregator.cli.article_lines import short
from aggregator.cli.articles import evidence_as_json, since_instant
from aggregator.cli.chart import bars, spans
from aggregator.cli.output import say
from aggregator.cli.topics import TopicName, compiled, find_topic, topics

if TYPE_CHECKING:
    from aggregator.model.topic import Match, Topic
    from aggregator.storage import AskedArticle, Reader
    from aggregator.topics.match import Matcher

_UNIQUE = "unique"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    """An article on which a rule holds, as far as it is shown."""

    uri: str
    headline: str
    effective_at: datetime
    entry: str
    """Equal for articles that one entry tells."""
    match: "Match"


@dataclass(slots=True, kw_only=True)
class _Tested:
    """What the rules did on the articles, newest first; the lists are filled while they are gone through."""

    articles: int = 0
    matches: list[_Hit] = field(default_factory=list)
    adds: list[_Hit] = field(default_factory=list)
    drops: list[_Hit] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """Copies of one text are told once."""
        return len({hit.entry for hit in self.matches})

    @property
    def share(self) -> float:
        return len(self.matches) / self.articles if self.articles else 0.0


@topics.command("backtest")
def topics_backtest(
    context: typer.Context,
    topic: TopicName,
    since: Annotated[
        str, typer.Option("--since", help="The articles of the last 7d, 12h ..., or since 2026-03-01.")
    ] = "30d",
    query: Annotated[str | None, typer.Option("--query", help="Another rule, beside the present one.")] = None,
    samples: Annotated[int, typer.Option("--samples", min=0, help="Show so many articles of each kind.")] = 10,
    as_json: AsJson = False,
) -> None:
    """What the topic's rule would have published of the stored articles: how many, a day, which; with --query what another
    rule adds and drops.
    """
    found = configuration(context)
    present = find_topic(found, topic)
    now = clock()
    start = since_instant(since, now)
    tried = present if query is None else replace(present, query=query)
    with reading(found) as reader:
        before = compiled(found, present) if query is not None else None
        tested = _test(reader, start, tried, compiled(found, tried), before)
    if as_json:
        _print_as_json(tried, start, tested, now, is_compared=query is not None)
    else:
        _print(tried, start, tested, now, samples, is_compared=query is not None)


def _test(reader: "Reader", since: datetime, topic: "Topic", matcher: "Matcher", before: "Matcher | None") -> _Tested:
    """With another matcher the hits of this one that it has not, and the reverse."""
    from aggregator.pipeline import matches_of

    tested = _Tested()
    for asked in reader.asked_articles(since=since):
        tested.articles += 1
        match = matches_of(matcher, asked).get(topic.id)
        earlier = matches_of(before, asked).get(topic.id) if before else None
        if match:
            tested.matches.append(_hit(topic, asked, match))
            if before and not earlier:
                tested.adds.append(tested.matches[-1])
        elif earlier:
            tested.drops.append(_hit(topic, asked, earlier))
    return tested


def _hit(topic: "Topic", asked: "AskedArticle", match: "Match") -> _Hit:
    stored = asked.stored
    return _Hit(
        uri=stored.uri,
        headline=stored.article.headline,
        effective_at=stored.effective_at,
        entry=asked.copy_group if asked.copy_group and topic.grain == _UNIQUE else stored.uri,
        match=match,
    )


def _print(topic: "Topic", since: datetime, tested: _Tested, now: datetime, samples: int, *, is_compared: bool) -> None:
    entries = "" if tested.entries == len(tested.matches) else f" in {tested.entries:,} entries, copies told once"
    say(
        f"{topic.id}: {len(tested.matches):,} of {tested.articles:,} articles since {since.date()} match{entries} "
        f"({tested.share:.1%})"
    )
    if tested.matches:
        counted = [(day.isoformat(), count) for day, count in _per_day(tested, since, now)]
        for line in bars(counted, width=min(console().width, 80) - 2, plain=not shows_blocks()):
            typer.echo(f"  {line}")
    if is_compared:
        _print_hits("adds", tested.adds, samples)
        _print_hits("drops", tested.drops, samples)
    else:
        _print_hits("for example", tested.matches, samples)


def _per_day(tested: _Tested, since: datetime, now: datetime) -> Sequence[tuple[Any, int]]:
    """What claims a day after today is counted today."""
    return spans((hit.effective_at.date() for hit in tested.matches), since.date(), max(now, since).date())


def _print_hits(title: str, hits: Sequence[_Hit], samples: int) -> None:
    """Spread over the whole time, so that no day speaks for all."""
    shown = [hits[number * len(hits) // samples] for number in range(samples)] if len(hits) > samples else hits
    if title in ("adds", "drops") or shown:
        of = f" of {len(hits):,}, spread over the time" if len(shown) < len(hits) else ""
        typer.echo(f"{title} {len(shown):,}{of}" if shown else f"{title} none")
    for hit in shown:
        words = ", ".join(dict.fromkeys(one.term for one in hit.match.evidence))
        say(f"{hit.effective_at.date()}  {short(hit.uri)}  score {hit.match.score:g}  {hit.headline}", 2)
        say(words, 14)


def _print_as_json(topic: "Topic", since: datetime, tested: _Tested, now: datetime, *, is_compared: bool) -> None:
    compared = {"adds": len(tested.adds), "drops": len(tested.drops)} if is_compared else {}
    print_json(
        {
            "topic": topic.id,
            "query": topic.query,
            "since": since,
            "articles": tested.articles,
            "matches": len(tested.matches),
            "entries": tested.entries,
            "share": round(tested.share, 4),
            "volume": [{"from": day, "matches": count} for day, count in _per_day(tested, since, now)],
        }
        | compared
    )
    kinds = (("adds", tested.adds), ("drops", tested.drops)) if is_compared else (("matches", tested.matches),)
    for change, hits in kinds:
        _print_hits_as_json(topic.id, change, hits)


def _print_hits_as_json(topic_id: str, change: str, hits: Iterable[_Hit]) -> None:
    for hit in hits:
        print_json(
            {
                "topic": topic_id,
                "change": change,
                "uri": hit.uri,
                "headline": hit.headline,
                "effective": hit.effective_at,
                "score": hit.match.score,
                "evidence": [evidence_as_json(one) for one in hit.match.evidence],
            }
        )
