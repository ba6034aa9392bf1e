"""Which decisions of the desk say that a text is wanted in a topic, or is not."""

from collections.abc import Iterator

import pytest

from aggregator.cli.decided import decided_by_desk
from aggregator.model.desk import Word
from tests import make
from tests.desk import START, Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, serve


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with one article a word, all of which match; nothing that the desk says is carried out."""
    folder = tmp_path_factory.mktemp("desk")
    names = ("pin", "drop", "kill", "withdraw", "hold", "pin and kill", "pin and drop", "drop and pin")
    items = [item(number, title=f"Ships {name}", at=START) for number, name in enumerate(names)]
    with serve({"/feed": Reply(rss(*items))}) as server:
        with desk(folder, sources=(feed_source(server),), topics=(make.topic(id="ships", query="ships"),)) as at:
            at.run()
            for view in at.articles():
                for word in view.stored.article.headline.removeprefix("Ships ").split(" and "):
                    topic_id = "ships" if word in ("pin", "drop") else None
                    at.decide(Word(word), view.stored.uri, topic_id=topic_id)
            yield at


@pytest.mark.parametrize(
    ("name", "is_wanted"),
    [
        ("pin", True),
        ("drop", False),
        ("kill", False),
        ("withdraw", None),
        ("hold", None),
        ("pin and kill", False),
        ("pin and drop", False),
        ("drop and pin", True),
    ],
)
def test_a_decision_says_whether_its_article_is_wanted(stored: Desk, name: str, is_wanted: bool | None) -> None:
    with stored.store.read() as reader:
        found = {one.article.headline: one.is_wanted for one in decided_by_desk(reader, "ships")}
        assert found.get(f"Ships {name}") is is_wanted
        assert f"Ships {name}" not in {one.article.headline for one in decided_by_desk(reader, "other")}
