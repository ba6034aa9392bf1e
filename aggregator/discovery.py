"""A page's bytes -> the addresses at which a feed may lie, likeliest first; and whether two addresses give the same feed."""

import codecs
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from aggregator.html import PageLink, page_links
from aggregator.urls import absolute, host_of, normalise, path_of

MAX_PAGE = 1_048_576
"""Bytes of a page that are looked at. Links to feeds stand in its head or its foot; few pages are larger."""
MAX_CANDIDATES = 30
"""A portal lists a feed for each of its sections."""
_MAX_WORDS = 200
_FEWEST_ENTRIES = 3

_FEED_TYPES = frozenset(
    ("application/atom+xml", "application/feed+json", "application/rdf+xml", "application/rss+xml", "application/x-rss+xml")
)  # fmt: skip
# Sites that mean a feed by it, but an oEmbed or a sitemap as well: its address must look like a feed.
_VAGUE_TYPES = frozenset(("", "application/json", "application/xml", "text/json", "text/rss", "text/xml"))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]+)", re.IGNORECASE)
_HEAD_BYTES = 2_048

_FEED_NAME = re.compile(r"(?:^|[/._-])(?:rss|atom|rdf|feeds?)(?:[0-9]*$|[0-9]*[/._-])", re.IGNORECASE)
_FEED_ENDING = re.compile(r"\.(?:atom|rdf|rss|xml|json)$", re.IGNORECASE)
_FEED_QUERY = re.compile(r"(?:^|&)(?:feed|format|type|alt|output|mode)=(?:rss|atom|rdf|feed|json)", re.IGNORECASE)
_FEED_WORDS = re.compile(r"\b(?:rss|atom|feeds?|web ?feed|newsfeed)\b|إكستر|خلاصات|лента rss", re.IGNORECASE)
_FEED_HOST = re.compile(r"^(?:feeds?|rss)[0-9]*\.", re.IGNORECASE)
# Neither is read: a list of pages, a list of feeds, what describes a search box or a web application.
_OTHER_XML = re.compile(
    r"sitemap|opensearch|\bosd\b|manifest|\.opml\b|wp-json|oembed|xmlrpc|wlwmanifest", re.IGNORECASE
)
_OTHER_ENDING = re.compile(
    r"\.(?:avif|css|docx?|gif|gz|ico|jpe?g|js|m4a|mp[34]|ogg|pdf|png|svg|webp|woff2?|xlsx?|zip)$", re.IGNORECASE
)
# "Add to reader": the address of a feed inside that of somebody else's service.
_ADDRESS_INSIDE = re.compile(r"https?(?::|%3a)(?:/|%2f)", re.IGNORECASE)
_COMMENTS = re.compile(r"\bcomments?\b|\breplies\b|commentaires|comentarios|kommentare|комментари|تعليق", re.IGNORECASE)
_USUAL_PATHS = (
    "/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feeds/posts/default", "/?feed=rss2",
)  # fmt: skip
# `example.org`, `example.org:8080/news`: typed without a scheme. "mailto:desk" has no port.
_BARE = re.compile(r"(?:[^\s/?#:@\[\]]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#]\S*)?")


class Via(StrEnum):
    """How an address was found."""

    GIVEN = "given"
    """It is the address that was asked for."""
    LINK = "link"
    """The page declares it: `<link rel="alternate">`."""
    PAGE = "page"
    """The page links to it like to any other, and it looks like one."""
    GUESS = "guess"
    """Many sites have one there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """An address at which a feed may lie."""

    url: str
    via: Via
    title: str | None = None
    """As the page calls it."""
    is_of_comments: bool = False


def addresses(typed: str) -> tuple[str, ...]:
    """The addresses that may be meant, to be tried in this order: a bare host is asked over TLS first."""
    typed = typed.strip()
    if "://" in typed or not _BARE.fullmatch(typed):
        return (typed,)
    return f"https://{typed}", f"http://{typed}"


def candidates(body: bytes, content_type: str | None, url: str) -> tuple[FoundLink, ...]:
    """Where the page says or shows that feeds are: declared ones first, then links that look like one, feeds of comments last.

    Web addresses only, each once, at most 30; `url` is where the page came from. Nothing of what they hold is known yet.
    """
    links = page_links(_decoded(body[:MAX_PAGE], content_type))
    base = next((absolute(url, link.href) for link in links if link.name == "base"), None) or url
    found = [one for one in _looking_like_feeds(links, base) if normalise(one.url) != normalise(url)]
    # Stable: within a kind the order is the page's own.
    found.sort(key=_rank)
    return _each_once(found)[:MAX_CANDIDATES]


def usual_places(url: str) -> tuple[FoundLink, ...]:
    """Where feeds lie on many sites, for a page that names none: below the page itself, then below the site's root."""
    own = path_of(url).rstrip("/")
    below = [absolute(url, f"{own}{path}") for path in _USUAL_PATHS[:2]] if own and "." not in own else []
    found = [*below, *(absolute(url, path) for path in _USUAL_PATHS)]
    return _each_once(FoundLink(url=one, via=Via.GUESS) for one in found if one)


