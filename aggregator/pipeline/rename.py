"""Topics that were given another id -> their history goes on under it (product rule: a feed's id and address are for ever).

Subscribers see nothing new: the feed keeps its own id, its entries theirs; the old addresses lead to the new ones.
"""

import logging
import shutil
from collections.abc import Iterable

from aggregator.model.topic import Topic
from aggregator.pipeline.works import Works
from aggregator.storage import Batch

_LOG = logging.getLogger(__name__)


def follow_renames(batch: Batch, topics: Iterable[Topic]) -> None:
    """Move what is stored under former ids to the topics that name them, where these have no history of their own."""
    for topic in topics:
        for former in topic.former:
            if batch.serving.has_topic(topic.id) or not batch.serving.has_topic(former):
                continue
            batch.serving.rename_topic(former, topic.id)
            _LOG.info("topic renamed", extra={"topic": topic.id, "former": former})


def drop_former_files(works: Works) -> None:
    """Remove the files of topics that were renamed; called when the new ones are there. A feed that went on under its former
    id, because the topic had a history of its own, keeps its files.
    """
    former = {name for topic in works.topics for name in topic.former}
    if not former:
        return
    with works.store.read() as reader:
        former -= {state.topic_id for state in reader.topic_feeds()}
    for name in former:
        # No id holds a dot, so no other topic's file begins so.
        for path in works.directory.glob(f"{name}.*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        shutil.rmtree(works.directory / name, ignore_errors=True)
