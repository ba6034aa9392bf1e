"""The labelled sets of `near_dup` as pairs of texts; sets that we plant ourselves in languages without labels."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from typing import Any

from aggregator.dedup.signature import signature
from aggregator.model.copies import CopyText

_STRANGERS = 100_000
_A_TIME = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts, and whether they are copies; `half` is 0 or 1, by a digest of the ids."""

    one: CopyText
    other: CopyText
    is_copy: bool
    half: int


@dataclass(frozen=True, slots=True)
class PairSet:
    """A labelled set. `is_trap`: the labels tell stories, not copies; only merges of different stories are wrong."""

    name: str
    language: str
    pairs: tuple[Pair, ...]
    is_trap: bool = False


def load(folder: Path, *, short: bool) -> Iterator[PairSet]:
    """The sets whose files are there; `short` leaves out the dear ones."""
    readers = {
        "reuters21578_pairs.jsonl.gz": _reuters,
        "minhash_100.json.gz": _minhash,
        "minhash_1000.json.gz": _minhash,
        "revisions.jsonl.gz": _revisions,
        "tgcontest_pairs.jsonl": _telegram,
        "libya_story_clusters.jsonl": _libya,
    }
    for name, read in readers.items():
        path = folder / name
        if path.is_file() and not (short and name == "minhash_1000.json.gz"):
            yield from read(path)


def _lines(path: Path) -> list[dict[str, Any]]:
    read = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in read.splitlines() if line.strip()]


def _half(*names: object) -> int:
    return blake2b("\n".join(sorted(map(str, names))).encode(), digest_size=1).digest()[0] & 1


def _pair(one: CopyText, other: CopyText, is_copy: object) -> Pair:
    return Pair(one=one, other=other, is_copy=bool(is_copy), half=_half(one.uri, other.uri))


def _text(uri: object, headline: str, body: str | None, **more: Any) -> CopyText:
    given: dict[str, Any] = {"source_id": str(uri), "effective_at": _A_TIME} | more
    return CopyText(uri=str(uri), headline=headline, body=body or "", **given)


def _reuters(path: Path) -> Iterator[PairSet]:
    """Each text as if another outlet had it; the time between them is left out: the words must tell."""
    documents = {
        one["id"]: _text(one["id"], one["title"], one["body"])
        for one in _lines(path.with_name("reuters21578_docs.jsonl.gz"))
    }
    labelled = _lines(path)
    for kind in ("hand", "silver"):
        pairs = [
            _pair(documents[one["a"]], documents[one["b"]], one["label"]) for one in labelled if one["kind"] == kind
        ]
        yield PairSet(f"reuters {kind}", "en", tuple(pairs))


