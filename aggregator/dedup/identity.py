"""Entries of one document -> the keys they are known by, their fingerprints and the name an id is minted from."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1
from uuid import UUID

from aggregator.model.article import Article
from aggregator.model.identity import Fingerprints, Key, KeyKind
from aggregator.model.parsed import Entry
from aggregator.text import digest, folded
from aggregator.urls import has_path, is_home_page, normalise

PROJECT_NAMESPACE = UUID("6d1c3f0e-7a52-4b0b-9a57-2f6f6f0e5c11")
"""Never changed: a lost store must mint the same ids again (rules R5)."""

_MIN_WORDS_OF_A_BODY = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKeys:
    """An entry with the keys it is known by, first the one that is its own."""

    entry: Entry
    keys: tuple[Key, ...]
    url_is_ambiguous: bool
    offers: tuple[bytes, ...]
    """`offers(entry)`."""


def entry_keys(entries: Iterable[Entry]) -> tuple[EntryKeys, ...]:
    """Entries with their keys (rules R1), exact repeats and second entries under one key left out.

    A value is a key only if it does not stand under two different folded titles in this document: of 175 real
    documents one has 99 entries under one link.
    """
    offered = [_offer(entry) for entry in entries]
    titles: dict[Key, set[str]] = {}
    url_titles: dict[str, set[str]] = {}
    for entry, title, keys in offered:
        for key in keys:
            titles.setdefault(key, set()).add(title)
        if url := normalise(entry.link):
            url_titles.setdefault(url, set()).add(title)
    found: dict[bytes, EntryKeys] = {}
    for entry, _, keys in offered:
        unique = tuple(key for key in keys if len(titles[key]) == 1)
        ambiguous = len(url_titles.get(normalise(entry.link) or "", ())) > 1
        if unique[0].digest not in found:
            offered_by = _offers(keys, normalise(entry.link))
            found[unique[0].digest] = EntryKeys(entry=entry, keys=unique, url_is_ambiguous=ambiguous, offers=offered_by)
    return tuple(found.values())


def offers(entry: Entry) -> tuple[bytes, ...]:
    """Eight bytes for each value that the entry may be known by, unique or not, and for its canonical URL.

    Two entries of one document that share none of them do not touch each other's keys (rules R1).
    """
    _, _, keys = _offer(entry)
    return _offers(keys, normalise(entry.link))


def _offers(keys: tuple[Key, ...], url: str | None) -> tuple[bytes, ...]:
    digests = [key.digest for key in keys] + ([digest("url", url)] if url else [])
    return tuple(one[:8] for one in digests)


def document_keys(path: str, text: bytes) -> tuple[Key, ...]:
    """Keys of a local document: its path, then its text, by which a moved file is known (rules R5)."""
    return (path_key(path), _key(KeyKind.DIGEST, text.hex()))


def path_key(path: str) -> Key:
    """The key of the local document at that path relative to its source."""
    return _key(KeyKind.PATH, path)


def guid_key(guid: str) -> Key:
    """The key of the entry that its source calls so."""
    return _key(KeyKind.GUID, guid)


def fingerprints(article: Article) -> Fingerprints:
    """What the article is compared by."""
    title, body = folded(article.headline), folded(article.body_text)
    url = article.normalized_url
    return Fingerprints(
        text=digest(article.headline, article.standfirst or "", article.body_html or article.body_text),
        material=digest(title, body),
        title=digest(title),
        body=digest(body) if body.count(" ") + 1 >= _MIN_WORDS_OF_A_BODY else None,
        url=digest(url) if url and has_path(url) else None,
    )


def mint_name(source_id: str, keys: tuple[Key, ...], article: Article) -> str:
    """The name an article's uri is minted from (rules R5): no host, no year, nothing that an edit of a feed changes."""
    if not article.is_local:
        return f"{source_id}\n{keys[0].kind}:{keys[0].value}"
    place = folded(article.dateline.places[0].name) if article.dateline and article.dateline.places else ""
    created = article.content_created
    day = created.value.strftime("%m-%d") if created else ""
    agency = article.agency.id if article.agency else ""
    return "\n".join((agency, place, day, folded(article.headline), folded(article.body_text)[:200]))


@lru_cache(maxsize=1024)
def mint(name: str, attempt: int = 1) -> str:
    """The uri for a name; attempts after the first are for names whose uri another article has taken."""
    return _urn(name if attempt == 1 else f"{name}#{attempt}")


def story_uri(first: str, attempt: int = 1) -> str:
    """The permanent uri of the story that began with that article; attempts after the first are for a second such story."""
    return mint(f"story\n{first}", attempt)


def source_uri(source_id: str) -> str:
    """The id of a source that has none of its own (rules R34)."""
    return _urn(source_id)


def _urn(name: str) -> str:
    """`uuid5(PROJECT_NAMESPACE, name).urn` (RFC 9562 5.5) at a third of its price: it is asked for every entry."""
    hashed = sha1(PROJECT_NAMESPACE.bytes + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(hashed[16], 16) & 3]
    return f"urn:uuid:{hashed[:8]}-{hashed[8:12]}-5{hashed[13:16]}-{variant}{hashed[17:20]}-{hashed[20:32]}"


def _offer(entry: Entry) -> tuple[Entry, str, tuple[Key, ...]]:
    """The entry, the title that tells it from another under the same key, and what it may be known by.

    A site's bare address is no entry's link: a source that links all to its home page and shows one entry a day would
    otherwise be one article, edited daily.
    Micro-blog entries have no title: their text stands for it, so that two of them never share a digest.
    """
    title = entry.title.value if entry.title else ""
    words = folded(title)
    body = entry.content or entry.summary
    text = body.value if body and not words else ""
    named = digest(title, entry.published or entry.updated or "", entry.link or "", text)
    guid = (guid_key(entry.guid),) if entry.guid else ()
    link = (_key(KeyKind.LINK, entry.link),) if entry.link and not is_home_page(entry.link) else ()
    return entry, words or folded(text), (*guid, *link, _key(KeyKind.DIGEST, named.hex()))


def _key(kind: KeyKind, value: str) -> Key:
    return Key(kind=kind, value=value, digest=digest(kind.value, value))
