"""One value of the configuration -> itself or what it means; a ValueError says what is accepted.

Addresses are shown up to the host only: what follows may be a secret.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_interface
from os.path import normpath
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from aggregator import urls
from aggregator.config.suggest import did_you_mean

Word = TypeVar("Word", bound=StrEnum)

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SLUG_LENGTH = 64
_RESERVED = ("index", "sources", "source-health", "archive")  # names of files and folders in feeds/
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
# XML 1.0 can hold no control character but tab and line end, escaped or not; lone surrogates are no text at all.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MAILBOX = re.compile(r"[!-'*-~]+@[!-'*-~]+")
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})")
_SQLITE = "sqlite:///"

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 5.6.2
_HEADER_VALUE = re.compile(r"[ -~]*")
_SECRET_HEADERS = ("authorization", "proxy-authorization")
# What the fetcher itself says or understands: another value here would break conditional requests or the size limit.
_OWN_HEADERS = (
    "accept-encoding", "connection", "content-length", "host", "if-modified-since", "if-none-match", "range", "te",
    "transfer-encoding", "upgrade",
)  # fmt: skip
_TOKEN = re.compile(r"[!-~]+")
_KEY_LENGTH = 32
_AUTH = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen."""

    host: str
    port: int
    """0: the system chooses a free one."""


def line_of_text(value: str) -> str:
    """One line for people, without the space around it."""
    if "\n" in value:
        raise ValueError("must be one line")
    return paragraph(value)


def paragraph(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    if _UNPRINTABLE.search(value):
        raise ValueError("holds a control character, which no feed can carry")
    return value.strip()


def slug(value: str) -> str:
    if _SLUG.fullmatch(value) and len(value) <= _SLUG_LENGTH:
        return value
    words = re.findall(r"[a-z0-9]+", value.lower())
    hint = f" (did you mean '{'-'.join(words)}'?)" if words and len(value) <= _SLUG_LENGTH else ""
    raise ValueError(
        f"must be small letters, digits and single hyphens, at most {_SLUG_LENGTH}, not {value[:80]!r}{hint}"
    )


def topic_slug(value: str) -> str:
    if value in _RESERVED:
        raise ValueError(f"'{value}' is the name of a published file; also taken: {_listed(_RESERVED, 'and')}")
    return slug(value)


def one_of(words: type[Word]) -> Callable[[object], Word]:
    """A reader of one of the enumeration's words."""
    known = tuple(word.value for word in words)

    def read(value: object) -> Word:
        if value in known:
            return words(value)
        shown = f", not {value!r}{did_you_mean(value, known)}" if isinstance(value, str) else ""
        raise ValueError(f"must be {_listed(known, 'or')}{shown}")

    return read


def language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError(f"must be a language tag such as 'en', 'ar' or 'fr-CA', not {value!r}")
    return value


def timezone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones ("America")
        known = did_you_mean(value, available_timezones())
        raise ValueError(f"must be an IANA time zone such as 'Africa/Tripoli', not {value!r}{known}") from None


def source_address(value: str) -> str:
    """The address of a source, as it is fetched."""
    _require_web(value)
    if "@" in urlsplit(value).netloc:
        raise ValueError("holds a user name or password; take it out and name its variable: auth = 'env:NAME'")
    return value


def hub_address(value: str) -> str:
    """The address of a hub. It stands in feeds and headers: plain ASCII, no secret."""
    source_address(value)
    if not value.isascii() or set(value) & set('<>"') or urlsplit(value).fragment:
        raise ValueError("must be an address in plain ASCII without '<', '>', '\"' and '#'")
    return value


def base_address(value: str) -> str:
    """The address readers see, without a slash at the end."""
    _require_web(value)
    parts = urlsplit(value)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an address without user, '?' and '#', such as 'https://example.org/news'")
    return value.rstrip("/")


def iri(value: str) -> str:
    """An id of a feed: any absolute IRI, kept as it is written."""
    if not urls.is_iri(value):
        raise ValueError("must be an absolute IRI, such as 'tag:example.org,2020:planet'")
    return value


def contact(value: str) -> str:
    """A page or a mailbox; `""` for none. It stands in the brackets of the User-Agent: plain ASCII without brackets."""
    is_plain = value.isascii() and value.isprintable() and not set(value) & set("() ")
    if value and not (is_plain and (urls.is_web(value) or _MAILBOX.fullmatch(value))):
        raise ValueError("must be a web address or mailbox in plain ASCII, or '' for none")
    return value


def listen(value: object) -> Address | None:
    """`host:port`; `""` for none."""
    if value == "":
        return None
    match = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match["port"]) > 65_535:
        raise ValueError("must be host:port such as '127.0.0.1:8080' or '[::1]:8080', or '' for none")
    return Address(host=match["six"] or match["host"], port=int(match["port"]))


