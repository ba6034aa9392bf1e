"""`topics suggest`: terms that a rule could add, exclude or drop, from what the desk decided and from labelled files."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.app import AsJson, configuration, print_json, reading_if_any
from aggregator.cli.decided import Label, Labels, decided_by_desk, decided_by_labels
from aggregator.cli.output import say
from aggregator.cli.topics import TopicName, find_topic, topics
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.cli.decided import Decided
    from aggregator.storage import Reader
    from aggregator.topics.suggest import Counts, Suggester, Suggestion, Suggestions

_LOOKED_AT = 2000
"""Articles of which nobody said anything, the newest: what the words of the others are compared with."""


@topics.command("suggest")
def topics_suggest(
    context: typer.Context,
    topic: TopicName,
    labels: Labels = None,
    label: Label = None,
    most: Annotated[int, typer.Option("--most", min=1, help="At most so many terms of each kind and language.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Terms to add to the rule, to exclude or to drop, with the counts that speak for each: from pins, drops and kills of the
    desk and from labelled texts. Changes nothing.
    """
    from aggregator.topics.suggest import Suggester

    found = configuration(context)
    suggester = Suggester(find_topic(found, topic), found.packs, found.topics)
    decided: set[str] = set()
    with reading_if_any(found) as reader:
        if reader:
            decided = _add(suggester, decided_by_desk(reader, topic))
            _add_others(suggester, reader, decided)
    if labels is not None:
        decided |= _add(suggester, decided_by_labels(labels, topic, label))
    if not decided:
        raise AggregatorError(nothing_said(topic))
    done = suggester.suggestions(most)
    if as_json:
        for one in done.found:
            print_json(_as_json(topic, one, done.texts[one.language]))
    else:
        _print(topic, done)


def nothing_said(topic_id: str) -> str:
    """What to do where there is nothing to learn from."""
    return f"nobody has said anything of '{topic_id}' yet: pin or drop articles, or name labelled texts with --labels"


def _add(suggester: "Suggester", texts: "Iterable[Decided]") -> set[str]:
    """The names of those that were added."""
    from aggregator.topics.suggest import Side

    names = set()
    for one in texts:
        match = suggester.match(one.article, one.source_ids)
        suggester.add(one.article, Side.WANTED if one.is_wanted else Side.UNWANTED, match)
        names.add(one.name)
    return names


def _add_others(suggester: "Suggester", reader: "Reader", decided: set[str]) -> None:
    """For comparison what is stored beside."""
    from aggregator.topics.suggest import Side

    for asked in reader.asked_articles(limit=_LOOKED_AT):
        if asked.stored.uri not in decided:
            match = suggester.match(asked.stored.article, asked.source_ids)
            suggester.add(asked.stored.article, Side.OTHER, match)


def _print(topic_id: str, done: "Suggestions") -> None:
    """By language: what it comes from, a line a term, and lines to paste."""
    for language, texts in done.texts.items():
        of_language = [one for one in done.found if one.language == language]
        if not (texts.wanted or texts.unwanted):
            continue
        say(
            f"{topic_id}, {language}: {texts.wanted:,} wanted ({texts.missed:,} missed), {texts.unwanted:,} unwanted "
            f"({texts.wrong:,} found), {texts.others:,} others"
        )
        for one in of_language:
            say(f"{one.change.value:<8} {_in_words(one, texts)}", 2, hang=9)
        for line in _to_paste(language, of_language):
            typer.echo(f"  {line}")
        if not of_language:
            typer.echo("  nothing stands out")


def _in_words(one: "Suggestion", texts: "Counts") -> str:
    concept = f" [{one.concept}]" if one.concept else ""
    counts = one.counts
    told = [f"{counts.wanted:,} of {texts.wanted:,} wanted"]
    if counts.missed:
        told[0] += f" ({counts.missed:,} missed)"
    told += [f"{counts.unwanted:,} of {texts.unwanted:,} unwanted"]
    if counts.wrong:
        told[1] += f" ({counts.wrong:,} found)"
    if one.change.value != "drop" and texts.others:
        told += [f"{counts.others:,} of {texts.others:,} others"]
    return f"{_quoted(one.term)}{concept}: in {', '.join(told)}; z {one.z:g}"


def _to_paste(language: str, found: "list[Suggestion]") -> list[str]:
    """New terms as a line of a pack's concept and as a group of a query; what is to be kept out as the end of a query."""
    added = [one.term for one in found if one.change.value == "add"]
    excluded = [one.term for one in found if one.change.value == "exclude"]
    lines = []
    if added:
        if language != "?":
            lines.append(f"in a pack:   {language} = {json.dumps(added, ensure_ascii=False)}")
        lines.append(f"in a query:  ({' OR '.join(map(_quoted, added))})")
    if excluded:
        lines.append(f"in a query:  AND NOT ({' OR '.join(map(_quoted, excluded))})")
    return lines


def _quoted(term: str) -> str:
    """As a query takes it: a plain word as it is, anything else in quotes; the open end of a prefix stays open."""
    return term if term.removesuffix("*").isalnum() and not term.isupper() else f'"{term}"'


def _as_json(topic_id: str, one: "Suggestion", texts: "Counts") -> dict[str, Any]:
    return {
        "topic": topic_id,
        "language": one.language,
        "change": one.change.value,
        "term": one.term,
        "concept": one.concept,
        "wanted": one.counts.wanted,
        "missed": one.counts.missed,
        "unwanted": one.counts.unwanted,
        "wrong": one.counts.wrong,
        "others": one.counts.others,
        "of_wanted": texts.wanted,
        "of_missed": texts.missed,
        "of_unwanted": texts.unwanted,
        "of_wrong": texts.wrong,
        "of_others": texts.others,
        "z": one.z,
    }
