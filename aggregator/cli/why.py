"""`topics why`: why an article is in a topic, or what it lacks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.app import AsJson, configuration, print_json, reading
from aggregator.cli.articles import evidence_as_json, find_article
from aggregator.cli.output import say
from aggregator.cli.topics import TopicName, find_topic, topics

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.model.article import StoredArticle
    from aggregator.model.ledger import LedgerRow
    from aggregator.model.topic import Match, Points, Topic, Unmet
    from aggregator.storage import ArticleView


@dataclass(frozen=True, slots=True, kw_only=True)
class _Now:
    """What the rule says of the article as both are now; the match in the store is that of the last run."""

    version: str
    parts: "tuple[Points, ...]"
    unmet: "tuple[Unmet, ...]"
    """Empty: it matches."""

    @property
    def matches(self) -> bool:
        return not self.unmet


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    topic_id: str
    stored: "StoredArticle"
    match: "Match | None"
    now: _Now
    rows: "tuple[LedgerRow, ...]"
    desk: str | None
    """What the desk said of it, as people read it."""

    @property
    def is_current(self) -> bool:
        """Whether what is stored is what the rule says now."""
        if self.match is None:
            return not self.now.matches
        return self.match.rule_version == self.now.version


@topics.command("why")
def topics_why(
    context: typer.Context,
    topic: TopicName,
    article: Annotated[str, typer.Argument(help="A uri, its first 8 digits, a URL, or a seed path.")],
    as_json: AsJson = False,
) -> None:
    """Why an article is in a topic: terms with field, offsets and weight, the parts of the score, rule version, entry. Or why
    it is not: what of the rule it lacks.
    """
    from aggregator.desk import standing

    found = configuration(context)
    asked = find_topic(found, topic)
    with reading(found) as reader:
        view = find_article(reader, article, found.sources)
        uri = view.stored.uri
        says = standing(reader.decisions_on(uri))
        answer = _Answer(
            topic_id=topic,
            stored=view.stored,
            match=reader.match_of(uri, topic),
            now=_now(found, asked, view),
            rows=tuple(row for row in reader.rows_of(uri) if row.topic_id == topic),
            desk=says.killed or says.held or says.dropped.get(topic) or says.pinned.get(topic),
        )
    if as_json:
        print_json(_as_json(answer))
    else:
        _print(answer)


def _now(found: "Configuration", topic: "Topic", view: "ArticleView") -> _Now:
    """In the source that lets it in, else in the one in which it lacks the least."""
    from aggregator.topics.explain import Explainer
    from aggregator.topics.match import compile_topics

    matcher = compile_topics((topic,), found.packs, found.topics, found.ignores, found.learned)
    explainer = Explainer(topic, found.packs, found.topics, found.ignores, found.learned)
    article = view.stored.article
    sources = dict.fromkeys(seen.source_id for seen in view.observations) or {view.stored.owner.source_id: None}
    unmet = {source_id: explainer.unmet(article, source_id) for source_id in sources}
    best = min(unmet, key=lambda source_id: len(unmet[source_id]))
    parts = explainer.points(article, best) if not unmet[best] else ()
    return _Now(version=matcher.rule_versions[topic.id], parts=parts, unmet=unmet[best])


def _as_json(answer: _Answer) -> dict[str, Any]:
    row = answer.rows[0] if answer.rows else None
    match = answer.match
    return {
        "topic": answer.topic_id,
        "uri": answer.stored.uri,
        "headline": answer.stored.article.headline,
        "matches": match is not None,
        "score": match.score if match else None,
        "rule_version": match.rule_version if match else None,
        "is_current": answer.is_current,
        "evidence": [evidence_as_json(one) for one in match.evidence] if match else [],
        "parts": [
            {
                "idea": one.idea,
                "place": one.place,
                "places": one.places,
                "weight": one.weight,
                "points": one.points,
            }
            for one in answer.now.parts
        ],
        "missing": [{"part": one.part, "reason": one.reason} for one in answer.now.unmet],
        "desk": answer.desk,
        "state": row.state.value if row else None,
        "reason": row.reason if row else None,
    }


def _print(answer: _Answer) -> None:
    match, now = answer.match, answer.now
    say(f"{answer.stored.uri}  {answer.stored.article.headline}")
    if match is None:
        typer.echo(f"does not match {answer.topic_id}")
    else:
        typer.echo(f"matches {answer.topic_id}: score {match.score:g}, rule {match.rule_version[:12]}")
        for one in match.evidence:
            concept = f"  [{one.concept}]" if one.concept else ""
            weight = f"  ^{one.weight:g}" if one.weight != 1 else ""
            say(f"{one.field} {one.start}-{one.end}: {one.term}{concept}{weight}", 4)
    if not answer.is_current:
        typer.echo(f"the rule or the text was changed since: at the next run it {_will(answer)}")
    for part in now.parts:
        say(_points_in_words(part), 4)
    for lack in now.unmet:
        say(f"missing {lack.part}: {lack.reason}", 4)
    if answer.desk:
        say(f"desk: {answer.desk}")
    for row in answer.rows:
        say(f"entry {row.entry_id}: {row.state.value}: {row.reason}")


def _will(answer: _Answer) -> str:
    if not answer.now.matches:
        return "does not match"
    return f"matches, score {sum(part.points for part in answer.now.parts):.4g}"


def _points_in_words(part: "Points") -> str:
    """`+3.5  libya/libya: 2 places, the best in headline`."""
    times = f", weight {part.weight:g}" if part.weight != 1 else ""
    where = f"in {part.place}" if part.places == 1 else f"{part.places} places, the best in {part.place}"
    return f"{part.points:+.4g}  {part.idea}: {where}{times}"
