"""Bytes -> a file, only if they differ, all or nothing."""

import contextlib
import errno
import os
from pathlib import Path
from typing import NamedTuple

_MODE = 0o644


class Stamp(NamedTuple):
    """What a file is known by. Whoever writes to it, even the same bytes, or puts another in its place changes one of these."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int


def write(path: Path, data: bytes, *, durable: bool = True) -> bool:
    """Make the file hold the bytes; True if it did not before. A reader sees the old file or the new one, never a part.

    Temporary file in the same folder, rename; `durable`: with an fsync of both, so that a power cut leaves one of the two as
    well. It costs as much CPU as the rest and 3 ms of waiting. Raises OSError.
    """
    if _holds(path, data):
        return False
    replace(path, data, durable=durable)
    return True


def replace(path: Path, data: bytes, *, durable: bool = True) -> Stamp:
    """The same without a look at what is there. Raises OSError."""
    folder, _, name = str(path).rpartition("/")
    # Of this process alone; one that a killed process left is written over.
    temporary = f"{folder or '.'}/.{name}.{os.getpid()}"
    descriptor = _open(temporary, path)
    try:
        try:
            _reserve(descriptor, len(data))
            _write_all(descriptor, data)
            os.fchmod(descriptor, _MODE)  # whatever the umask: a web server reads them under another name
            if durable:
                os.fsync(descriptor)
            os.rename(temporary, path)  # noqa: PTH104  a Path costs a third of the call
            found = os.fstat(descriptor)  # after the rename, which counts as a change of the file
        finally:
            os.close(descriptor)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    if durable:
        _sync_folder(path.parent)
    return _stamp(found)


def read(path: Path, stamp: Stamp) -> bytes | None:
    """The bytes of the file; None where it is not the one of the stamp any more."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _stamp(os.fstat(descriptor)) != stamp:
            return None
        data = os.read(descriptor, stamp.size)
    finally:
        os.close(descriptor)
    return data if len(data) == stamp.size else None


def stamp_of(path: Path) -> Stamp | None:
    """What the file is known by; None where there is none."""
    try:
        return _stamp(path.lstat())
    except OSError:
        return None


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _open(temporary: str, path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(temporary, flags, _MODE)
    except FileNotFoundError:  # the folder is not there yet
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(temporary, flags, _MODE)


def _reserve(descriptor: int, size: int) -> None:
    """Ask for the room first: a full disk says so before anything is written, and ext4, which has to find room for the file at
    the rename otherwise, spends 45 instead of 75 us on writing 62 KB.
    """
    if size:
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # a file system that cannot
                raise


def _write_all(descriptor: int, data: bytes) -> None:
    """A disk that is filling up takes a part first and says so only at the next attempt (write(2))."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:  # gone, torn or not readable: writing it again heals it or says what is wrong (rules R24)
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
