"""An address -> the one form of all that mean the same (RFC 3986 6.2.2 and 6.2.3), by which feed validators compare ids."""

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

_PORTS = {"ftp": 21, "http": 80, "https": 443, "news": 119, "nntp": 119, "telnet": 23}
_RESERVED = ":/?#[]@!$&'()*+,;="
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OCTETS = re.compile(r"((?:%[0-9A-Fa-f]{2})+|[^%]+)")


def canonical(uri: str) -> str | None:
    """The form; None where a percent sign stands alone, or the host or port cannot be read."""
    if _PERCENT.search(uri):
        return None
    try:
        parts = urlsplit(uri)
        authority = _authority(parts.scheme.lower(), parts.netloc)
    except ValueError:
        return None
    path = _path(parts.path) if parts.netloc or parts.path.startswith("/") else _decoded(parts.path)
    written = f"{parts.scheme.lower()}:" if parts.scheme else ""
    # urlsplit takes "?" and "#" with nothing behind them away; they are a difference.
    head, hash_sign, _ = uri.partition("#")
    query = f"?{_decoded(parts.query)}" if "?" in head else ""
    fragment = f"#{_decoded(parts.fragment)}" if hash_sign else ""
    return f"{written}{'//' if '//' in uri[: len(written) + 2] else ''}{authority}{path}{query}{fragment}"


def _authority(scheme: str, netloc: str) -> str:
    user, at, host = netloc.rpartition("@")
    name, _, port = host.lower().rpartition(":") if re.search(r":\d*$", host) else (host.lower(), "", "")
    named = name.removesuffix(".") if "." in name.removesuffix(".") else name
    shown = "" if port == "" or int(port) == _PORTS.get(scheme) else f":{int(port)}"
    return f"{user}{at if user and user != ':' else ''}{named}{shown}" if user != ":" else f"{named}{shown}"


def _path(path: str) -> str:
    """Without dot segments (RFC 3986 5.2.4); an empty one is "/"."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(_decoded(segment))
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept) if len(kept) > 1 or kept[0] else "/"


def _decoded(text: str) -> str:
    """Only what must be is in percents, in capitals."""
    return "".join(
        _octets(piece) if piece.startswith("%") else quote(piece, safe=_RESERVED + "~")
        for piece in _OCTETS.findall(text)
    )


def _octets(piece: str) -> str:
    return "".join(
        f"%{byte:02X}" if chr(byte) in _RESERVED else quote(bytes((byte,)), safe="~")
        for byte in unquote_to_bytes(piece)
    )
