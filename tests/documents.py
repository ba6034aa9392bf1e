"""Documents in our own words for the tests of the pipe: RSS with numbered items, a wire text, a file with its time."""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.model.source import Announce, Republish, Source, SourceKind
from tests.desk import START
from tests.loopback import Server


def item(
    number: int,
    *,
    title: str | None = None,
    text: str = "A short text.",
    guid: str | None = None,
    link: str | None = None,
    at: datetime = START - timedelta(hours=1),
) -> str:
    """An RSS item; `guid=""` leaves the guid out."""
    name = f"tag:example.org,2026:{number}" if guid is None else guid
    printed = f'<guid isPermaLink="false">{name}</guid>' if name else ""
    return (
        f"<item>{printed}<title>{title or f'Item {number}'}</title><link>{link or f'https://example.org/{number}'}</link>"
        f"<description>{text}</description><pubDate>{at:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
    )


def rss(*items: str, title: str = "A source") -> bytes:
    head = f"<title>{title}</title><link>https://example.org/</link><description>d</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def feed_source(server: Server, path: str = "/feed", **values: object) -> Source:
    """A source that the server has at the path; its id is the path."""
    name = path.strip("/") or "feed"
    return replace(Source(id=name, kind=SourceKind.FEED, url=server.url(path)), **values)  # type: ignore[arg-type]


def folder_source(path: Path, **values: object) -> Source:
    """A folder of wire texts, old ones announced too."""
    source = Source(id="folder", kind=SourceKind.FOLDER, path=path, republish=Republish.FULL, announce=Announce.ALL)
    return replace(source, **values)  # type: ignore[arg-type]


def write(folder: Path, name: str, text: str, at: datetime = START - timedelta(minutes=5)) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def wire(headline: str = "Envoys meet in the capital", number: int = 7) -> str:
    return (
        f"{headline}\n\nTRIPOLI, February 28, 2026. /DESK/. Envoys of {number} states met in the capital on Saturday to "
        "talk about the road to elections, and agreed to meet again within the month.\n\nThe hosts called the meeting useful.\n"
    )
