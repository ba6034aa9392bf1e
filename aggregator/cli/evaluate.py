"""`topics evaluate`: how well rules find what labelled texts say they are to find, with the errors explained."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.app import AsJson, configuration, print_json
from aggregator.cli.articles import evidence_as_json
from aggregator.cli.output import print_table, say
from aggregator.cli.topics import find_topic, topics
from aggregator.errors import UnknownName

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.model.topic import Topic
    from aggregator.topics.evaluate import Error, Evaluation, Tally
    from aggregator.topics.labels import Labelled

_COLUMNS = ("", "texts", "belong", "found", "missed", "wrong", "precision", "recall", "F1")
_SHOWN_LABELS = 20


@topics.command("evaluate")
def topics_evaluate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Labelled texts, an object a line.")],
    topic: Annotated[str | None, typer.Option("--topic", help="This topic; else all that the file speaks of.")] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="The `label` that means the topic; else the topic's id.")
    ] = None,
    errors: Annotated[int, typer.Option("--errors", min=0, help="Show so many errors of each kind.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Precision, recall and F1 of topics on labelled texts, by language and class, and the worst errors explained."""
    found = configuration(context)
    for one in _wanted(found, file, topic):
        done = _evaluate(found, one, file, label)
        if as_json:
            for row in _rows_as_json(done, errors):
                print_json(row)
        else:
            _print(done, errors)


def _wanted(found: "Configuration", file: Path, topic: str | None) -> "tuple[Topic, ...]":
    """The topic that is named, the only one there is, or those that the file's lines name."""
    from aggregator.cli.labelled_file import read_labelled

    if topic is not None:
        return (find_topic(found, topic),)
    if len(found.topics) == 1:
        return found.topics
    named: set[str] = set()
    for one in read_labelled(file):
        named.update(one.topics or (), (one.label,) if one.label else ())
    wanted = tuple(one for one in found.topics if one.id in named)
    if not wanted:
        ids = ", ".join(one.id for one in found.topics)
        raise UnknownName(f"{file} names no configured topic: say with --topic which one is meant; there are: {ids}")
    return wanted


def _evaluate(found: "Configuration", topic: "Topic", file: Path, label: str | None) -> "Evaluation":
    """Raises UnknownName where nothing in the file is labelled as asked: all figures would be 0."""
    from aggregator.cli.labelled_file import read_labelled
    from aggregator.topics.evaluate import evaluate

    labels: Counter[str] = Counter()

    def counted() -> "Iterator[Labelled]":
        for one in read_labelled(file):
            if one.label is not None:
                labels[one.label] += 1
            yield one

    done = evaluate(topic, found.packs, found.topics, counted(), label=label)
    belongs = sum(tally.found + tally.missed for tally in (done.overall, done.borderline))
    if not belongs and labels:
        known = ", ".join(name for name, _ in labels.most_common(_SHOWN_LABELS))
        message = f"no line of {file} is labelled '{label or topic.id}'; its labels are: {known}; name one with --label"
        raise UnknownName(message)
    if not (done.overall.texts or done.borderline.texts):
        raise UnknownName(f"no line of {file} says whether it belongs to '{topic.id}': give it a `match` or `topics`")
    return done


def _groups(done: "Evaluation") -> "Iterator[tuple[str, str, Tally]]":
    """Kind, name and counts of each row of the table."""
    yield "all", "all", done.overall
    for name, tally in _by_size(done.by_language):
        yield "language", name, tally
    if pooled := done.others_pooled():
        yield "language", f"all but {pooled[0]}", pooled[1]
    for name, tally in _by_size(done.by_class):
        yield "class", name, tally
    if done.borderline.texts:
        yield "borderline", "borderline, apart", done.borderline


def _by_size(tallies: "dict[str, Tally]") -> "list[tuple[str, Tally]]":
    return sorted(tallies.items(), key=lambda pair: (-pair[1].texts, pair[0]))


def _print(done: "Evaluation", errors: int) -> None:
    typer.echo(f"{done.topic_id}: {done.overall.texts:,} texts, {done.overall.found + done.overall.missed:,} belong")
    kind_before, rows = "all", []
    for kind, name, tally in _groups(done):
        if kind != kind_before:
            rows.append(("",) * len(_COLUMNS))
            kind_before = kind
        rows.append(_row(name, tally))
    print_table(_COLUMNS, rows)
    if done.unlabelled:
        typer.echo(f"{done.unlabelled:,} lines say nothing of this topic")
    for title, found in (("wrong, the surest first", done.wrong), ("missed, the nearest first", done.missed)):
        if found and errors:
            typer.echo(f"\n{title}: {min(errors, len(found))} of {len(found)}")
            for error in found[:errors]:
                _print_error(error)


def _row(name: str, tally: "Tally") -> tuple[str, ...]:
    counts = (tally.texts, tally.found + tally.missed, tally.found, tally.missed, tally.wrong)
    shares = (tally.precision, tally.recall, tally.f1)
    figures = [*(f"{count:,}" for count in counts), *("-" if one is None else f"{one:.3f}" for one in shares)]
    return (name, *(figure.rjust(len(column)) for column, figure in zip(_COLUMNS[1:], figures, strict=True)))


def _print_error(error: "Error") -> None:
    one = error.labelled
    score = f"  score {error.match.score:g}" if error.match else ""
    say(f"line {one.line}, {one.language}{score}: {one.article.headline}", 2)
    if error.match:
        first = {found.term: found for found in reversed(error.match.evidence)}
        words = (f"{term} ({found.field} {found.start}-{found.end})" for term, found in reversed(first.items()))
        say(", ".join(words), 6)
    for lack in error.unmet:
        say(f"{lack.part}: {lack.reason}", 6)


def _rows_as_json(done: "Evaluation", errors: int) -> Iterator[dict[str, Any]]:
    for kind, name, tally in _groups(done):
        yield {
            "topic": done.topic_id,
            "group": kind,
            "name": name,
            "texts": tally.texts,
            "found": tally.found,
            "missed": tally.missed,
            "wrong": tally.wrong,
            "precision": tally.precision,
            "recall": tally.recall,
            "f1": tally.f1,
        }
    for kind, found in (("wrong", done.wrong), ("missed", done.missed)):
        for error in found[:errors]:
            yield {
                "topic": done.topic_id,
                "error": kind,
                "line": error.labelled.line,
                "id": error.labelled.name,
                "language": error.labelled.language,
                "headline": error.labelled.article.headline,
                "score": error.match.score if error.match else None,
                "evidence": [evidence_as_json(one) for one in error.match.evidence] if error.match else [],
                "missing": [{"part": lack.part, "reason": lack.reason} for lack in error.unmet],
            }
