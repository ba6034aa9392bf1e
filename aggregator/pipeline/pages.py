"""What is published -> the same pages as files beside the feeds, so that any web server hosts them.

A page is made anew when its topic's feed was: the topic's, those of its entries that changed, the front page and that of the
sources. At every start, and once a day for the charts, all of them are. What the desk takes back goes at once, from the pages
of topics that are gone too.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aggregator.publish as files
from aggregator import __version__
from aggregator.errors import PublishError
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.pages import Absence, Printer, Site, absence, article_page, front, hosted, sources_page, topic_page
from aggregator.pages.absence import hidden
from aggregator.pipeline.works import Works
from aggregator.storage import Reader
from aggregator.text import digest

_STAMP = re.compile(rb'<meta name="made-from" content="([0-9a-f]{32})">')
# The stamp stands before anything of a stranger's.
_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A file as it is to be; None where it is not to be there."""

    path: Path
    data: bytes | None


def write_pages(works: Works, now: datetime, *, written: list[Path], heal: bool = False) -> int:
    """Bring the pages of the feeds among the `written` files up to date, with `heal` all; how many files changed. They are
    put to the written ones.

    Raises PublishError where a file cannot be written.
    """
    if not works.writes_pages:
        return 0
    touched = {path.name.partition(".")[0] for path in written if path.parent == works.directory}
    day = digest(__version__, now.astimezone(UTC).date().isoformat()).hex()
    everything = heal or _stamp_of(works.directory / "index.html") != day
    wanted = {topic.id for topic in works.topics if everything or topic.id in touched}
    before = len(written)
    with works.store.read() as reader:
        if wanted or everything:
            pages = _pages(reader, works, wanted, now, day=day, heal=heal)
        else:
            pages = _gone(reader, _site(works, 1, now), hidden(reader))
        for page in pages:
            try:
                if _write(page):
                    written.append(page.path)
            except OSError as error:
                raise PublishError(str(page.path), error.strerror or str(error)) from error
    return len(written) - before


def _write(page: _Page) -> bool:
    if page.data is not None:
        return files.write(page.path, page.data)
    is_there = page.path.exists()
    page.path.unlink(missing_ok=True)
    return is_there


def _pages(
    reader: Reader, works: Works, wanted: Collection[str], now: datetime, *, day: str, heal: bool
) -> Iterator[_Page]:
    """Entries before the lists that link to them."""
    here, below = (_site(works, depth, now) for depth in (0, 1))
    printer, entry_printer = Printer(here), Printer(below)
    for name, data in printer.fixed.items():
        yield _Page(path=works.directory / name, data=data)
    topics = [topic for topic in works.topics if topic.id in wanted]
    kept_back = hidden(reader)
    uris: dict[str, None] = {}
    for topic in topics:
        views = reader.views(topic.id, topic.grain, RowState.LIVE, limit=topic.limit)
        uris |= dict.fromkeys(view.row.article_uri for view in views if view.row.article_uri not in kept_back)
    # Pages of other articles name it: its copies, its story.
    told = digest(*sorted(kept_back))
    for uri in uris:
        yield from _entry(reader, entry_printer, below, uri, told, heal=heal)
    yield from _gone(reader, below, kept_back)
    for topic in topics:
        data = printer.page("topic.html", page=topic_page(reader, here, topic))
        yield _Page(path=works.directory / f"{topic.id}.html", data=data)
    sources = printer.page("sources.html", page=sources_page(reader, here))
    yield _Page(path=works.directory / "sources.html", data=sources)
    # Last: that the day's pages are made is true once they are.
    data = printer.page("front.html", page=front(reader, here), stamp=day)
    yield _Page(path=works.directory / "index.html", data=data)


def _entry(reader: Reader, printer: Printer, site: Site, uri: str, told: bytes, *, heal: bool) -> Iterator[_Page]:
    """Nothing where the file says that it was made of the same."""
    path = _path(site, uri)
    stamp = _stamp(printer, reader.rows_of(uri), told)
    if not heal and _stamp_of(path) == stamp:
        return
    page = article_page(reader, site, uri)
    if not isinstance(page, Absence):
        yield _Page(path=path, data=printer.page("article.html", page=page, stamp=stamp))


def _gone(reader: Reader, site: Site, kept_back: Collection[str]) -> Iterator[_Page]:
    """What was withdrawn says so in its place; what the desk holds is as if it had never been."""
    there = [(uri, path) for uri in kept_back if (path := _path(site, uri)).exists()]
    if not there:
        return
    printer = Printer(site)
    for uri, path in there:
        is_withdrawn = absence(reader, uri) is Absence.WITHDRAWN
        words = {"title": "Gone", "words": "This article was withdrawn."}
        yield _Page(path=path, data=printer.page("error.html", **words) if is_withdrawn else None)


def _path(site: Site, uri: str) -> Path:
    return site.directory / "entries" / f"{uri.removeprefix('urn:uuid:')}.html"


def _stamp(printer: Printer, rows: Iterable[LedgerRow], told: bytes) -> str:
    """Of all that makes the page of an entry another one: its rows in the feeds, what is not told of, our release, our style."""
    parts = [
        part for row in rows for part in (row.topic_id, row.state.value, row.reason, row.digest, row.fragment or b"")
    ]
    return digest(__version__, printer.fixed["style.css"], told, *parts).hex()


def _stamp_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            found = _STAMP.search(file.read(_HEAD_BYTES))
    except FileNotFoundError:
        return None
    return found[1].decode() if found else None


def _site(works: Works, depth: int, now: datetime) -> Site:
    return Site(
        title=works.site_title,
        language=works.language,
        base_url=works.base_url,
        directory=works.directory,
        topics=works.topics,
        sources=works.sources,
        places=hosted(depth),
        clock=lambda: now,
    )
