"""What is published -> the same pages as files beside the feeds, so that any web server hosts them.

A page is made anew when its topic's feed was: the topic's, those of its entries that changed and of the stories that these are
in, the front page and that of the sources. At every start, and once a day for the charts, all of them are. What the desk says
of an article reaches the pages of its copies and of its story too, whatever feed they are in.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aggregator.publish as files
from aggregator import __version__
from aggregator.errors import PublishError
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.pages import (
    Absence,
    MergedStory,
    Printer,
    Site,
    StoryPage,
    absence,
    article_page,
    front,
    hosted,
    sources_page,
    story_page,
    topic_page,
)
from aggregator.pages.absence import hidden
from aggregator.pages.places import article_file, story_file
from aggregator.pipeline.works import Works
from aggregator.storage import Companion, Reader
from aggregator.text import digest

_STAMP = re.compile(rb'<meta name="made-from" content="([0-9a-f]{32})">')
# The stamp stands before anything of a stranger's.
_HEAD_BYTES = 1024
# A process that has not looked yet looks so far back: whoever ran before it did the rest.
_AT_FIRST = timedelta(days=1)


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
        spoken = reader.spoken_of(works.looked.until or now - _AT_FIRST)
        if not (wanted or everything or spoken):
            works.looked.until = now
            return 0
        made = _Round.begin(reader, works, wanted, spoken, now, everything=everything, heal=heal)
        for page in _pages(made, works, wanted if wanted or everything else None, now, day=day):
            try:
                if _write(page):
                    written.append(page.path)
            except OSError as error:
                raise PublishError(str(page.path), error.strerror or str(error)) from error
    works.looked.until = now
    return len(written) - before


def _write(page: _Page) -> bool:
    if page.data is not None:
        return files.write(page.path, page.data)
    is_there = page.path.exists()
    page.path.unlink(missing_ok=True)
    return is_there


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What all pages of articles and stories that are made together need."""

    reader: Reader
    site: Site
    """As seen from a folder below `feeds/`."""
    printer: Printer
    kept_back: frozenset[str]
    live: tuple[str, ...]
    """The articles of the wanted topics' live documents."""
    beside: tuple[str, ...]
    """Those that the desk spoke of, or that share a story or a text with one of them; after an erasure, which leaves no trace of
    that, all that have a page."""
    company: Mapping[str, tuple[Companion, ...]]
    heal: bool

    @staticmethod
    def begin(
        reader: Reader,
        works: Works,
        wanted: Collection[str],
        spoken: frozenset[str],
        now: datetime,
        *,
        everything: bool,
        heal: bool,
    ) -> "_Round":
        """`spoken`: the articles that the desk spoke of since pages were last looked at."""
        kept_back = hidden(reader)
        live: dict[str, None] = {}
        for topic in works.topics:
            if topic.id in wanted:
                views = reader.views(topic.id, topic.grain, RowState.LIVE, limit=topic.limit)
                live |= dict.fromkeys(view.row.article_uri for view in views if view.row.article_uri not in kept_back)
        asked = spoken | kept_back if everything else spoken
        company = dict(reader.company_among({*live, *asked}))
        beside = {*asked, *(one.uri for uri in asked for one in company.get(uri, ()))}
        if reader.is_erased_since(works.looked.until or now - _AT_FIRST):
            beside |= {f"urn:uuid:{path.stem}" for path in (works.directory / "entries").glob("*.html")}
        beside -= {*kept_back, *live}
        company.update(reader.company_among(beside))
        planned = frozenset(map(article_file, live))
        site = _site(works, 1, now, planned)
        return _Round(
            reader=reader,
            site=site,
            printer=Printer(site),
            kept_back=kept_back,
            live=tuple(live),
            beside=tuple(sorted(beside)),
            company=company,
            heal=heal,
        )

    def stories(self) -> dict[str, tuple[Companion, ...]]:
        """The stories of all these articles with their reports; those whose pages are there, but which are none any more, without."""
        found = {
            story: tuple(one for one in others if one.story)
            for others in self.company.values()
            for story in {one.story for one in others if one.story}
        }
        there = {f"urn:uuid:{path.stem}" for path in (self.site.directory / "stories").glob("*.html")}
        gone = there - found.keys() - self.reader.living_stories(there)
        return found | dict.fromkeys(sorted(gone), ())


