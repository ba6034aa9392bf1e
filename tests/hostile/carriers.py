"""Feeds in which every place that a feed has for text or an address carries a payload."""

import json
from collections.abc import Callable, Iterable
from html import escape

from tests.hostile import ELSEWHERE, PAYLOADS, Payload, encoded

_SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
_DATE, _ISO = "Sun, 01 Mar 2026 11:00:00 GMT", "2026-03-01T11:00:00Z"
Carrier = Callable[[str, str], str]
"""(payload, a name that is no other entry's) -> an item or entry."""


def _once(text: str) -> str:
    return escape(text)


def _twice(text: str) -> str:
    return escape(escape(text))


def _section(text: str) -> str:
    """As CDATA; the end of a section inside it is left to do its work."""
    return f"<![CDATA[{text}]]>"


def _words(name: str) -> str:
    """A text that no other entry has, whatever else stands in it."""
    return f"{name} " * 20


def _rss_named(name: str) -> str:
    return (
        f'<guid isPermaLink="false">tag:example.org,2026:{name}</guid><link>https://example.org/{name}</link>'
        f"<pubDate>{_DATE}</pubDate>"
    )


def _rss_fields(payload: str, name: str) -> str:
    """In every field of an item but its text."""
    value = _once(payload)
    return (
        f"<item><guid>{value} {name}</guid><link>{value} {name}</link><title>{name} {value}</title><pubDate>{_DATE}</pubDate>"
        f"<author>{value}</author><dc:creator>{value}</dc:creator><comments>{value}</comments><dc:rights>{value}</dc:rights>"
        f'<category domain="{value}">{value}</category><enclosure url="{value}" type="{value}" length="9"/>'
        f'<enclosure url="https://example.org/{name}.mp3" type="{value}" length="9"/><source url="{value}">{value}</source>'
        f'<media:content url="{value}" type="{value}" medium="image"><media:title>{value}</media:title></media:content>'
        f'<media:content url="https://example.org/{name}.png"><media:title>{value}</media:title>'
        f'<media:description type="html">{value}</media:description><media:credit>{value}</media:credit></media:content>'
        f'<media:thumbnail url="{value}"/><podcast:person href="{value}" role="{value}">{value}</podcast:person>'
        f'<podcast:transcript url="{value}" type="{value}"/><itunes:image href="{value}"/><dc:language>{value}</dc:language>'
        f"<description>{_words(name)}</description></item>"
    )


def _rss_text(element: str, carry: Callable[[str], str]) -> Carrier:
    """In title, author, category and one of the elements that hold an item's text."""

    def item(payload: str, name: str) -> str:
        value = carry(payload)
        return (
            f"<item>{_rss_named(name)}<title>{value} {name}</title><dc:creator>{value}</dc:creator>"
            f"<category>{value}</category><{element}>{carry(f'{payload}<p>{_words(name)}</p>')}</{element}></item>"
        )

    return item


def _rss_caption(payload: str, name: str) -> str:
    """In a picture's caption, which stands for the text of an item that has none."""
    value = _once(payload)
    return (
        f'<item>{_rss_named(name)}<title>{name}</title><media:group><media:content url="https://example.org/{name}.png"/>'
        f'<media:description type="html">{value}&lt;/p&gt;</media:description></media:group></item>'
    )


def _atom_fields(payload: str, name: str) -> str:
    value = _once(payload)
    person = f"<name>{value}</name><uri>{value}</uri><email>{value}</email>"
    return (
        f'<entry xml:lang="{value}" xml:base="{value}"><id>{value} {name}</id><title type="html">{name} {value}</title>'
        f"<updated>{_ISO}</updated><author>{person}</author><contributor>{person}</contributor>"
        f'<category term="{value}" scheme="{value}" label="{value}"/><link href="{value} {name}"/><link rel="{value}" href="{value}"/>'
        f'<link rel="enclosure" href="{value}" type="{value}" title="{value}" length="{value}"/>'
        f'<link rel="enclosure" href="https://example.org/{name}.mp3" type="{value}" title="{value}"/>'
        f'<link rel="related" href="{value}"/><link rel="via" href="{value}"/><rights type="html">{value}</rights>'
        f'<source><id>{value}</id><title type="html">{value}</title><link href="{value}"/><link rel="self" href="{value}"/>'
        f"<rights>{value}</rights><author>{person}</author><updated>{value}</updated></source>"
        f'<summary type="html">{value}</summary><content type="html">{value}&lt;p&gt;{_words(name)}&lt;/p&gt;</content></entry>'
    )


def _atom_text(kind: str) -> Carrier:
    """As text constructs of that type."""

    def entry(payload: str, name: str) -> str:
        value = payload if kind == "xhtml" else _once(payload)
        inside = f'<div xmlns="http://www.w3.org/1999/xhtml">{value}</div>' if kind == "xhtml" else value
        return (
            f'<entry><id>tag:example.org,2026:{name}</id><link href="https://example.org/{name}"/><updated>{_ISO}</updated>'
            f'<title type="{kind}">{inside}</title><summary type="{kind}">{inside}</summary>'
            f'<content type="{kind}">{inside}</content></entry>'
        )

    return entry


RSS: dict[str, Carrier] = {
    "rss-fields": _rss_fields,
    "rss-description": _rss_text("description", _once),
    "rss-description-section": _rss_text("description", _section),
    "rss-description-twice": _rss_text("description", _twice),
    "rss-content": _rss_text("content:encoded", _section),
    "rss-caption": _rss_caption,
}
ATOM: dict[str, Carrier] = {
    "atom-fields": _atom_fields,
    "atom-text": _atom_text("text"),
    "atom-html": _atom_text("html"),
    "atom-as-page": _atom_text("text/html"),
}
BROKEN: dict[str, Carrier] = {
    "rss-unescaped": _rss_text("description", str),
    "atom-xhtml": _atom_text("xhtml"),
}
"""Those in which a payload stands as it is: most make the document ill-formed, so each has one of its own."""


