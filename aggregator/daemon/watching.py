"""Folders and files -> a call when something in them changed, a moment after it did.

This is for speed alone: where the system does not tell (network file systems, no watch left to have), nothing is told, and
what is looked at regularly anyway finds the change.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import aclosing, suppress
from pathlib import Path

from watchfiles import awatch

_LOG = logging.getLogger(__name__)
# The library's thread sleeps so long between two looks at what has come: 0.03 % of a CPU while nothing does.
_STEP_MS = 200
# While changes go on without a pause they are told so often.
_MOST_MS = 1_000
# So often it is asked whether a place has appeared, vanished or been replaced; a watch holds on to what a name once meant.
_LOOK_S = 10.0

Identity = tuple[int, int]
"""Device and inode: a folder that was removed and made again is another one."""


class Folders:
    """Calls `tell` with the names of folders in which, however deep, something changed that is not hidden."""

    def __init__(self, tell: Callable[[str], None], look_s: float = _LOOK_S) -> None:
        self._folders: Mapping[str, Path] = {}
        self._real: Mapping[str, str] = {}
        self._follower = _Follower(self._roots, self._changed, tell, look_s, is_recursive=True)

    def look_at(self, folders: Mapping[str, Path]) -> None:
        """Watch these by their names from now on. They need not exist yet."""
        self._folders = folders
        self._follower.start_again()

    async def run(self) -> None:
        """Watch until it is stopped."""
        await self._follower.run()

    def stop(self) -> None:
        self._follower.stop()

    def _roots(self) -> dict[Path, Identity]:
        found = {name: folder.resolve() for name, folder in self._folders.items() if folder.is_dir()}
        self._real = {name: f"{real}/" for name, real in found.items()}
        return _identities(found.values())

    def _changed(self, paths: Collection[str]) -> list[str]:
        return [name for name, real in self._real.items() if any(_is_visible(path, real) for path in paths)]


class Files:
    """Calls `tell` with the names of files that are not what they were: other bytes, another time, another file under the name.

    Their folders are watched, because most editors put a new file in the place of the old one; and the files are compared at
    every look too, because what a link leads to may change anywhere.
    """

    def __init__(self, tell: Callable[[str], None], look_s: float = _LOOK_S) -> None:
        self._files: Mapping[str, Path] = {}
        self._seen: dict[str, tuple[int, ...]] = {}
        self._follower = _Follower(self._roots, self._changed, tell, look_s, is_recursive=False)

    def look_at(self, files: Mapping[str, Path]) -> None:
        """Watch these by their names from now on. A name that is new is compared with what it means now."""
        self._files = files
        self._seen = {name: self._seen.get(name) or _signature(path) for name, path in files.items()}
        self._follower.start_again()

    async def run(self) -> None:
        """Watch until it is stopped."""
        await self._follower.run()

    def stop(self) -> None:
        self._follower.stop()

    def _roots(self) -> dict[Path, Identity]:
        return _identities({path.parent.resolve() for path in self._files.values() if path.parent.is_dir()})

    def _changed(self, _: Collection[str]) -> list[str]:
        before, self._seen = self._seen, {name: _signature(path) for name, path in self._files.items()}
        return [name for name, signature in self._seen.items() if signature != before.get(name)]


class _Follower:
    """One thread of the library, started again for other roots. What `changed` makes of the paths that changed is told; it is
    asked at every look, with none.

    `roots` and `changed` run in threads: a place on a network that does not answer would hold up everything else.
    """

    def __init__(
        self,
        roots: Callable[[], dict[Path, Identity]],
        changed: Callable[[Collection[str]], list[str]],
        tell: Callable[[str], None],
        look_s: float,
        *,
        is_recursive: bool,
    ) -> None:
        self._roots, self._changed, self._tell = roots, changed, tell
        self._look_s, self._is_recursive = look_s, is_recursive
        self._again = asyncio.Event()
        self._is_over = False
        self._complaint = ""

    def start_again(self) -> None:
        self._again.set()

    def stop(self) -> None:
        self._is_over = True
        self._again.set()

    async def run(self) -> None:
        while not self._is_over:
            self._again.clear()
            roots = await asyncio.to_thread(self._roots)
            try:
                await (self._follow(roots) if roots else self._rest())
            except (OSError, RuntimeError) as error:  # RuntimeError: what the library makes of errors of the system
                self._complain(str(error))
                await self._rest()

    async def _follow(self, roots: dict[Path, Identity]) -> None:
        changes = awatch(
            *roots,
            watch_filter=None,
            debounce=_MOST_MS,
            step=_STEP_MS,
            stop_event=self._again,
            rust_timeout=int(self._look_s * 1000),
            yield_on_timeout=True,
            recursive=self._is_recursive,
            ignore_permission_denied=True,
        )
        async with aclosing(changes):
            async for batch in changes:
                await self._note([path for _, path in batch])
                if await asyncio.to_thread(self._roots) != roots:
                    return

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._again.wait(), self._look_s)
        await self._note(())

    async def _note(self, paths: Collection[str]) -> None:
        for name in await asyncio.to_thread(self._changed, paths):
            self._tell(name)

    def _complain(self, why: str) -> None:
        if why != self._complaint:  # once, not at every try
            _LOG.warning("changes are not noticed at once, but at the regular look", extra={"reason": why})
        self._complaint = why


def _is_visible(path: str, root: str) -> bool:
    """Whether the path lies below the root, which ends with a slash, and in nothing that is hidden."""
    return path.startswith(root) and "/." not in path[len(root) - 1 :]


def _identities(folders: Collection[Path]) -> dict[Path, Identity]:
    found = {}
    for folder in folders:
        with suppress(OSError):  # gone since
            status = folder.stat()
            found[folder] = status.st_dev, status.st_ino
    return found


def _signature(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
