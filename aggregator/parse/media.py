"""What feedparser loses of an entry: pictures, films and their captions (Media RSS), podcasts' transcripts, chapters and people,
and the entries that a document takes back (RFC 6721). `bounds` mixes it into both of feedparser's parsers.

feedparser keeps the last of such elements, takes a caption for the entry's description and a film's title for its own.
Its parsers call back by name: the names of the methods are its.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import feedparser.api

from aggregator.model.namespace import AGG
from aggregator.model.parsed import Link, MediaRole, Person, Relay, Tombstone
from aggregator.urls import absolute, is_iri, is_web

NAMESPACES = {
    **feedparser.api.StrictFeedParser.namespaces,
    "https://podcastindex.org/namespace/1.0": "podcast",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "http://purl.org/atompub/tombstones/1.0": "at",
    AGG: "agg",
}
# Podlove's chapters as a link of Atom (https://podlove.org/simple-chapters/).
_CHAPTERS = "http://podlove.org/simple-chapters"
MAX_RELAYS = 20
"""Desks that take from each other are a handful; a longer chain is a made-up one."""
_KEPT = ("enclosure", "related", "via")

# Where captions and credits stand: in an item, a group or a content; the inner one counts (Media RSS 1.5.1, "optional elements").
_Scope = dict[str, Any]


class MediaElements:
    """The handlers. What they find lies in the entry under `media_found`, `people_found` and `media_caption`."""

    _get_context: Any
    pop: Any
    push: Any
    feeddata: Any

    def __init__(self, *arguments: Any) -> None:
        self._scopes: list[_Scope] = []
        self._person: Mapping[str, str] = {}
        super().__init__(*arguments)

    def _scope(self) -> _Scope:
        if self._scopes:
            return self._scopes[-1]
        scope: _Scope = self._get_context().setdefault("media_scope", {})
        return scope

    def _found(self, attributes: Mapping[str, str], role: MediaRole | None) -> _Scope:
        found: _Scope = {"attributes": attributes, "role": role, "around": self._scope()}
        self._get_context().setdefault("media_found", []).append(found)
        return found

    def _start_media_group(self, _attributes: Any) -> None:
        self._scopes.append({"around": self._scope()})

    def _end_media_group(self) -> None:
        # An end that is missing, inside or before, ends with the group.
        self._scopes.clear()

    def _start_media_content(self, attributes: Any) -> None:
        self._scopes.append(self._found(attributes, None))

    def _end_media_content(self) -> None:
        if self._scopes and "attributes" in self._scopes[-1]:
            self._scopes.pop()

    def _start_media_thumbnail(self, attributes: Any) -> None:
        self._found(attributes, MediaRole.THUMBNAIL)

    def _end_media_thumbnail(self) -> None:
        """Not feedparser's, which takes the text of the element for an address."""

    def _start_media_title(self, _attributes: Any) -> None:
        self.push("media_title", 1)

    def _end_media_title(self) -> None:
        self._scope().setdefault("title", self.pop("media_title"))

    def _start_media_description(self, _attributes: Any) -> None:
        self.push("media_caption", 1)

    def _end_media_description(self) -> None:
        self._scope().setdefault("caption", self.pop("media_caption"))

    def _start_media_credit(self, _attributes: Any) -> None:
        self.push("media_credit", 1)

    def _end_media_credit(self) -> None:
        self._scope().setdefault("credits", []).append(self.pop("media_credit"))

    def _start_podcast_transcript(self, attributes: Any) -> None:
        self._found(attributes, MediaRole.TRANSCRIPT)

    def _start_podcast_chapters(self, attributes: Any) -> None:
        self._found(attributes, MediaRole.CHAPTERS)

    def _start_podcast_person(self, attributes: Any) -> None:
        self._person = attributes
        self.push("podcast_person", 1)

    def _end_podcast_person(self) -> None:
        name = self.pop("podcast_person")
        self._get_context().setdefault("people_found", []).append({**self._person, "name": name})

    def _start_agg_relay(self, attributes: Any) -> None:
        self._get_context().setdefault("relays_found", []).append(attributes)

    def _start_agg_copy(self, _attributes: Any) -> None:
        self._get_context()["copies_found"] = True

    def _start_deleted_entry(self, attributes: Any) -> None:
        self.feeddata.setdefault("deleted_found", []).append(attributes)


# No name of Python's has a hyphen.
setattr(MediaElements, "_start_at_deleted-entry", MediaElements._start_deleted_entry)  # noqa: SLF001  a callback


