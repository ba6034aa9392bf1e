"""Who asks, and under which name -> whether that is this machine itself."""

from collections.abc import Mapping

from starlette.types import Scope

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


def is_from_here(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether the request is of a person or program on this machine, and not of a proxy that hands on somebody else's.

    A proxy shows itself by a header, by the name it was asked for, or by HTTP/1.0, which nginx speaks where nothing else is set.
    """
    is_direct = not any(header in headers for header in _FORWARDED) and scope.get("http_version") != "1.0"
    return is_direct and is_of_this_machine(client_of(scope)) and is_local_name(headers.get("host", ""))


def client_of(scope: Scope) -> str:
    """The address at the other end of the connection; empty where there is none."""
    return str((scope.get("client") or ("", 0))[0])


def is_of_this_machine(address: str) -> bool:
    """Whether the address is one of loopback."""
    return address == "::1" or address.startswith("127.")


def is_local_name(host: str) -> bool:
    """Whether a Host header names this machine as itself. Any other name may be somebody's who lets it lead here (DNS rebinding)."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in _LOCAL_HOSTS
