"""Trained models beside the store -> those that the topics' `learn` asks for, and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregator.config.findings import Finding
from aggregator.model.topic import Learned, Topic
from aggregator.topics.learn import model_from_text

FOLDER = "learned"
_LIMIT_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """`findings`: topics that have no model that could be used; they go on without one."""

    models: tuple[Learned, ...] = ()
    findings: tuple[Finding, ...] = ()


def model_file(folder: Path, topic_id: str) -> Path:
    """Where the model of a topic lies."""
    return folder / f"{topic_id}.json"


def read_models(folder: Path, topics: Sequence[Topic]) -> Models:
    """The models of the topics that have bounds for one."""
    models: list[Learned] = []
    findings: list[Finding] = []
    for number, topic in enumerate(topics):
        if not (topic.raise_by or topic.lower_by):
            continue
        try:
            models.append(_read(model_file(folder, topic.id), topic))
        except FileNotFoundError:
            message = f"has no effect yet: `aggregator topics learn {topic.id}` trains the model"
            findings.append(Finding(place=("topics", number, "learn"), message=message))
        except (OSError, ValueError) as error:
            message = f"has no effect: {model_file(folder, topic.id)} {error}"
            findings.append(Finding(place=("topics", number, "learn"), message=message))
    return Models(models=tuple(models), findings=tuple(findings))


def _read(file: Path, topic: Topic) -> Learned:
    with file.open("rb") as opened:
        content = opened.read(_LIMIT_BYTES + 1)
    if len(content) > _LIMIT_BYTES:
        raise ValueError("is too large for a model")
    return model_from_text(content.decode("utf-8"), topic.id, raise_by=topic.raise_by, lower_by=topic.lower_by)
