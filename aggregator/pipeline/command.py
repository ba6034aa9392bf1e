"""The user's own command, run after files changed (`[publish] command`): bounded in time, told in the log, never in the way."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path

_LOG = logging.getLogger(__name__)
_LIMIT_S = 300.0
"""A first rsync of a large archive takes minutes; what takes longer hangs."""
_TOLD_BYTES = 500


async def run_command(command: Sequence[str], directory: Path, limit_s: float = _LIMIT_S) -> bool:
    """Run it in the folder of the feeds, without a shell, and say whether it ended well. A failure is one line in the log."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        reason = error.strerror or str(error)
        _LOG.error("the publish command cannot be started", extra={"command": command[0], "error": reason})
        return False
    assert process.stderr is not None  # noqa: S101  asked for above
    try:
        said = await asyncio.wait_for(_last_words(process.stderr), limit_s)
        await process.wait()
    except TimeoutError:
        await _end(process)
        _LOG.error("the publish command was ended: it took too long", extra={"command": command[0], "limit_s": limit_s})
        return False
    except asyncio.CancelledError:
        await _end(process)
        raise
    if process.returncode == 0:
        _LOG.info("the publish command ended", extra={"command": command[0]})
        return True
    words = " ".join(said.decode("utf-8", "replace").split())
    _LOG.error("the publish command failed", extra={"command": command[0], "exit": process.returncode, "stderr": words})
    return False


async def _last_words(stream: asyncio.StreamReader) -> bytes:
    """The end of what it says, however much that is."""
    said = b""
    while read := await stream.read(65_536):
        said = (said + read)[-_TOLD_BYTES:]
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    """With all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