# feedparser's dictionaries hold whatever the document held: an element of the same name may have taken the place of a list. Their
# own `get` answers "updated" with "published" and a warning, and needs 3 us to say that there is nothing.
def one_of(raw: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The dictionary of that name; None for nothing and for anything else."""
    value = dict.get(raw, name)
    return value if isinstance(value, dict) else None


def all_of(raw: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The dictionaries in the list of that name."""
    value = dict.get(raw, name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def links_of(raw: dict[str, Any], base: str | None, most: int) -> tuple[Link, ...]:
    """An entry's links but its own page, and its media; at most so many.

    Links are read here because feedparser's `enclosures` is missing on entries that have no link.
    """
    links = [link for one in all_of(raw, "links")[:most] if (link := _link(one, base))]
    links += [link for one in all_of(raw, "content") if (link := _content_elsewhere(one, base))]
    links += [link for found in all_of(raw, "media_found")[:most] if (link := _media(found, base))]
    length = seconds(dict.get(raw, "itunes_duration"))
    enclosed = [at for at, link in enumerate(links) if link.rel == "enclosure" and link.role is None] if length else []
    if len(enclosed) == 1:  # of several files it is not said which
        links[enclosed[0]] = replace(links[enclosed[0]], duration_s=links[enclosed[0]].duration_s or length)
    cover = one_of(raw, "image")
    if cover and (href := absolute(base, cover.get("href"))):
        links.append(Link(href=href, rel="enclosure", role=MediaRole.THUMBNAIL))
    return tuple(dict.fromkeys(links))[:most]


def _link(raw: dict[str, Any], base: str | None) -> Link | None:
    rel = dict.get(raw, "rel")
    if rel not in _KEPT and rel != _CHAPTERS:
        return None
    href = absolute(base, dict.get(raw, "href"))
    if href is None:
        return None
    return Link(
        href=href,
        rel="enclosure" if rel == _CHAPTERS else rel,
        type=dict.get(raw, "type") or None,
        title=dict.get(raw, "title") or None,
        length=_number(dict.get(raw, "length")),
        role=MediaRole.CHAPTERS if rel == _CHAPTERS else None,
    )


def _content_elsewhere(raw: dict[str, Any], base: str | None) -> Link | None:
    """Atom's content that stands at another address (RFC 4287 4.1.3.2)."""
    href = absolute(base, dict.get(raw, "src")) if dict.get(raw, "src") else None
    return Link(href=href, rel="enclosure", type=dict.get(raw, "type") or None) if href else None


def _media(found: _Scope, base: str | None) -> Link | None:
    attributes = found["attributes"]
    href = absolute(base, attributes.get("url"))
    if href is None:
        return None
    is_content = found["role"] is None
    return Link(
        href=href,
        rel="enclosure",
        type=attributes.get("type") or _MEDIUM.get(attributes.get("medium")),
        title=_nearest(found, "title") if is_content else None,
        length=_number(attributes.get("filesize")),
        role=found["role"],
        width=_number(attributes.get("width")),
        height=_number(attributes.get("height")),
        duration_s=seconds(attributes.get("duration")),
        caption=_nearest(found, "caption") if is_content else None,
        credit=", ".join(filter(None, _nearest(found, "credits") or ()))[:_MAX_CREDIT] or None if is_content else None,
        language=attributes.get("lang") or attributes.get("language") or None,
    )


_MAX_CREDIT = 1_000
_MAX_NAME = 2_000
# Media RSS 1.5.1: "medium" stands where no type does.
_MEDIUM = {"image": "image/*", "audio": "audio/*", "video": "video/*"}


def _nearest(scope: _Scope, name: str) -> Any:
    """What the innermost scope says that says anything."""
    around: _Scope | None = scope
    while around is not None:
        if around.get(name):
            return around[name]
        around = around.get("around")
    return None


def _number(printed: object) -> int | None:
    """A count or size as printed, "640" or "640px"; None for anything else, or for 0, which says nothing."""
    digits = str(printed or "").strip().removesuffix("px")
    return int(digits) or None if digits.isascii() and digits.isdecimal() and len(digits) < 16 else None


def seconds(printed: object) -> float | None:
    """A duration as podcasts print it: "95", "1:35", "01:02:03"."""
    parts = str(printed or "").strip().split(":")
    try:
        values = [float(part) if part.replace(".", "", 1).isdecimal() and len(part) < 9 else None for part in parts]
    except ValueError:  # digits that are none of float's
        return None
    if None in values or not 1 <= len(values) <= 3:
        return None
    total = 0.0
    for value in values:
        total = total * 60 + (value or 0.0)
    return total or None


def people_found(raw: dict[str, Any], base: str | None) -> Iterable[Person]:
    """Contributors, then those whom a podcast names, each with a role."""
    for person in all_of(raw, "contributors"):
        name = person.get("name") or person.get("email") or person.get("href")
        if name:
            uri = absolute(base, person.get("href"))
            yield Person(name=str(name), email=person.get("email"), uri=uri, role="contributor")
    for person in all_of(raw, "people_found"):
        if person["name"]:
            uri = person.get("href")
            # podcast:person: the role is "host" where none is named.
            role = str(person.get("role") or "host").strip().lower()
            yield Person(name=person["name"], uri=uri if is_web(uri) else None, role=role)


def relays(raw: dict[str, Any]) -> tuple[Relay, ...]:
    """The feeds that republished the entry before its document did."""
    found = all_of(raw, "relays_found")[:MAX_RELAYS]
    return tuple(
        Relay(feed=one["feed"], entry=one["entry"], title=one.get("title") or None)
        for one in found
        if is_name(one.get("feed")) and is_name(one.get("entry"))
    )


def is_name(value: str | None) -> bool:
    """Whether it may be the id of a feed or an entry in a chain."""
    return bool(value) and len(value or "") <= _MAX_NAME and is_iri(value or "")


def tombstones(raw: dict[str, Any], most: int) -> tuple[Tombstone, ...]:
    """The entries that the document takes back, in its order."""
    found = all_of(raw, "deleted_found")[:most]
    return tuple(Tombstone(ref=one["ref"].strip(), when=one.get("when")) for one in found if one.get("ref", "").strip())
