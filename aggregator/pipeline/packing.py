"""The files in `feeds/` -> a packed one beside each, for web servers that send what lies there (`[publish] gzip`).

It comes after publishing and is no part of it: packing costs ten times what writing a feed does.
"""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import aggregator.publish as files
from aggregator.errors import PublishError

SUFFIX = ".gz"
_PACKED_SUFFIXES = (".atom", ".rss", ".json", ".opml", ".html", ".css", ".svg")
# Smaller ones gain nothing.
_MIN_BYTES = 600
_DEEPEST = 3


class Packer:
    """Remembers which folders it has seen: a feed is replaced, never written into, so its folder shows every change."""

    def __init__(self) -> None:
        self._seen: dict[Path, int] = {}

    def pack(self, directory: Path, *, is_wanted: bool) -> int:
        """Bring the packed files to what the others are, and to none where they are not wanted; says how many that changed.

        A packed file has the time of its original: who sends one or the other says the same of when it changed. Raises PublishError.
        """
        try:
            return sum(self._pack_folder(folder, is_wanted=is_wanted) for folder in _folders(directory, _DEEPEST))
        except OSError as error:
            raise PublishError(str(error.filename or directory), error.strerror or str(error)) from error

    def _pack_folder(self, folder: Path, *, is_wanted: bool) -> int:
        seen_at = folder.stat().st_mtime_ns
        if self._seen.get(folder) == seen_at:
            return 0
        changed = _refresh(folder, is_wanted=is_wanted)
        if not changed:  # else it is looked at once more: writing changed the folder too
            self._seen[folder] = seen_at
        return changed


def _refresh(folder: Path, *, is_wanted: bool) -> int:
    with os.scandir(folder) as entries:
        found = {entry.name: entry.stat() for entry in entries if entry.is_file(follow_symlinks=False)}
    changed = 0
    for name, status in found.items():
        original = name.removesuffix(SUFFIX)
        if name == original:
            packed = found.get(name + SUFFIX)
            if (
                is_wanted
                and _is_packable(name, status)
                and (packed is None or packed.st_mtime_ns != status.st_mtime_ns)
            ):
                changed += _write(folder / name, status)
        elif original.endswith(_PACKED_SUFFIXES):
            before = found.get(original)
            if not is_wanted or before is None or not _is_packable(original, before):
                (folder / name).unlink(missing_ok=True)
                changed += 1
    return changed


def _is_packable(name: str, status: os.stat_result) -> bool:
    return name.endswith(_PACKED_SUFFIXES) and not name.startswith(".") and status.st_size >= _MIN_BYTES


def _write(original: Path, status: os.stat_result) -> int:
    packed = original.with_name(original.name + SUFFIX)
    try:
        data = original.read_bytes()
    except FileNotFoundError:  # replaced or removed meanwhile: the next look finds it
        return 1
    files.write(packed, gzip.compress(data, mtime=0))
    os.utime(packed, ns=(status.st_mtime_ns, status.st_mtime_ns))
    return 1


def _folders(directory: Path, depth: int) -> Iterator[Path]:
    if not directory.is_dir():
        return
    yield directory
    if depth > 1:
        for inner in sorted(directory.iterdir()):
            if inner.is_dir() and not inner.is_symlink() and not inner.name.startswith("."):
                yield from _folders(inner, depth - 1)
