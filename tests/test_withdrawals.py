"""What a source says is withdrawn (RFC 6721): its own articles go with a tombstone, never those of others, never all at once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.health import health_of, is_believable
from aggregator.model.desk import Word
from aggregator.model.ledger import RowState
from aggregator.model.source import Health
from aggregator.model.topic import Topic
from tests.desk import START, Desk, desk
from tests.documents import feed_source
from tests.loopback import Reply, Request, Server, serve
from tests.make import words

EVERYTHING = Topic(id="all", title="All", query="*")


def entry(number: int, text: str = "") -> str:
    return (
        f"<entry><id>urn:x:{number}</id><title>Report {number}</title><link href='https://example.org/{number}'/>"
        f"<updated>2026-03-01T10:00:00Z</updated><content>{text or words(50, f'w{number}x')}</content></entry>"
    )


def gone(number: int) -> str:
    return f'<at:deleted-entry ref="urn:x:{number}" when="2026-03-01T12:30:00Z"/>'


def atom(*parts: str) -> bytes:
    head = "<id>urn:x:feed</id><title>A source</title><updated>2026-03-01T10:00:00Z</updated>"
    spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"'
    return f"<feed {spaces}>{head}{''.join(parts)}</feed>".encode()


class Feeds:
    """What a site shows, by path."""

    def __init__(self) -> None:
        self.feeds: dict[str, bytes] = {}

    def __call__(self, request: Request) -> Reply:
        return Reply(self.feeds.get(request.path, atom()))


@pytest.fixture
def site() -> Feeds:
    return Feeds()


@pytest.fixture
def server(site: Feeds) -> Iterator[Server]:
    with serve(site) as running:
        yield running


@pytest.fixture
def at(tmp_path: Path, server: Server) -> Iterator[Desk]:
    sources = (feed_source(server, "/one"), feed_source(server, "/two"))
    with desk(tmp_path, sources=sources, topics=(EVERYTHING,)) as made:
        yield made


def run(at: Desk) -> None:
    at.now += timedelta(minutes=30)
    at.run()


def states(at: Desk) -> dict[str, str]:
    titles = {view.stored.uri: view.stored.article.headline for view in at.articles()}
    return {titles[row.article_uri].removeprefix("Report "): row.state.value for row in at.rows()}


def said(at: Desk) -> list[tuple[str, str]]:
    with at.store.read() as reader:
        return [(one.word.value, one.by) for one in reader.decisions()]


@pytest.mark.slow
def test_what_its_source_takes_back_is_withdrawn_with_a_tombstone_until_the_desk_releases_it(
    at: Desk, site: Feeds
) -> None:
    site.feeds["/one"] = atom(entry(1), entry(2))
    run(at)
    site.feeds["/one"] = atom(gone(1), entry(2))
    run(at)
    (row,) = [row for row in at.rows() if row.state is RowState.WITHDRAWN]
    tombstone = f'ref="{row.entry_id}"'.encode()
    assert states(at) == {"1": "withdrawn", "2": "live"}
    assert (row.reason, tombstone in at.feed("all")) == ("withdrawn by source one: its tombstone (RFC 6721)", True)
    at.decide(Word.RELEASE, row.article_uri)
    site.feeds["/one"] = atom(gone(1), entry(2), entry(3))
    run(at)
    assert states(at) == {"1": "live", "2": "live", "3": "live"}, "what a person has looked at is not withdrawn again"
    assert (tombstone in at.feed("all"), f"<id>{row.entry_id}</id>".encode() in at.feed("all")) == (False, True)
    assert said(at) == [("withdraw", "source one"), ("release", "maria")]


def test_a_source_withdraws_nothing_of_another(at: Desk, site: Feeds) -> None:
    site.feeds["/one"] = atom(entry(1))
    run(at)
    site.feeds["/two"] = atom(gone(1), entry(7))
    run(at)
    assert states(at) == {"1": "live", "7": "live"}
    assert said(at) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/one", "/two"], ids=["that had it first", "that had it later"])
def test_what_others_carry_stays_with_a_note(at: Desk, site: Feeds, path: str) -> None:
    site.feeds["/one"] = atom(entry(1))
    run(at)
    site.feeds["/two"] = atom(entry(1))
    run(at)
    site.feeds[path] = atom(gone(1), entry(7))
    run(at)
    site.feeds[path] = atom(gone(1), entry(7), entry(8))
    run(at)
    assert states(at)["1"] == "live"
    assert said(at) == [("note", f"source {path[1:]}")], "once"


def test_an_entry_that_stands_beside_its_tombstone_is_there(at: Desk, site: Feeds) -> None:
    site.feeds["/one"] = atom(entry(1), entry(2))
    run(at)
    site.feeds["/one"] = atom(gone(1), gone(2), entry(1), entry(2, "An edited text."))
    run(at)
    assert states(at) == {"1": "live", "2": "live"}


@pytest.mark.slow
def test_too_many_at_once_are_not_believed_and_the_health_feed_says_so(at: Desk, site: Feeds) -> None:
    site.feeds["/one"] = atom(*(entry(number) for number in range(1, 9)))
    run(at)
    site.feeds["/one"] = atom(*(gone(number) for number in range(1, 6)), entry(8))
    run(at)
    run(at)
    assert set(states(at).values()) == {"live"}
    with at.store.read() as reader:
        state = reader.source_states()["one"]
    assert health_of(state) is Health.NOTED
    assert (state.last_error or "").startswith("it takes back 5 articles, 5 of its 8 live ones: too many at once")
    document = at.feed("source-health").decode()
    assert document.count("<entry") == 1
    assert "what it takes back is not believed" in document
    assert "5 of its 8 live ones" not in document.partition("<entry")[0]


@pytest.mark.slow
def test_what_is_taken_back_bit_by_bit_is_counted_together(at: Desk, site: Feeds) -> None:
    site.feeds["/one"] = atom(*(entry(number) for number in range(1, 30)))
    run(at)
    at.now = START + timedelta(hours=2)
    at.run()  # the governor lets out 30 an hour
    for count in (12, 20, 21):
        site.feeds["/one"] = atom(*(gone(number) for number in range(1, count + 1)), *map(entry, range(22, 30)))
        run(at)
    assert list(states(at).values()).count("withdrawn") == 20


@pytest.mark.parametrize(
    ("withdrawn", "today", "live", "of_live", "expected"),
    [
        (1, 0, 1, 1, True),
        (3, 0, 3, 3, True),
        (4, 0, 8, 4, True),
        (4, 0, 7, 4, False),
        (20, 0, 100, 20, True),
        (21, 0, 100, 21, False),
        (21, 0, 100, 0, False),
        (2, 19, 100, 2, False),
        (4, 0, 0, 0, True),
    ],
)
def test_how_much_is_believed(withdrawn: int, today: int, live: int, of_live: int, expected: bool) -> None:
    assert is_believable(withdrawn, today=today, live=live, of_live=of_live) is expected
