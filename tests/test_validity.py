"""What is published passes a feed validator without an error and without a warning, whatever the sources write."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.desk import Word
from aggregator.model.fetch import Document
from aggregator.model.ledger import TopicFeed
from aggregator.model.source import Source, SourceKind
from aggregator.model.topic import Grain, Topic
from aggregator.parse.feeds import parse_feed
from aggregator.render import AGG, render_document, render_json, render_rss
from tests import atom_rules, json_feed_rules, rss_rules
from tests.desk import desk
from tests.documents import feed_source, folder_source, item, rss
from tests.hostile.carriers import documents
from tests.hostile.published import articles_of, topic_feed_of
from tests.loopback import Reply, serve
from tests.validator_rules import foreign_namespaces
from tests.validity import faults_of, is_given

SEEDS = Path(__file__).parent.parent / "seeds"
SOURCE = Source(id="source", kind=SourceKind.FEED, url="https://source.example/feed.xml")
HOSTILE = ("rss-fields-all", "rss-description-twice-all", "atom-fields-all", "atom-html-all")
FORMS: tuple[
    tuple[Callable[[TopicFeed], bytes], Callable[[bytes], tuple[str, ...]], Callable[[bytes], tuple[str, ...]]], ...
]
FORMS = (
    (render_document, atom_rules.problems, atom_rules.advice),
    (render_rss, rss_rules.problems, rss_rules.advice),
    (render_json, json_feed_rules.problems, json_feed_rules.advice),
)
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
ODD = (
    item(1, title="Use &lt;/b&gt; and &amp;amp;copy; at S&amp;amp;P500", text="&lt;p&gt;a&lt;object&gt;&lt;div&gt;b&lt;/div&gt;&lt;/object&gt;"),
    item(2, title="Caf\ufffd \ufdd0", link="https://example.org/очень-длинный-заголовок-который-никто-не-прочтёт-до-самого-конца-и-не-надо"),
    item(3, title="Tomorrow's news"),
    item(4, title="R&amp;amp;D", text="&lt;audio src='https://example.org/a.mp3'&gt;&lt;/audio&gt;"),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_feeds_are_published_without_a_warning(name: str) -> None:
    parsed = parse_feed(Document(key="", body=documents()[name], digest=b""), str(SOURCE.url))
    feed = topic_feed_of(articles_of(parsed, SOURCE))
    assert feed.fragments
    for render, problems, advice in FORMS:
        document = render(feed)
        assert problems(document) == ()
        assert [one for one in advice(document) if not is_given(one)] == []


@pytest.mark.slow
@pytest.mark.parametrize("extensions", [True, False])
def test_all_that_a_desk_publishes_is_valid_without_a_warning(extensions: bool, tmp_path: Path) -> None:
    def documents_of(_: object) -> Reply:
        ahead = item(5, title="A source ahead of its time", at=at.now + timedelta(hours=9))
        return Reply(rss(*ODD, ahead, *(item(number) for number in range(10, 70))))

    further = tuple(grain for grain in Grain if grain is not Grain.UNIQUE)
    topic = Topic(
        id="all", title="All </b> &copy;", query="*", description="R&D2 & more", max_per_hour=1000, also=further
    )
    with serve(documents_of) as server:
        sources = (feed_source(server), folder_source(SEEDS))
        with desk(tmp_path, sources=sources, topics=(topic,), extensions=extensions) as at:
            at.run()
            at.now += timedelta(hours=3)
            at.decide(Word.KILL, at.articles()[0].stored.uri)
            at.run()
            files = [path for path in sorted(at.directory.rglob("*.*")) if path.suffix in (".atom", ".rss", ".json")]
            faults = {
                path.name: found
                for path in files
                if (found := faults_of(path, folder=at.directory, base_url=at.base_url, now=at.now))
            }
    assert faults == {}
    assert {path.parent.name for path in files} >= {at.directory.name, "archive"}
    foreign = {name for path in files if path.suffix != ".json" for name in foreign_namespaces(path.read_bytes())}
    assert foreign == ({AGG, TOMBSTONES} if extensions else set())
