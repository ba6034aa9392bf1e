"""What changed rules add and drop, told before they take effect; and rules that find nearly everything, or nothing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from aggregator.cli.app import print_json
from aggregator.cli.output import say

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.pipeline import Outlook

# Of fewer articles neither is a sign of anything.
ENOUGH_ARTICLES = 200
BROAD_SHARE = 0.2


def edits(outlooks: "Iterable[Outlook]") -> "tuple[Outlook, ...]":
    """Of the rules that are new or changed, what there is to look at."""
    return tuple(one for one in outlooks if (one.is_new or one.is_edited) and one.articles)


def edit_in_words(one: "Outlook") -> str:
    """`topic libya: the edit adds 14, drops 3 of the newest 2,000 stored articles ...`."""
    among = f"the {one.articles:,} stored articles" if one.is_whole else f"the newest {one.articles:,} stored articles"
    if one.is_new:
        return f"topic {one.topic_id} is new: matches {one.matches:,} of {among}"
    if not (one.adds or one.drops):
        return f"topic {one.topic_id}: the edit adds none, drops none of {among}"
    told = f"topic {one.topic_id}: the edit adds {one.adds:,}, drops {one.drops:,} of {among}"
    what = ["what it adds goes to the archive"] if one.adds else []
    what += ["what it drops stays published"] if one.drops else []
    return f"{told}; {', '.join(what)}"


def print_edits(outlooks: "Iterable[Outlook]", *, as_json: bool) -> None:
    """A line, or an object, for each rule that is new or changed."""
    for one in edits(outlooks):
        if as_json:
            print_json(_as_json(one))
        else:
            say(edit_in_words(one))


def warn_of_breadth(found: "Configuration", outlooks: "Sequence[Outlook]") -> None:
    """On stderr, with the line of the query: a rule that finds too much, or nothing. What says `*` is meant so."""
    from aggregator.config import located_in

    numbers = {topic.id: number for number, topic in enumerate(found.topics) if topic.query.strip() != "*"}
    findings = [
        (("topics", numbers[one.topic_id], "query"), message)
        for one in outlooks
        if one.topic_id in numbers
        for message in _too_much_or_nothing(one)
    ]
    for line in located_in(found.file, findings):
        typer.echo(f"warning: {line}", err=True)


def _too_much_or_nothing(one: "Outlook") -> Iterator[str]:
    if one.articles < ENOUGH_ARTICLES:
        return
    among = f"{'' if one.is_whole else 'newest '}{one.articles:,} stored articles"
    hint = f"`aggregator topics backtest {one.topic_id}` shows"
    if not one.matches:
        yield (
            f"matches none of the {among}: is a term misspelt, or does a part exclude too much? "
            f"`aggregator topics why {one.topic_id} ARTICLE` says what one of them lacks"
        )
    elif one.matches > BROAD_SHARE * one.articles:
        share = f"{one.matches / one.articles:.0%}"
        yield f"matches {one.matches:,} of the {among} ({share}), which is hardly one topic; {hint} them"


def _as_json(one: "Outlook") -> dict[str, Any]:
    return {
        "topic": one.topic_id,
        "rule": "new" if one.is_new else "edited",
        "adds": one.adds,
        "drops": one.drops,
        "matches": one.matches,
        "articles": one.articles,
    }