def _minhash(path: Path) -> Iterator[PairSet]:
    """The planted copies, and all other pairs or some hundred thousand of them."""
    read = json.loads(gzip.decompress(path.read_bytes()))
    texts = [_text(uri, "", body) for uri, body in read["docs"].items()]
    planted = {frozenset(pair) for pair in read["duplicate_pairs"]}
    step = max(1, len(texts) ** 2 // 2 // _STRANGERS)
    pairs = (
        _pair(one, other, is_planted)
        for place, (one, other) in enumerate(combinations(texts, 2))
        if (is_planted := frozenset((one.uri, other.uri)) in planted) or place % step == 0
    )
    yield PairSet(path.name.split(".", 1)[0].replace("_", " "), "en", tuple(pairs))


def _revisions(path: Path) -> Iterator[PairSet]:
    """Versions under one address are one article; others of the same source are not, the nearest in time least of all.

    Once with the address, as the program sees them, once by their words alone.
    """
    versions: dict[str, list[tuple[CopyText, CopyText]]] = defaultdict(list)
    for number, one in enumerate(_lines(path)):
        before, after = (
            _text(
                f"{number} {which}",
                one[which]["title"],
                one[which]["summary"],
                source_id=one["feed"],
                url=one["guid"],
                effective_at=datetime.fromisoformat(one[which]["seen"]),
            )
            for which in ("before", "after")
        )
        versions[one["feed"]].append((before, after))
    pairs = [_pair(before, after, True) for found in versions.values() for before, after in found]
    for found in versions.values():
        texts = [text for both in found for text in both]
        near = [pair for distance in (2, 3, 5) for pair in zip(texts, texts[distance:], strict=False)]
        pairs += [_pair(one, other, False) for one, other in (*near, *_sharing(texts)) if one.url != other.url]
    yield PairSet("revisions", "en", tuple(pairs))
    bare = (replace(pair, one=replace(pair.one, url=None), other=replace(pair.other, url=None)) for pair in pairs)
    yield PairSet("revisions, by words", "en", tuple(bare), is_trap=True)


def _sharing(texts: Iterable[CopyText]) -> Iterator[tuple[CopyText, CopyText]]:
    """Pairs that the look-up would bring together."""
    known: dict[int, list[CopyText]] = defaultdict(list)
    met: set[tuple[str, str]] = set()
    for text in texts:
        found = signature(text.body)
        for key in found.keys if found else ():
            for other in known[key]:
                if (other.uri, text.uri) not in met:
                    met.add((other.uri, text.uri))
                    yield other, text
            known[key].append(text)


def _telegram(path: Path) -> Iterator[PairSet]:
    read = _lines(path)
    for language in ("ru", "en"):
        pairs = []
        for one in read:
            if one["lang"] == language:
                left, right = (_text(one[side]["url"], one[side]["title"], one[side]["text"]) for side in "ab")
                pairs.append(_pair(left, right, one["same_story"]))
        yield PairSet("tgcontest", language, tuple(pairs), is_trap=True)
        whole = [text for pair in pairs for text in (pair.one, pair.other)]
        yield PairSet("planted by us", language, tuple(_planted(whole)))


def _libya(path: Path) -> Iterator[PairSet]:
    clusters: dict[str, str] = {}
    texts = []
    for one in _lines(path):
        clusters[one["id"]] = one["cluster"]
        when = datetime.fromisoformat(one["date"])
        texts.append(_text(one["id"], one["title"], one["text"], source_id=one["source"], effective_at=when))
    pairs = (_pair(one, other, clusters[one.uri] == clusters[other.uri]) for one, other in combinations(texts, 2))
    yield PairSet("libya", "en", tuple(pairs), is_trap=True)


def arabic(folder: Path) -> Iterator[PairSet]:
    """No labelled Arabic set is known; what there is of Arabic wire texts, planted."""
    texts = []
    for path in sorted((folder / "wire_texts" / "texts").glob("*_ar_*.txt")):
        headline, _, body = path.read_text("utf-8").partition("\n")
        texts.append(_text(path.stem, headline, body))
    if len(texts) > 2:
        yield PairSet("planted by us", "ar", tuple(_planted(texts)))


def _planted(texts: list[CopyText]) -> Iterator[Pair]:
    """Of each text: copies with words left out, changed or added, cut, under another headline; and another text made of
    it by putting other numbers and names in the same form.
    """
    for place, text in enumerate(texts):
        words = text.body.split()
        if len(words) < 50:
            continue
        # Not the neighbour: two by two they tell one story.
        stranger = texts[place - 2]
        changed = {
            "left out": [word for at, word in enumerate(words) if at % 30 != 7],
            "changed": [stranger.body.split()[0] if at % 40 == 13 else word for at, word in enumerate(words)],
            "added": [*words, *stranger.body.split()[:40]],
            "cut": words[: max(45, len(words) * 2 // 5)],
        }
        for name, made in changed.items():
            yield _pair(text, _made(text, name, " ".join(made), text.headline), True)
        yield _pair(
            text, _made(text, "renamed", " ".join(changed["left out"]), f"{words[0]} {words[1]} {words[2]}"), True
        )
        for name, form in (("numbers", _other_numbers(words)), ("names", _other_names(words))):
            if form:
                yield _pair(text, _made(text, name, " ".join(form), text.headline), False)
        if stranger.body != text.body:
            yield _pair(text, stranger, False)


def _made(text: CopyText, name: str, body: str, headline: str) -> CopyText:
    later = text.effective_at + timedelta(hours=3)
    return replace(text, uri=f"{text.uri} {name}", source_id=name, body=body, headline=headline, effective_at=later)


def _other_numbers(words: list[str]) -> list[str] | None:
    made = ["".join(str((int(c) + 3) % 10) if c.isdigit() else c for c in word) for word in words]
    return made if sum(one != other for one, other in zip(words, made, strict=True)) >= 3 else None


def _other_names(words: list[str]) -> list[str] | None:
    """Each name by another that stands nowhere in the text; None for scripts without capitals and texts without names."""
    small = {word.lower() for word in words if word.islower()}
    made = [
        word[0] + word[:0:-1].lower() + "berg"
        if word[0].isupper() and word.lower() not in small and len(word) > 3
        else word
        for word in words
    ]
    return made if sum(one != other for one, other in zip(words, made, strict=True)) >= 3 else None