def rss(items: Iterable[str], head: str = "A source") -> bytes:
    """A document; what is given for its head stands in each of its fields."""
    value = _once(head)
    fields = "".join(
        f"<{name}>{value}</{name}>" for name in ("title", "link", "description", "copyright", "managingEditor")
    )
    return encoded(
        f'<?xml version="1.0"?><rss version="2.0" {_SPACES}><channel>{fields}{"".join(items)}</channel></rss>'
    )


def atom(entries: Iterable[str], head: str = "A source") -> bytes:
    """A document; what is given for its head stands in each of its fields."""
    value = _once(head)
    fields = (
        f'<id>{value}</id><title type="html">{value}</title><subtitle type="html">{value}</subtitle><updated>{_ISO}</updated>'
        f'<link href="{value}"/><link rel="self" href="{value}"/><link rel="hub" href="{value}"/><rights>{value}</rights>'
        f"<author><name>{value}</name><uri>{value}</uri></author>"
    )
    return encoded(f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{fields}{"".join(entries)}</feed>')


def json_feed(payloads: Iterable[Payload], at: str = ELSEWHERE, head: str = "A source") -> bytes:
    """JSON Feed; each payload in every field of an item."""

    def item(payload: Payload) -> dict[str, object]:
        value, name = payload.aimed(at), f"json-{payload.number}"
        return {
            "id": f"{value} {name}",
            "url": f"{value} {name}",
            "external_url": value,
            "title": f"{name} {value}",
            "summary": value,
            "content_html": f"{value}<p>{_words(name)}</p>",
            "image": value,
            "banner_image": value,
            "date_published": _ISO,
            "authors": [{"name": value, "url": value, "avatar": value}],
            "tags": [value],
            "language": value,
            "attachments": [{"url": value, "mime_type": value, "title": value}],
        }

    fields = {"title": head, "home_page_url": head, "feed_url": head, "description": head, "icon": head}
    document = {"version": "https://jsonfeed.org/version/1.1", **fields, "items": [item(one) for one in payloads]}
    return encoded(json.dumps(document, ensure_ascii=False))


def _page(payload: str, name: str) -> str:
    value = _once(payload)
    return (
        f'<html lang="{value}"><head><title>{value} {name}</title><meta name="author" content="{value}">'
        f'<meta property="og:title" content="{name} {value}"><meta name="description" content="{value}">'
        f'<link rel="canonical" href="{value}"><base href="{value}"></head><body><article><h1>{name} {value}</h1>'
        f"<p>{_words(name)}</p>{payload}<p>{_words(name)}</p></article></body></html>"
    )


def _mail(payload: str, name: str) -> str:
    line = " ".join(payload.split())
    return (
        f"From: {line} <a@example.org>\nSubject: {name} {line}\nDate: {_DATE}\nList-ID: {line}\nMessage-ID: <{line}>\n"
        f"Content-Type: text/html; charset=utf-8\n\n<p>{_words(name)}</p>{payload}<p>{_words(name)}</p>\n"
    )


def _ninjs(payload: str, name: str) -> str:
    fields = {
        "uri": f"urn:example:{name}",
        "headline": f"{name} {payload}",
        "byline": payload,
        "description_text": payload,
        "copyrightnotice": payload,
        "located": payload,
        "creditline": payload,
        "url": payload,
        "versioncreated": _ISO,
        "subject": [{"name": payload, "code": payload, "scheme": payload}],
        "infosources": [{"name": payload, "literal": payload}],
        "associations": {
            "a": {"type": "picture", "uri": "urn:a", "renditions": {"b": {"href": payload, "mimetype": payload}}}
        },
        "body_html": f"<p>{_words(name)}</p>{payload}",
    }
    return json.dumps(fields, ensure_ascii=False)


def _wire(payload: str, name: str) -> str:
    line = " ".join(payload.split())
    text = f"{line} {_words(name)}\n\n{payload}\n\n{_words(name)}"
    return f"---\nheadline: {json.dumps(f'{name} {line}')}\nauthor: {json.dumps(line)}\n---\n\n{text}\n"


LOCAL: dict[str, Carrier] = {".html": _page, ".eml": _mail, ".json": _ninjs, ".md": _wire, ".txt": _wire}
"""Documents of a folder, by the end of their name; each has one text."""


def documents(at: str = ELSEWHERE) -> dict[str, bytes]:
    """Every payload in every carrier, by name; together where the document stays well-formed and its charset what it is."""
    quiet = together()
    found = {"json-all": json_feed(quiet, at)}
    for name, carrier in (RSS | ATOM).items():
        found[f"{name}-all"] = _whole(name)(carrier(one.aimed(at), f"{name}-{one.number}") for one in quiet)
    for payload in PAYLOADS:
        aimed, alone = payload.aimed(at), BROKEN if payload in quiet else BROKEN | RSS | ATOM
        for name, carrier in alone.items():
            named = f"{name}-{payload.number}"
            found[named] = _whole(name)([carrier(aimed, named)], aimed)
    return found


def together() -> tuple[Payload, ...]:
    """The payloads that share a document."""
    return tuple(payload for payload in PAYLOADS if not _disturbs(payload))


def _whole(name: str) -> Callable[..., bytes]:
    return rss if name.startswith("rss") else atom


def _disturbs(payload: Payload) -> bool:
    """By the end of a section, by bytes of no charset, by its length."""
    is_text = not any("\uf780" <= character <= "\uf7ff" for character in payload.markup)
    return not is_text or "]]>" in payload.markup or payload.kind == "length"
