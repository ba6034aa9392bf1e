"""A folder -> what lies in it: the documents with their sidecars, and what is not taken, each with its reason. Nothing is opened."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from aggregator.model.fetch import FetchLimits, SkippedDocument
from aggregator.text import digest

_EXTENSIONS = frozenset((".txt", ".md", ".html", ".htm", ".xhtml", ".eml", ".json", ".xml", ".rss", ".atom"))
_NOT_DOCUMENTS = frozenset(("readme", "readme.md"))
_SIDECAR = ".toml"
# Control, line-breaking and reordering characters, bytes that are not UTF-8, and the escape itself, so that no two names meet.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\\\\\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# All documents of a folder are in memory together.
_MAX_FOLDER_BYTES = 268_435_456


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """One file as listed; `path` is real, so no link is left in it."""

    key: str
    path: Path
    size: int = 0
    mtime_ns: int = 0
    refused: str | None = None
    """Why it must not be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A document that can be read, with its sidecar."""

    file: LocalFile
    sidecar: LocalFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A folder at one moment, in order of the keys."""

    candidates: tuple[Candidate, ...]
    skipped: tuple[SkippedDocument, ...]

    def mark(self) -> str:
        """Equal for two listings if and only if no document came, went or changed, and the same were skipped for the same reasons."""
        parts: list[str] = []
        for candidate in self.candidates:
            for file in (candidate.file, candidate.sidecar):
                parts += ("", "", "") if file is None else (file.key, str(file.size), str(file.mtime_ns))
        for skipped in self.skipped:
            parts += (skipped.key, skipped.reason)
        return digest(*parts).hex()


def printable(name: str) -> str:
    """The name for listings and keys: what cannot be printed is escaped, no two names become one."""
    return _UNPRINTABLE.sub(lambda match: "\\\\" if match[0] == "\\" else f"\\u{ord(match[0]):04x}", name)


def list_folder(folder: Path, limits: FetchLimits) -> Listing:
    """Everything below the folder that is not hidden. Raises OSError only when the folder itself cannot be found."""
    root = folder.resolve(strict=True)
    files = sorted(_walk(root, limits.max_body_bytes), key=lambda file: file.key)
    sidecars = {file.key: file for file in files if file.key.endswith(_SIDECAR)}
    candidates: list[Candidate] = []
    skipped: list[SkippedDocument] = []
    used: set[str] = set()
    for file in files:
        if file.key in sidecars or _is_readme(file):
            continue
        sidecar = sidecar_of(file, sidecars)
        if sidecar is not None:
            used.add(sidecar.key)
        if reason := _refusal(file, sidecar):
            skipped.append(SkippedDocument(key=file.key, reason=reason))
        else:
            candidates.append(Candidate(file=file, sidecar=sidecar))
    skipped += (SkippedDocument(key=key, reason="a sidecar without its document") for key in sidecars.keys() - used)
    taken = _affordable(candidates, limits.max_documents)
    if left := len(candidates) - taken:
        reason = f"{left} more documents are not read: a folder may hold {limits.max_documents}, of 256 MiB together"
        skipped.append(SkippedDocument(key=".", reason=reason))
    return Listing(candidates=tuple(candidates[:taken]), skipped=tuple(sorted(skipped, key=lambda each: each.key)))


def sidecar_of(file: LocalFile, sidecars: dict[str, LocalFile]) -> LocalFile | None:
    """`report.txt.toml`, else `report.toml`: the more exact name wins."""
    return sidecars.get(file.key + _SIDECAR) or sidecars.get(os.path.splitext(file.key)[0] + _SIDECAR)  # noqa: PTH122  a key, no path


def look_at(path: Path, key: str, limit_bytes: int, root: Path | None = None) -> LocalFile:
    """One file with links followed, but not out of `root`. Never raises: what is wrong stands in `refused`."""
    try:
        real = path.resolve(strict=True)
        status = real.stat()
    except (OSError, RuntimeError):  # RuntimeError: a circle of links, before Python 3.13
        return LocalFile(key=key, path=path, refused="a link to nowhere" if path.is_symlink() else "it is gone")
    refused = _refused(real, status, limit_bytes, root)
    return LocalFile(key=key, path=real, size=status.st_size, mtime_ns=status.st_mtime_ns, refused=refused)


def _refused(real: Path, status: os.stat_result, limit_bytes: int, root: Path | None) -> str | None:
    if root is not None and not real.is_relative_to(root):
        return "a link that leaves the folder"
    if stat.S_ISDIR(status.st_mode):
        return "a folder, not a file" if root is None else "a link to a folder is not followed"
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if status.st_size > limit_bytes:
        return f"larger than {limit_bytes} bytes; raise [fetch] max_body if it is meant to be read"
    # Asked here, so that the mark of the listing changes when the permission does.
    return None if os.access(real, os.R_OK) else "not readable; check its permissions"


def _walk(root: Path, limit_bytes: int) -> Iterator[LocalFile]:
    """All files below, links to folders not followed. A loop, not recursion: a tree may be deeper than Python's stack."""
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                visible = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            yield LocalFile(
                key=_key(folder, root), path=folder, refused=f"a folder that cannot be read: {error.strerror}"
            )
            continue
        for entry in visible:
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif entry.is_symlink() or not entry.is_file(follow_symlinks=False):
                yield look_at(path, _key(path, root), limit_bytes, root)
            else:
                yield _listed(entry, path, root, limit_bytes)


def _listed(entry: os.DirEntry[str], path: Path, root: Path, limit_bytes: int) -> LocalFile:
    """The common case, a plain file: one stat, no link to resolve."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return LocalFile(key=_key(path, root), path=path, refused="it is gone")
    refused = _refused(path, status, limit_bytes, root)
    return LocalFile(key=_key(path, root), path=path, size=status.st_size, mtime_ns=status.st_mtime_ns, refused=refused)


def _key(path: Path, root: Path) -> str:
    return printable(path.relative_to(root).as_posix())


def _is_readme(file: LocalFile) -> bool:
    return file.key.rpartition("/")[2].casefold() in _NOT_DOCUMENTS


def _refusal(file: LocalFile, sidecar: LocalFile | None) -> str | None:
    """Why the document is not taken. Without its sidecar it would be read without the rights and dates that stand there."""
    if file.refused:
        return file.refused
    extension = os.path.splitext(file.key)[1]  # noqa: PTH122  a key, no path
    if extension.lower() not in _EXTENSIONS:
        return f"not a kind of document that is read: {extension or 'no extension'}"
    if sidecar is not None and sidecar.refused:
        return f"its sidecar {sidecar.key.rpartition('/')[2]} is not read: {sidecar.refused}"
    return None


def _affordable(candidates: list[Candidate], max_documents: int) -> int:
    """How many are taken from the front: as many as may be, and as fit into memory."""
    sizes = (candidate.file.size for candidate in candidates[:max_documents])
    return sum(1 for total in accumulate(sizes) if total <= _MAX_FOLDER_BYTES)
