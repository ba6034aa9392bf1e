"""A sighting and the stored articles it may be -> a verdict. Exact identity only; nothing here looks alike."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from aggregator.model.article import Article
from aggregator.model.identity import Candidate, Key, KeyKind, Relation, Sighting, Verdict
from aggregator.text import folded, words_in_order

_IN_SOURCE = (KeyKind.GUID, KeyKind.PATH, KeyKind.LINK, KeyKind.DIGEST)
_SHARED_WORDS = 0.9


class _Known(NamedTuple):
    candidate: Candidate | None
    kind: KeyKind | None
    reused: tuple[Key, ...]
    """Keys that named another article until now."""


def decide(sighting: Sighting, candidates: Iterable[Candidate], document_keys: frozenset[bytes]) -> Verdict:
    """Which article the sighting is (rules R1-R3), with the reason in words.

    `document_keys` are the own keys of all entries of the sighting's document, and of all files of its folder: while
    the owning entry stands there too, only that entry edits the article.
    """
    candidates = tuple(candidates)
    known, kind, reused = _in_source(sighting, candidates, document_keys)
    if known is not None:
        return replace(_relation(sighting, known, document_keys, f"known {kind}"), rebind=reused)
    copy = _across_sources(sighting, candidates)
    if copy is not None:
        candidate, reason = copy
        return replace(_relation(sighting, candidate, document_keys, reason), rebind=reused)
    reason = f"{reused[0].kind} reused for another text" if reused else "no known key"
    return Verdict(relation=Relation.NEW, reason=reason, rebind=reused)


def _in_source(sighting: Sighting, candidates: tuple[Candidate, ...], document_keys: frozenset[bytes]) -> _Known:
    """The article that a key of this source names, in the order of look-up."""
    reused: tuple[Key, ...] = ()
    for kind in _IN_SOURCE:
        for candidate in candidates:
            if kind not in candidate.via:
                continue
            if _is_reused(kind, sighting, candidate, document_keys):
                reused = tuple(key for key in sighting.keys if key.kind is kind)
                continue
            return _Known(candidate, kind, reused)
    return _Known(None, None, reused)


def _is_reused(kind: KeyKind, sighting: Sighting, candidate: Candidate, document_keys: frozenset[bytes]) -> bool:
    """Whether the key that was found no longer stands for the article it named."""
    if kind is KeyKind.GUID:
        return _is_guid_reused(sighting, candidate)
    return kind is KeyKind.PATH and _is_copied_file_rewritten(sighting, candidate, document_keys)


def _is_guid_reused(sighting: Sighting, candidate: Candidate) -> bool:
    """Another URL, another title and a later date under one guid: a new article (rules R1)."""
    new, old = sighting.article, candidate.stored.article
    if new.normalized_url == old.normalized_url or sighting.fingerprints.title == candidate.fingerprints.title:
        return False
    # Not `updated`: an edit moves it too, and a new headline often brings a new address.
    return bool(new.published and old.published and new.published.value > old.published.value)


def _is_copied_file_rewritten(sighting: Sighting, candidate: Candidate, document_keys: frozenset[bytes]) -> bool:
    """A file copied to start the next report from is that report once the words are its own; the text of the file it
    was copied from stays where it is, so it would else be seen nowhere.
    """
    is_in_source = candidate.stored.owner.source_id == sighting.source_id
    if not is_in_source or _is_owner(sighting, candidate, document_keys):
        return False
    return not _share_words(sighting.article, candidate.stored.article)


def _across_sources(sighting: Sighting, candidates: tuple[Candidate, ...]) -> tuple[Candidate, str] | None:
    """The same text in another source (rules R2): by canonical URL with agreeing words, or by the body's digest."""
    others = sorted(
        (candidate for candidate in candidates if not candidate.in_source),
        key=lambda candidate: (candidate.stored.first_seen_at, candidate.stored.uri),
    )
    for candidate in others:
        if "url" in candidate.via and not sighting.url_is_ambiguous:
            if sighting.fingerprints.title == candidate.fingerprints.title:
                return candidate, "same URL and title in another source"
            if _share_words(sighting.article, candidate.stored.article):
                return candidate, "same URL and 90 % of the words in another source"
    for candidate in others:
        if "body" in candidate.via:
            return candidate, "same body of 48 words or more in another source"
    return None


def _share_words(one: Article, other: Article) -> bool:
    return words_in_order(folded(one.body_text), folded(other.body_text)) >= _SHARED_WORDS


def _relation(sighting: Sighting, candidate: Candidate, document_keys: frozenset[bytes], reason: str) -> Verdict:
    uri = candidate.stored.uri
    is_same_text = sighting.fingerprints.text == candidate.fingerprints.text
    if _is_owner(sighting, candidate, document_keys):
        if is_same_text:
            return Verdict(relation=Relation.SAME, reason=reason, uri=uri)
        return Verdict(relation=Relation.REVISION, reason=f"{reason}; text edited", uri=uri)
    # Also with the same words: publisher, rights and `atom:source` pass with the text (rules R3).
    better = _is_better(sighting, candidate)
    if better:
        return Verdict(relation=Relation.BETTER, reason=f"{reason}; {better}", uri=uri)
    kept = "" if is_same_text else "; text stays with the copy"
    return Verdict(relation=Relation.SAME, reason=f"{reason}{kept}", uri=uri)


def _is_owner(sighting: Sighting, candidate: Candidate, document_keys: frozenset[bytes]) -> bool:
    """Whether the article's text is this observation's: under its key, or under one that its document has no more."""
    owner, own_key = candidate.stored.owner, sighting.keys[0].digest
    return owner.source_id == sighting.source_id and (owner.key == own_key or owner.key not in document_keys)


def _is_better(sighting: Sighting, candidate: Candidate) -> str | None:
    """Why the text passes to this observation (rules R3), or None."""
    new, old = sighting.article.completeness, candidate.stored.article.completeness
    if new.rank > old.rank:
        return f"more complete ({new} after {old})"
    if new.rank == old.rank and sighting.priority > candidate.stored.owner.priority and not candidate.is_published:
        return (
            f"higher priority ({sighting.priority} after {candidate.stored.owner.priority}) and nothing published yet"
        )
    return None
