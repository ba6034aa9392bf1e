"""All cases with one player -> what passed and what did not."""

import os
import ssl
import subprocess
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from shutil import which

from tests.manners.answers import START
from tests.manners.case import Case
from tests.manners.cases import CASES
from tests.manners.play import NotApplicable, Play, Player
from tests.manners.server import Server


class Mark(StrEnum):
    """How a case went."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One case with one player; `why` is one line."""

    case: Case
    mark: Mark
    why: str = ""


_TRUSTED = "SSL_CERT_FILE"

OpenPlayer = Callable[[], AbstractContextManager[Player]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """For the server: one for `secure.example`, vouched for by `authority`, and one by nobody."""

    known: ssl.SSLContext
    unknown: ssl.SSLContext
    authority: Path
    """What a client is to trust: the file for SSL_CERT_FILE."""


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The server for the block; its certificates lie in the folder, and this process trusts the known one meanwhile."""
    made = _certificates(folder)
    if made is None:
        with Server() as server:
            yield server
        return
    before = os.environ.get(_TRUSTED)
    os.environ[_TRUSTED] = str(made.authority)
    try:
        with Server(made.known, made.unknown) as server:
            yield server
    finally:
        del os.environ[_TRUSTED]
        if before is not None:
            os.environ[_TRUSTED] = before


def _certificates(folder: Path) -> Certificates | None:
    """None where there is no openssl to make them."""
    if not which("openssl"):
        return None
    known, unknown = (_certificate(folder / name, name) for name in ("secure.example", "unknown.example"))
    return Certificates(known=known, unknown=unknown, authority=folder / "secure.example.pem")


def _certificate(file: Path, name: str) -> ssl.SSLContext:
    key, certificate = f"{file}.key", f"{file}.pem"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name}"
    command += f" -addext subjectAltName=DNS:{name}"
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def site_number(case: Case) -> int:
    """The case's own part of the loopback network."""
    return CASES.index(case) + 1


@contextmanager
def started(server: Server, number: int, player: Player) -> Iterator[Play]:
    """A play on a site of its own."""
    clock = [START]
    with server.site(number, lambda: clock[0]) as site:
        yield Play(site, player, clock)


def score(
    server: Server,
    open_player: OpenPlayer,
    *,
    is_ours: bool,
    side_by_side: int = 6,
    on_result: Callable[[Result], None] = lambda _: None,
    cases: Sequence[Case] = CASES,
) -> list[Result]:
    """Play the cases, some at a time: many of them wait for the network most of the time."""

    def one(case: Case) -> Result:
        result = _result(server, case, open_player, is_ours=is_ours)
        on_result(result)
        return result

    with ThreadPoolExecutor(side_by_side, thread_name_prefix="case") as threads:
        return list(threads.map(one, cases))


def _result(server: Server, case: Case, open_player: OpenPlayer, *, is_ours: bool) -> Result:
    if case.ours_only and not is_ours:
        return Result(case=case, mark=Mark.NOT_APPLICABLE, why=case.ours_only)
    try:
        with open_player() as player, started(server, site_number(case), player) as play:
            case.try_it(play)
    except NotApplicable as error:
        return Result(case=case, mark=Mark.NOT_APPLICABLE, why=str(error))
    except Exception as error:  # noqa: BLE001  whatever stops a case fails it: an assertion, a timeout, a defect
        return Result(case=case, mark=Mark.FAILED, why=_one_line(error))
    return Result(case=case, mark=Mark.PASSED)


def _one_line(error: Exception) -> str:
    """What was claimed and does not hold, for people: the message, else the line of the case."""
    text = " ".join(str(error).split())
    if isinstance(error, AssertionError) and not text:
        text = traceback.extract_tb(error.__traceback__)[-1].line or ""
    return f"{type(error).__name__}: {text}"[:200]
