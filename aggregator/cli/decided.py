"""What people want and do not want in a topic: articles that the desk decided on, and texts of a labelled file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aggregator.model.article import Article
    from aggregator.model.desk import Decision
    from aggregator.storage import Reader

Labels = Annotated[Path | None, typer.Option("--labels", help="Labelled texts too, as for `topics evaluate`.")]
Label = Annotated[str | None, typer.Option("--label", help="The `label` that means the topic; else the topic's id.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A text and what people want of it."""

    name: str
    """The uri of a stored article, else the line of its file."""
    article: "Article"
    source_ids: tuple[str, ...]
    is_wanted: bool


def decided_by_desk(reader: "Reader", topic_id: str) -> Iterator[Decided]:
    """Pinned articles are wanted; those dropped are not, nor those killed although they matched the topic. What a source took
    back, or was erased, says nothing of the topic.
    """
    from aggregator.desk import standing
    from aggregator.model.desk import Word

    by_article: dict[str, list[Decision]] = {}
    for decision in reader.decisions():
        by_article.setdefault(decision.article_uri, []).append(decision)
    for uri, decisions in by_article.items():
        says = standing(decisions)
        is_killed = any(one.word is Word.KILL for one in decisions)
        is_unwanted = topic_id in says.dropped or (is_killed and reader.match_of(uri, topic_id) is not None)
        is_wanted = topic_id in says.pinned and not is_killed
        view = reader.article_view(uri) if (is_wanted or is_unwanted) and not says.is_erased else None
        if view:
            sources = tuple(dict.fromkeys(seen.source_id for seen in view.observations))
            yield Decided(name=uri, article=view.stored.article, source_ids=sources, is_wanted=is_wanted)


def decided_by_labels(file: Path, topic_id: str, label: str | None) -> Iterator[Decided]:
    """Texts of which their line says whether they belong; borderline ones say nothing. Raises UnreadableLabels."""
    from aggregator.cli.labelled_file import read_labelled

    for one in read_labelled(file):
        belongs = one.belongs(topic_id, label)
        if belongs is not None and not one.is_borderline:
            yield Decided(name=f"line {one.line}", article=one.article, source_ids=(one.source_id,), is_wanted=belongs)
