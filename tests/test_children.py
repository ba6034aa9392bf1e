"""An index of sitemaps: its newest children are fetched within the poll, few, of its own host, and only when they changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.poll import Poll
from aggregator.model.source import Source, SourceKind
from tests.desk import Desk, desk
from tests.loopback import Reply, Request, Server, serve

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

XMLNS = "http://www.sitemaps.org/schemas/sitemap/0.9"


class Site:
    """A site with an index and sitemaps, which the test changes; `asked` are the paths since the last poll."""

    def __init__(self) -> None:
        self.children: dict[str, str | None] = {}
        """Address and printed date, in the order of the index."""
        self.pages: dict[str, list[int]] = {}
        """Articles of each path; a path that is not there gives 404."""
        self.asked: list[str] = []
        self.conditional: list[str] = []

    def answer(self, request: Request) -> Reply:
        self.asked.append(request.path)
        if request.header("If-None-Match"):
            self.conditional.append(request.path)
        if request.path == "/index.xml":
            body = self._index()
            etag = f'"{hash(body)}"'
            if request.header("If-None-Match") == etag:
                return Reply(status=304)
            return Reply(body, headers={"ETag": etag})
        if request.path not in self.pages:
            return Reply(status=404)
        locations = "".join(
            f"<url><loc>http://{request.header('Host')}/a/{self._name(n)}</loc></url>" for n in self.pages[request.path]
        )
        return Reply(f'<urlset xmlns="{XMLNS}">{locations}</urlset>'.encode())

    def _index(self) -> bytes:
        dates = {url: f"<lastmod>{at}</lastmod>" if at else "" for url, at in self.children.items()}
        children = "".join(f"<sitemap><loc>{url}</loc>{at}</sitemap>" for url, at in dates.items())
        return f'<sitemapindex xmlns="{XMLNS}">{children}</sitemapindex>'.encode()

    @staticmethod
    def _name(number: int) -> str:
        return f"the-ships-wait-outside-harbour-{number}"


class Polled:
    """The site polled by a desk."""

    def __init__(self, site: Site, server: Server, at: Desk) -> None:
        self.site, self.server, self.at = site, server, at

    def name(self, path: str, modified: str | None, host: str | None = None) -> None:
        """Let the index name the path with the date."""
        self.site.children[self.server.url(path, host=host)] = modified

    def poll(self) -> Poll:
        self.site.asked.clear()
        self.site.conditional.clear()
        self.at.now += timedelta(hours=2)
        (done,), _ = self.at.run()
        return done

    @property
    def numbers(self) -> list[int]:
        """The articles that are stored."""
        return sorted(int((view.stored.article.url or "").rpartition("-")[2]) for view in self.at.articles())

    def in_window(self) -> int:
        with self.at.store.read() as reader:
            return len(reader.window("site"))


@contextmanager
def polled(folder: Path) -> Iterator[Polled]:
    site = Site()
    with serve(site.answer) as server:
        source = Source(id="site", kind=SourceKind.FEED, url=server.url("/index.xml"))
        with desk(folder, sources=(source,), topics=()) as at:
            yield Polled(site, server, at)


def test_the_newest_five_are_fetched_the_newest_first(tmp_path: Path) -> None:
    with polled(tmp_path) as it:
        for month in (1, 7, 2, 6, 3, 5, 4):
            it.name(f"/{month}.xml", f"2025-{month:02}-01")
            it.site.pages[f"/{month}.xml"] = [month]
        done = it.poll()
        assert it.site.asked == ["/index.xml", "/7.xml", "/6.xml", "/5.xml", "/4.xml", "/3.xml"]
        assert it.numbers == [3, 4, 5, 6, 7]
        assert (done.outcome.value, done.new, done.entries) == ("new", 5, 5)


def test_a_child_of_another_host_is_not_fetched(tmp_path: Path) -> None:
    with polled(tmp_path) as it:
        it.name("/far.xml", "2025-02-01", host="localhost")
        it.name("/near.xml", "2025-01-01")
        it.site.pages |= {"/far.xml": [1], "/near.xml": [2]}
        it.poll()
        assert it.site.asked == ["/index.xml", "/near.xml"]


def test_what_an_index_in_an_index_names_is_not_fetched(tmp_path: Path) -> None:
    with polled(tmp_path) as it:
        it.name("/index.xml", "2025-01-01")
        it.poll()
        assert it.site.asked == ["/index.xml", "/index.xml"]


def test_only_what_has_another_date_is_asked_for_again_and_its_sisters_stay_in_the_window(tmp_path: Path) -> None:
    with polled(tmp_path) as it:
        it.name("/old.xml", "2025-01-01")
        it.name("/new.xml", "2025-02-01")
        it.site.pages |= {"/old.xml": [1, 2], "/new.xml": [3]}
        it.poll()
        assert it.poll().outcome.value == "unchanged"
        assert it.site.asked == ["/index.xml"]
        it.name("/new.xml", "2025-02-02")
        it.site.pages["/new.xml"] = [4]
        done = it.poll()
        assert it.site.asked == ["/index.xml", "/new.xml"]
        assert (done.new, it.numbers, it.in_window()) == (1, [1, 2, 3, 4], 3)
        assert it.poll().outcome.value == "unchanged"
        assert it.site.asked == ["/index.xml"]


@pytest.mark.parametrize(("modified", "why"), [(None, "it may change at any time"), ("2025-01-01", "it failed")])
def test_while_a_child_is_to_be_asked_again_the_index_comes_whole(
    modified: str | None, why: str, tmp_path: Path
) -> None:
    with polled(tmp_path) as it:
        it.name("/news.xml", modified)
        if modified is None:
            it.site.pages["/news.xml"] = [1]
        it.poll()
        it.site.pages["/news.xml"] = [1, 2]
        done = it.poll()
        assert (it.site.asked, it.site.conditional) == (["/index.xml", "/news.xml"], []), why
        assert (done.outcome.value, it.numbers) == ("new", [1, 2]), why


def test_the_same_bytes_are_not_read_again(tmp_path: Path) -> None:
    with polled(tmp_path) as it:
        it.name("/news.xml", None)
        it.site.pages["/news.xml"] = [1]
        it.poll()
        done = it.poll()
        assert (done.outcome.value, done.entries, it.in_window()) == ("unchanged", 0, 1)


def test_a_child_that_fails_is_told_and_costs_no_other(tmp_path: Path) -> None:
    with polled(tmp_path) as it:
        it.name("/gone.xml", "2025-02-01")
        it.name("/news.xml", "2025-01-01")
        it.site.pages["/news.xml"] = [1]
        done = it.poll()
        assert (done.outcome.value, it.numbers) == ("new", [1])
        assert (done.error or "").startswith(it.server.url("/gone.xml"))


def test_a_new_child_is_no_gap(tmp_path: Path) -> None:
    with polled(tmp_path) as it:
        it.name("/november.xml", "2025-11-30")
        it.site.pages["/november.xml"] = list(range(10))
        it.poll()
        it.name("/december.xml", "2025-12-01")
        it.site.pages["/december.xml"] = list(range(10, 20))
        done = it.poll()
        assert (done.new, done.error) == (10, None)
        with it.at.store.read() as reader:
            assert reader.source_states()["site"].gaps == 0