def _pages(made: _Round, works: Works, wanted: Collection[str] | None, now: datetime, *, day: str) -> Iterator[_Page]:
    """Stories and entries before the lists that link to them; no lists where no topic is wanted (None)."""
    reader, here = made.reader, _site(works, 0, now)
    printer = Printer(here)
    for name, data in printer.fixed.items():
        yield _Page(path=works.directory / name, data=data)
    for story, members in made.stories().items():
        yield from _story(made, story, members)
    for uri in made.live:
        yield from _entry(made, uri, heal=made.heal)
    for uri in made.beside:
        if (made.site.directory / article_file(uri)).exists():
            yield from _entry(made, uri, heal=False)
    yield from _gone(made)
    if wanted is None:
        return
    for topic in works.topics:
        if topic.id in wanted:
            data = printer.page("topic.html", page=topic_page(reader, here, topic))
            yield _Page(path=works.directory / f"{topic.id}.html", data=data)
    sources = printer.page("sources.html", page=sources_page(reader, here))
    yield _Page(path=works.directory / "sources.html", data=sources)
    # Last: that the day's pages are made is true once they are.
    data = printer.page("front.html", page=front(reader, here), stamp=day)
    yield _Page(path=works.directory / "index.html", data=data)


def _entry(made: _Round, uri: str, *, heal: bool) -> Iterator[_Page]:
    """Nothing where the file says that it was made of the same."""
    path = made.site.directory / article_file(uri)
    stamp = _stamp(made, made.reader.rows_of(uri), made.company.get(uri, ()))
    if not heal and _stamp_of(path) == stamp:
        return
    page = article_page(made.reader, made.site, uri)
    if not isinstance(page, Absence):
        yield _Page(path=path, data=made.printer.page("article.html", page=page, stamp=stamp))


def _story(made: _Round, uri: str, members: Iterable[Companion]) -> Iterator[_Page]:
    """Nothing where the file says that it was made of the same; a story that was merged leads to the other one."""
    path = made.site.directory / story_file(uri)
    stamp = _stamp(made, (), members)
    if not made.heal and members and _stamp_of(path) == stamp:
        return
    match story_page(made.reader, made.site, uri, made.kept_back):
        case StoryPage() as page:
            yield _Page(path=path, data=made.printer.page("story.html", page=page, stamp=stamp))
        case MergedStory(uri=other):
            leads_to = made.site.places.story(other)
            words = {"title": "Moved", "words": "This story is told with another one.", "leads_to": leads_to}
            yield _Page(path=path, data=made.printer.page("error.html", **words))
        case None:
            yield _Page(path=path, data=None)


def _gone(made: _Round) -> Iterator[_Page]:
    """What was withdrawn says so in its place; what the desk holds is as if it had never been."""
    for uri in made.kept_back:
        path = made.site.directory / article_file(uri)
        if not path.exists():
            continue
        is_withdrawn = absence(made.reader, uri) is Absence.WITHDRAWN
        words = {"title": "Gone", "words": "This article was withdrawn."}
        yield _Page(path=path, data=made.printer.page("error.html", **words) if is_withdrawn else None)


def _stamp(made: _Round, rows: Iterable[LedgerRow], company: Iterable[Companion]) -> str:
    """Of all that makes the page another one: the rows in the feeds, what is told beside them, our release, our style."""
    parts = [
        part for row in rows for part in (row.topic_id, row.state.value, row.reason, row.digest, row.fragment or b"")
    ]
    for one in company:
        is_linked = made.site.places.article_if_any(one.uri) is not None
        parts += [one.uri, one.story or "", str(one.version), one.why, f"{is_linked} {one.uri in made.kept_back}"]
    return digest(__version__, made.printer.fixed["style.css"], *parts).hex()


def _stamp_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            found = _STAMP.search(file.read(_HEAD_BYTES))
    except OSError:  # not there; or not to be read, which is told where it is written
        return None
    return found[1].decode() if found else None


def _site(works: Works, depth: int, now: datetime, planned: Collection[str] = ()) -> Site:
    """`planned`: pages that are about to be files."""
    return Site(
        title=works.site_title,
        language=works.language,
        base_url=works.base_url,
        directory=works.directory,
        topics=works.topics,
        sources=works.sources,
        places=hosted(depth, lambda name: name in planned or (works.directory / name).is_file()),
        clock=lambda: now,
    )
