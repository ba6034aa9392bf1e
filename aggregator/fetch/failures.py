"""An exception of the network -> a failure in one line for people."""

import ssl

import httpcore

from aggregator.fetch.connections import ProxyDown
from aggregator.fetch.guard import Blocked, NoAddress
from aggregator.fetch.hop import Hop
from aggregator.model.fetch import FailureKind, FetchFailed

TRANSPORT = (httpcore.TimeoutException, httpcore.ProtocolError, httpcore.NetworkError, httpcore.ProxyError)
"""What httpcore raises has no root of its own."""


def of_transport(error: Exception, hop: Hop) -> FetchFailed:
    """What went wrong before the body; the words of the exception are left out, they may repeat bytes of the server."""
    match error:
        case httpcore.TimeoutException():
            return FetchFailed(kind=FailureKind.TIMEOUT, detail=f"{hop.place} does not answer; asked again later")
        case httpcore.LocalProtocolError():
            detail = "a configured header or credential has characters that HTTP does not allow"
            return FetchFailed(kind=FailureKind.PROTOCOL, detail=detail)
        case httpcore.RemoteProtocolError():
            detail = f"what {hop.place} answers is not proper HTTP, or its headers are too long"
            return FetchFailed(kind=FailureKind.PROTOCOL, detail=detail)
        case httpcore.ProxyError():
            return _unreachable(f"the proxy does not lead to {hop.place}; check [fetch] proxy")
    return _unconnected(error, hop)


def _unconnected(error: Exception, hop: Hop) -> FetchFailed:
    for cause in _causes(error):
        match cause:
            case ProxyDown():
                return _unreachable("the proxy of [fetch] proxy does not answer")
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
    """The error and what led to it: each layer wraps the one below."""
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return tuple(causes)