def proxy(value: object) -> str | None:
    """`http://host:port`; `""` for none. The value is not shown: it may hold a password."""
    text = _text(value)
    if text == "":
        return None
    if text.lower().startswith(("socks4://", "socks5://", "socks5h://")):
        raise ValueError("must be an http:// or https:// proxy: SOCKS is not built in")
    if not urls.is_web(text) or not _has_valid_port(text) or urlsplit(text).path.strip("/"):
        raise ValueError("must be a proxy such as 'http://127.0.0.1:3128', or '' for none")
    return text


def network(value: object) -> IPv4Network | IPv6Network:
    """A network; a single address counts as one."""
    text = _text(value)
    try:
        interface = ip_interface(text)
    except ValueError:
        raise ValueError(f"must be a network such as '127.0.0.0/8' or '::1/128', not {text!r}") from None
    if interface.ip != interface.network.network_address:
        raise ValueError(f"{text!r} has bits set beyond its prefix (did you mean '{interface.network}'?)")
    return interface.network


def path_in(folder: Path, value: object) -> Path:
    """The absolute path; a relative one starts at the folder of the configuration."""
    text = _text(value)
    if not text.strip() or "\0" in text:
        raise ValueError("must be a path")
    if text.startswith("~"):
        raise ValueError("must not begin with '~': write the whole path")
    return Path(normpath(folder / text))


def store_in(folder: Path, value: object) -> str:
    """`sqlite:////absolute/path`. The value is not shown: addresses of other stores hold passwords."""
    text = _text(value)
    if not text.startswith(_SQLITE) or text == _SQLITE:
        raise ValueError("must be 'sqlite:///PATH'")
    path = path_in(folder, text.removeprefix(_SQLITE))
    if "?" in str(path):  # SQLAlchemy takes what follows for options
        raise ValueError("must be 'sqlite:///PATH' without '?' in the path of the store or of the configuration")
    return f"{_SQLITE}{path}"


def sqlite_path(url: str) -> Path | None:
    """The file of a store's address; None where the store is no file."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def auth_variable(value: str) -> str:
    """The name of the environment variable. The value is never shown: a secret may stand there by mistake."""
    match = _AUTH.fullmatch(value)
    if match is None:
        raise ValueError("must be 'env:NAME': secrets come from the environment only")
    return match[1]


def secret_key(name: str, environment: Mapping[str, str]) -> str:
    """The key in the variable. Raises ValueError where it is too short to be one."""
    key = environment.get(name, "").strip()
    if len(key) < _KEY_LENGTH:
        raise ValueError(f"the environment variable {name} must hold a key of at least {_KEY_LENGTH} characters")
    return key


def authorization(name: str, environment: Mapping[str, str]) -> str:
    """The value of the Authorization header: Basic for `user:password` (RFC 7617), else Bearer (RFC 6750)."""
    secret = environment.get(name, "").strip()
    if not secret:
        raise ValueError(f"the environment variable {name} is not set")
    if ":" in secret:
        return f"Basic {b64encode(secret.encode()).decode()}"
    if not _TOKEN.fullmatch(secret):
        raise ValueError(f"the environment variable {name} is neither user:password nor a token of printable ASCII")
    return f"Bearer {secret}"


def headers(value: dict[str, str]) -> dict[str, str]:
    """What is sent beside the fetcher's own headers. Values are never shown."""
    for name, text in value.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if name.lower() in _SECRET_HEADERS:
            raise ValueError(f"{name} is a secret: use auth = 'env:NAME'")
        if name.lower() in _OWN_HEADERS:
            raise ValueError(f"{name} is set by the fetcher itself")
        if not _HEADER_VALUE.fullmatch(text):
            raise ValueError(f"the value of {name} must be printable ASCII")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")  # noqa: TRY004 (pydantic collects a ValueError, not a TypeError)
    return value


def _require_web(value: str) -> None:
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise ValueError("must be an address without spaces")
    if not urls.is_web(value) or not _has_valid_port(value):
        raise ValueError(f"not an http(s) address: '{_up_to_host(value)}'{_scheme_hint(value)}")


def _has_valid_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _up_to_host(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator:
        scheme, rest = "", value
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest:  # what stands before it may be a password with any character in it
        host = "…"
    return f"{scheme[:20]}{separator}{host[:60]}{'/…' if len(host) < len(rest) else ''}"


def _scheme_hint(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if not separator:
        return f" (did you mean 'https://{_up_to_host(value)}'?)"
    if scheme.lower() in ("http", "https"):
        return ""
    return did_you_mean(f"{scheme}://", ("http://", "https://"))


def _listed(words: tuple[str, ...], last: str) -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
