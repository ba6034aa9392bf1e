"""What stands behind an address, before it is subscribed to: the search, what it shows, and which feed is meant."""

import sys
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from aggregator.cli import loop
from aggregator.cli.app import clock, open_store, print_json
from aggregator.cli.output import print_table, say
from aggregator.cli.progress import progress
from aggregator.errors import AggregatorError
from aggregator.urls import normalise

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.config.edit import NewSource
    from aggregator.pipeline.discover import Discovery, Found, Looker

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A feed that can be subscribed to, or is."""

    number: int
    feed: "Found"
    holder: str | None
    """The source that it is already."""
    held_by: str = ""
    """What shows it: "its own address", "its entries"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What one search found."""

    discovery: "Discovery"
    offers: tuple[Offer, ...]
    private: bool

    def print(self, *, as_json: bool) -> None:
        """Everything that was found; nothing is written."""
        if not as_json:
            self.show()
            return
        for row in self.rows():
            print_json(row)

    def show(self) -> None:
        """For people: what each feed holds, where it is, what promised one and has none."""
        if self.discovery.page and not self.private:
            say(f"{self.discovery.page}; behind it:")
        print_table(("feed", "entries", "newest", "language", "full text"), map(_cells, self.offers))
        for offer in self.offers:
            where = "" if self.private else f" {offer.feed.url}"
            held = f" (is source {offer.holder})" if offer.holder else ""
            say(f"{offer.number}{where}{held}")
        for one in () if self.private else self.discovery.left_out:
            say(f"left out {one.url}: {one.reason}")
        if self.discovery.not_asked:
            say(f"{self.discovery.not_asked} further links look like feeds; add one by its own address")

    def rows(self) -> list[dict[str, Any]]:
        """What `--json` prints: the feeds, then what was left out."""
        left_out = () if self.private else self.discovery.left_out
        return [
            *(_row(offer, self.private) for offer in self.offers),
            *(_left_out(one.url, one.reason) for one in left_out),
        ]

    def meant(self, pick: int | None, *, may_ask: bool) -> Offer:
        """The feed with that number, else the only one that is not of comments, else the one that is named when asked.

        Raises AggregatorError where that is none, or one that is subscribed to.
        """
        offer = self._picked(pick, may_ask=may_ask)
        if offer.holder:
            message = f"by {offer.held_by} it is the feed of source {offer.holder}; --no-check subscribes all the same"
            raise AggregatorError(message)
        return offer

    def _picked(self, pick: int | None, *, may_ask: bool) -> Offer:
        if pick is not None:
            if pick > len(self.offers):
                raise AggregatorError(f"there is no feed {pick}, they are 1 to {len(self.offers)}; nothing was written")
            return self.offers[pick - 1]
        likely = [offer for offer in self.offers if not offer.feed.is_of_comments] or list(self.offers)
        if len(likely) == 1:
            return likely[0]
        if not may_ask:
            raise AggregatorError(f"which of the {len(self.offers)} feeds? nothing was written: say --pick NUMBER")
        number = -1
        while not 0 <= number <= len(self.offers):
            number = typer.prompt("Which one (0 for none)", default=likely[0].number, type=int)
        if number == 0:
            raise typer.Abort
        return self.offers[number - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be subscribed to."""

    url: str
    title: str | None = None
    search: Search | None = None
    """Where it was found; None where nobody looked."""
    number: int = 1

    def rows(self, new: "NewSource") -> list[dict[str, Any]]:
        """What `--json` prints once it is a source."""
        rows = self.search.rows() if self.search else [_left_out(self.url, "")]
        rows[self.number - 1] |= {"url": None if new.private else new.url, "id": new.id, "added": True, "reason": None}
        return rows


def choose(found: "Configuration", looked: Search, pick: int | None, *, as_json: bool) -> Choice:
    """Show what was found and settle what is meant; a program is not asked. Raises AggregatorError."""
    may_ask = not as_json and sys.stdin.isatty() and sys.stdout.isatty()
    if not as_json:
        looked.show()
    try:
        offer = looked.meant(pick, may_ask=may_ask)
    except AggregatorError:
        if as_json:
            looked.print(as_json=True)
        raise
    feed = _better(found, offer.feed, private=looked.private, may_ask=may_ask)
    return Choice(url=feed.url, title=feed.title, search=looked, number=offer.number)


