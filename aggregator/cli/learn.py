"""`topics learn`: train a topic's model from what the desk and labelled files say; the configuration says how far it counts."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from aggregator.cli.app import AsJson, DryRun, configuration, print_json, reading_if_any
from aggregator.cli.decided import Decided, Label, Labels, decided_by_desk, decided_by_labels
from aggregator.cli.output import say
from aggregator.cli.topics import TopicName, find_topic, topics
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.topics.learn import Lesson, Trained


@topics.command("learn")
def topics_learn(
    context: typer.Context,
    topic: TopicName,
    labels: Labels = None,
    label: Label = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a model of what is wanted in the topic, here and in seconds, and write it beside the store. It changes a score only
    where the topic's `learn` says by how much at most.
    """
    from aggregator.config import model_file
    from aggregator.topics.learn import model_text, train

    found = configuration(context)
    asked = find_topic(found, topic)
    try:
        trained = train(_lessons(found, topic, labels, label))
    except ValueError as error:
        raise AggregatorError(f"topic '{topic}': {error}; pin or drop articles, or name more with --labels") from error
    file = model_file(found.models, topic)
    if not dry_run:
        _write(file, model_text(topic, trained))
    if as_json:
        print_json(
            {
                "topic": topic,
                "file": str(file),
                "written": not dry_run,
                "wanted": trained.wanted,
                "unwanted": trained.unwanted,
                "raised": trained.raised,
                "lowered": trained.lowered,
                "terms": len(trained.weights),
                "raise_by": asked.raise_by,
                "lower_by": asked.lower_by,
            }
        )
    else:
        _print(topic, file, trained, dry_run=dry_run, is_on=bool(asked.raise_by or asked.lower_by))


def _lessons(found: "Configuration", topic_id: str, labels: Path | None, label: str | None) -> "list[Lesson]":
    from aggregator.topics.learn import Lesson, features

    decided: list[Decided] = []
    with reading_if_any(found) as reader:
        if reader:
            decided += decided_by_desk(reader, topic_id)
    if labels is not None:
        decided += decided_by_labels(labels, topic_id, label)
    return [Lesson(features=features(one.article), is_wanted=one.is_wanted) for one in decided]


def _write(file: Path, text: str) -> None:
    from aggregator.publish import write

    try:
        write(file, text.encode())
    except OSError as error:
        raise AggregatorError(f"{file} cannot be written: {error.strerror}") from error


def _print(topic_id: str, file: Path, trained: "Trained", *, dry_run: bool, is_on: bool) -> None:
    say(
        f"{topic_id}: learned from {trained.wanted:,} wanted and {trained.unwanted:,} unwanted texts; of texts held out it "
        f"would raise {trained.raised / trained.wanted:.0%} of those wanted and lower "
        f"{trained.lowered / trained.unwanted:.0%} of those that are not"
    )
    say(f"{'would write' if dry_run else 'wrote'} {file}")
    if not is_on:
        say("it has no effect until the topic says how far it may go: learn = { raise_by = 1, lower_by = 2 }")
    elif not dry_run:
        say(
            "it counts from the next run or reload; that is an edit of the rule, and `aggregator check` tells what it changes"
        )
