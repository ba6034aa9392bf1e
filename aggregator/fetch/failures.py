"""An exception of the network -> a failure in one line for people."""

import ssl

import httpx

from aggregator.fetch.guard import Blocked, NoAddress
from aggregator.fetch.hop import Hop
from aggregator.model.fetch import FailureKind, FetchFailed


def of_transport(error: httpx.TransportError, hop: Hop) -> FetchFailed:
    """What went wrong before the body; the words of the exception are left out, they may repeat bytes of the server."""
    if isinstance(error, httpx.TimeoutException):
        return FetchFailed(kind=FailureKind.TIMEOUT, detail=f"{hop.place} does not answer; asked again later")
    if isinstance(error, httpx.LocalProtocolError):
        detail = "a configured header or credential has characters that HTTP does not allow"
        return FetchFailed(kind=FailureKind.PROTOCOL, detail=detail)
    if isinstance(error, httpx.RemoteProtocolError):
        detail = f"what {hop.place} answers is not proper HTTP, or its headers are too long"
        return FetchFailed(kind=FailureKind.PROTOCOL, detail=detail)
    return _unconnected(error, hop)


def _unconnected(error: httpx.TransportError, hop: Hop) -> FetchFailed:
    for cause in _causes(error):
        match cause:
            case Blocked():
                detail = f"{hop.place} is not on the public internet; name its network in [fetch] allow_networks if it may be fetched"
                return FetchFailed(kind=FailureKind.BLOCKED, detail=detail)
            case NoAddress():
                return _unreachable(f"the name of {hop.place} has no address; check the URL and the network")
            case ssl.SSLCertVerificationError():
                # OpenSSL's words name the host it expected.
                reason = "" if hop.source.private else f" ({cause.verify_message})"
                return _unreachable(f"the certificate of {hop.place} is not valid{reason}")
            case ssl.SSLError():
                return _unreachable(f"no secure connection to {hop.place}; is it https?")
            case ConnectionRefusedError():
                return _unreachable(f"{hop.place} refuses the connection; asked again later")
    return _unreachable(f"no connection to {hop.place}; asked again later")


def _unreachable(detail: str) -> FetchFailed:
    return FetchFailed(kind=FailureKind.UNREACHABLE, detail=detail)


def _causes(error: BaseException | None) -> tuple[BaseException, ...]:
    """The error and what led to it: httpx, httpcore and anyio each wrap the one below."""
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return tuple(causes)