def share_entries(one: Collection[bytes], other: Collection[bytes]) -> bool:
    """Whether both are one feed by what they hold: half of the first's entries, and three of the other's or all it has."""
    shared = len(set(one) & set(other))
    return shared > 0 and 2 * shared >= len(set(one)) and shared >= min(_FEWEST_ENTRIES, len(set(other)))


def holder_of(keys: Collection[bytes], windows: Mapping[str, Collection[bytes]]) -> str | None:
    """The source that shows at least half of these entries, three at least: the one that shares most; None where none does.

    Fewer prove nothing: two sites that begin with the same press release are not one feed.
    """
    own = set(keys)
    shared = {source_id: len(own & set(window)) for source_id, window in windows.items()}
    enough = {one: count for one, count in shared.items() if count >= _FEWEST_ENTRIES and 2 * count >= len(own)}
    return max(sorted(enough), key=lambda one: enough[one], default=None)


def is_other_spelling(own: str, url: str) -> bool:
    """Whether the address that a feed calls its own is the one we have, better written: over TLS, without a session's or a
    campaign's parameters.
    """
    if own == url or normalise(own) is None or normalise(own) != normalise(url):
        return False
    if urlsplit(own).scheme != urlsplit(url).scheme:
        return own.startswith("https:")
    return len(own) < len(url)


def _decoded(body: bytes, content_type: str | None) -> str:
    """Addresses are ASCII: a wrong charset costs a title its letters, nothing else."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    declared = _CHARSET.search(content_type or "") or _CHARSET.search(body[:_HEAD_BYTES].decode("latin-1"))
    try:
        return body.decode(declared[1] if declared else "utf-8", "replace")
    except (LookupError, UnicodeError):  # no charset, or none of a text
        return body.decode("utf-8", "replace")


def _looking_like_feeds(links: Iterable[PageLink], base: str) -> Iterator[FoundLink]:
    for link in links:
        url = absolute(base, link.href)
        if url is None or link.name == "base":
            continue
        via = _declares(link, url) if link.name == "link" else _looks(link, url, base)
        if via:
            words = link.words[:_MAX_WORDS] or None
            is_of_comments = bool(_COMMENTS.search(f"{urlsplit(url).path} {words}"))
            yield FoundLink(url=url, via=via, title=words, is_of_comments=is_of_comments)


def _rank(found: FoundLink) -> tuple[bool, bool, bool, bool]:
    """Sorts the likelier first: an article about feeds has the word in its address, a feed ends in it."""
    path = urlsplit(found.url).path.rstrip("/")
    is_of_json = path.lower().endswith(".json")
    ends_like_one = bool(_FEED_ENDING.search(path) or _FEED_NAME.search(path.rpartition("/")[2]))
    return found.is_of_comments, found.via is not Via.LINK, is_of_json, found.via is Via.PAGE and not ends_like_one


def _declares(link: PageLink, url: str) -> Via | None:
    if "feed" not in link.rel and ("alternate" not in link.rel or "stylesheet" in link.rel):
        return None
    if link.type in _FEED_TYPES or "feed" in link.rel:
        return Via.LINK
    return Via.LINK if link.type in _VAGUE_TYPES and _address_looks(url) else None


def _looks(link: PageLink, url: str, base: str) -> Via | None:
    """A link to another host must look more like a feed than one to a page about feeds does."""
    if link.type in _FEED_TYPES:
        return Via.PAGE
    if _ADDRESS_INSIDE.search(url, len("https://")) or _OTHER_ENDING.search(urlsplit(url).path):
        return None
    if _site(url) != _site(base):
        is_feed = _FEED_HOST.search(host_of(url)) or (_address_looks(url) and _FEED_ENDING.search(urlsplit(url).path))
        return Via.PAGE if is_feed else None
    is_named = _FEED_WORDS.search(link.words) and not _OTHER_XML.search(url)
    return Via.PAGE if is_named or _address_looks(url) else None


def _address_looks(url: str) -> bool:
    parts = urlsplit(url)
    if _OTHER_XML.search(f"{parts.path}?{parts.query}"):
        return False
    path = parts.path.rstrip("/")
    return bool(_FEED_NAME.search(path) or _FEED_QUERY.search(parts.query) or path.lower().endswith(".xml"))


def _site(url: str) -> str:
    return host_of(url).removeprefix("www.")


def _each_once(found: Iterable[FoundLink]) -> tuple[FoundLink, ...]:
    """Each address once: where one is linked twice the first, which ranks higher, stays."""
    kept: dict[str | None, FoundLink] = {}
    for one in found:
        kept.setdefault(normalise(one.url), one)
    return tuple(kept.values())
