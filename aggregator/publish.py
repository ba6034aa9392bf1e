"""Bytes -> a file, only if they differ, all or nothing."""

import contextlib
import os
import tempfile
from pathlib import Path


def write(path: Path, data: bytes, *, durable: bool = True) -> bool:
    """Make the file hold the bytes; True if it did not before. A reader sees the old file or the new one, never a part.

    Temporary file in the same folder, rename; `durable`: with an fsync of both, so that a power cut leaves one of the two as
    well. It costs as much CPU as the rest and 3 ms of waiting. Raises OSError.
    """
    if _holds(path, data):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(data)
            os.fchmod(descriptor, 0o644)
            if durable:
                os.fsync(descriptor)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    if durable:
        _sync_folder(path.parent)
    return True


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