def search(found: "Configuration", typed: str, known: Mapping[str | None, str], *, private: bool) -> Search:
    """Look at the address and behind it. Raises AggregatorError where no feed is."""
    from aggregator.model.fetch import FetchFailed
    from aggregator.pipeline.discover import discover

    result = _looking(found, lambda looker: discover(looker, typed), private=private)
    shown = "the address" if private else typed
    if isinstance(result, FetchFailed):
        raise AggregatorError(f"{shown} cannot be read: {result.detail}; --no-check subscribes all the same")
    if not result.feeds:
        raise AggregatorError("\n".join(_nothing_found(shown, result, private=private)))
    windows = _windows(found)
    return Search(
        discovery=result,
        offers=tuple(_offer(number, feed, known, windows) for number, feed in enumerate(result.feeds, 1)),
        private=private,
    )


def _better(found: "Configuration", feed: "Found", *, private: bool, may_ask: bool) -> "Found":
    """The feed under the address to be written: as found, or that one better written.

    Another one that it calls its own is only offered: some feeds name the machine on which they were made.
    """
    from aggregator.discovery import is_other_spelling
    from aggregator.pipeline.discover import at_its_own_address

    better = _looking(found, lambda looker: at_its_own_address(looker, feed), private=private)
    if better is None:
        return feed
    if is_other_spelling(better.url, feed.url):
        return better
    if private:
        return feed
    typer.echo(f"the same entries are at {better.url}, which the feed calls its own address", err=True)
    return better if may_ask and typer.confirm("Subscribe to that address", default=True) else feed


def _looking(found: "Configuration", do: "Callable[[Looker], Coroutine[Any, Any, _T]]", *, private: bool) -> _T:
    async def run() -> _T:
        from aggregator.fetch import HttpFetcher
        from aggregator.pipeline.discover import Looker
        from aggregator.reading.read import Desk
        from aggregator.topics.match import compile_topics

        desk = Desk(agencies=found.agencies, matcher=compile_topics((), ()), site_title=found.site.title)
        with progress("looking", None) as tell:
            async with HttpFetcher(found.fetch) as fetcher:
                looker = Looker(
                    fetcher=fetcher,
                    desk=desk,
                    now=clock(),
                    private=private,
                    on_look=lambda url: tell("" if private else url),
                )
                return await do(looker)

    return loop.run(run())


def _nothing_found(shown: str, result: "Discovery", *, private: bool) -> list[str]:
    lines = [f"{shown} is {result.page}, and none was found behind it; give the address of the feed itself"]
    return lines if private else lines + [f"  {one.url}: {one.reason}" for one in result.left_out]


def _windows(found: "Configuration") -> dict[str, frozenset[bytes]]:
    """The keys of the entries that each source shows now."""
    store = open_store(found)
    try:
        if not store.is_current():
            return {}
        with store.rehearse() as batch:
            web = [source.id for source in found.sources if source.url]
            return {one: frozenset(key for key, _ in batch.window(one, None)) for one in web}
    finally:
        store.close()


def _offer(
    number: int, feed: "Found", known: Mapping[str | None, str], windows: Mapping[str, Collection[bytes]]
) -> Offer:
    from aggregator.discovery import holder_of

    for address in (feed.url, feed.landed_url, feed.own_url):
        if holder := known.get(normalise(address)):
            held_by = "the address that it calls its own" if address == feed.own_url else "the address where it is"
            return Offer(number=number, feed=feed, holder=holder, held_by=held_by)
    return Offer(number=number, feed=feed, holder=holder_of(feed.keys, windows), held_by="its entries")


def _cells(offer: Offer) -> tuple[str, ...]:
    feed = offer.feed
    share = f"{round(100 * feed.full_texts / feed.entries)} %" if feed.entries else ""
    return (
        f"{offer.number} {feed.title or 'a feed without a title'} ({feed.format})",
        str(feed.entries),
        feed.newest_at.date().isoformat() if feed.newest_at else "",
        feed.language or "",
        share,
    )


def _row(offer: Offer, private: bool) -> dict[str, Any]:
    feed = offer.feed
    return {
        "url": None if private else feed.url,
        "id": offer.holder,
        "added": False,
        "reason": f"subscribed to already as {offer.holder}" if offer.holder else None,
        "title": feed.title,
        "format": feed.format,
        "entries": feed.entries,
        "full_texts": feed.full_texts,
        "newest": feed.newest_at,
        "language": feed.language,
        "via": feed.via.value,
    }


def _left_out(url: str, reason: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("title", "format", "entries", "full_texts", "newest", "language", "via"))
    return {"url": url, "id": None, "added": False, "reason": reason, **nothing}
