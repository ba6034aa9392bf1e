"""URL -> absolute, safe, canonical: what may be linked to, and what two addresses of one page have in common."""

import re
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from aggregator.urls.tracking import without_tracking

_SESSION_ID = re.compile(r";jsessionid=[^?#/]*", re.IGNORECASE)
_MAX_LENGTH = 4096
# RFC 3987 2.2, 4.1: no spaces, delimiters or marks of direction; a bracket belongs to an IP literal, a % to two digits.
_NOT_IN_IRI = re.compile(
    '[\x00-\x20\x7f-\xa0<>"{}|\\\\^`\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\uf8ff\ufeff\ufffe\uffff]|%(?![0-9A-Fa-f]{2})'
)
_NOT_IN_PATH = re.compile(rf"{_NOT_IN_IRI.pattern}|[\[\]]")
_NO_HOST = re.compile(r"https?:/*(?:$|[?#]|///)", re.IGNORECASE)
_HOST = re.compile(r"(?!\.)[^\s%\[\]]+|\[[0-9A-Fa-f:.]+\]")
# "/story/7", "!story", "s/49c6": no anchor, text directive (`:~:`) or campaign (`xtor=`) begins like that.
_ROUTE = re.compile(r"!?[A-Za-z0-9_-]*/\S|![A-Za-z0-9]")
# Nearly every address there is: nothing in it needs a second look, and it is its own absolute form. The first part of the
# pattern is what no canonical form changes but for scheme and host.
_SIMPLE = re.compile(
    r"https?://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*+)"
    r"(?P<path>(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*+)*+/?+)"
    r"(?P<more>(?::\d{1,4})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@/-]*+)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@/?-]++)?)"
)
_KEPT_IN_URI = "%!#$&'()*+,/:;=?@[]~"
# An id is no link, but readers make links of ids and categories all the same.
_RUN_OR_OPENED = (
    "javascript:", "vbscript:", "livescript:", "data:", "blob:", "file:", "about:", "view-source:", "feed:", "jar:",
)  # fmt: skip
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.DOTALL)
# Schemes whose form a validator knows: RFC 8141 2 with the word of RFC 9562 4, RFC 4151 2.1.
_OF_SCHEME = {
    "urn": re.compile(
        r"urn:(?:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?!uuid:)[a-z0-9][a-z0-9-]{0,30}[a-z0-9]:.+)",
        re.IGNORECASE | re.DOTALL,
    ),
    "tag": re.compile(
        r"tag:(?:[a-z0-9._-]+@)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?,\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?"
        r":[a-z0-9._~!$&'()*+,;=:@/?%-]*(?:#.*)?",
        re.IGNORECASE | re.DOTALL | re.ASCII,
    ),
}


def is_web(url: str | None) -> bool:
    """True for an absolute http(s) address with a host and no character that an IRI may not have.

    The only kind that is linked to or fetched.
    """
    if not url or len(url) > _MAX_LENGTH:
        return False
    if _SIMPLE.fullmatch(url):
        return True
    if _NOT_IN_IRI.search(url):
        return False
    try:
        parts = urlsplit(url)
        host_and_port = parts.netloc.rpartition("@")[2]
        host = host_and_port.removesuffix(f":{parts.port}") if parts.port is not None else host_and_port.rstrip(":")
    except ValueError:  # "http://[::1", "http://host:port" and the like
        return False
    rest = url.partition("//")[2][len(parts.netloc) :]
    return parts.scheme in ("http", "https") and bool(_HOST.fullmatch(host)) and _is_clean(rest)


def is_iri(value: str) -> bool:
    """True for an absolute IRI of any scheme that no reader runs or opens in its own name; a web address must be a whole one."""
    lower = value.lower()
    if lower.startswith(("http:", "https:")):
        return is_web(value)
    form = _OF_SCHEME.get(lower.partition(":")[0], _IRI)
    return bool(form.fullmatch(value)) and _is_clean(value) and not lower.startswith(_RUN_OR_OPENED)


def as_uri(iri: str) -> str:
    """The address in ASCII (RFC 3987 3.1), for formats that know no IRIs: the host in its own encoding, the rest in percents."""
    if iri.isascii():
        return iri
    try:
        parts = urlsplit(iri)
        host = parts.hostname or ""
        encoded = parts.netloc.replace(host, host.encode("idna").decode("ascii")) if host else parts.netloc
    except ValueError:  # UnicodeError too: a host that no name server knows
        return quote(iri, safe=_KEPT_IN_URI)
    return quote(urlunsplit(parts._replace(netloc=encoded)), safe=_KEPT_IN_URI)


def absolute(base: str | None, url: str | None) -> str | None:
    """The address joined to its base, or None where that gives no web address.

    Characters that no address may have are percent-encoded, as a browser does when it follows such a link.
    """
    url = (url or "").strip()
    if len(url) <= _MAX_LENGTH and _SIMPLE.fullmatch(url):
        return url
    if not url or _NO_HOST.match(url):
        return None
    try:
        parts = urlsplit(urljoin(base or "", url))
    except ValueError:
        return None
    path, query, fragment = (_NOT_IN_PATH.sub(_encoded, part) for part in (parts.path, parts.query, parts.fragment))
    joined = urlunsplit((parts.scheme, parts.netloc, path, query, fragment.replace("#", "%23")))
    return joined if is_web(joined) else None


def _is_clean(rest: str) -> bool:
    return not _NOT_IN_PATH.search(rest) and rest.count("#") <= 1


def _encoded(character: re.Match[str]) -> str:
    return quote(character.group(), safe="", errors="replace")


def host_of(url: str) -> str:
    """Lower-case host name; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def without_credentials(url: str) -> str:
    """The address without `user:password@`, for people to see."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


# An entry's address is asked for four times on its way to the store.
@lru_cache(maxsize=1024)
def normalise(url: str | None) -> str | None:
    """Canonical form for comparison only, not for fetching (RFC 3986 6.2.2); None for what is not a web address.

    http and https count as one; default ports, fragments, session ids and tracking parameters go; the query is sorted. A
    fragment stays where it is the path inside a page that is a whole program ("#/story/7", "#!story").
    """
    if url is None or not is_web(url):
        return None
    simple = _SIMPLE.fullmatch(url)
    if simple and not simple["more"]:
        return f"https://{simple['host'].lower()}{simple['path'] or '/'}"
    try:
        parts = urlsplit(_SESSION_ID.sub("", url))
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return None
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    bare = urlunsplit(("https", netloc, parts.path or "/", parts.query, ""))
    try:
        canonical = str(canonicalize_url(without_tracking(bare)))
        # w3lib leaves brackets and bars in a path as they are, where no address may have them: its result would be none.
        path_at = canonical.index("/", len("https://"))
        route = f"#{parts.fragment}" if _ROUTE.match(parts.fragment) else ""
        return canonical[:path_at] + _NOT_IN_PATH.sub(_encoded, canonical[path_at:]) + route
    except (ValueError, UnicodeError):  # a host that is no IDNA name
        return None


def has_path(normalised: str) -> bool:
    """True where the address names more than a site: a home page is no article's own page (rules R2)."""
    start = normalised.find("/", len("https://")) + 1
    return start > 0 and normalised[start : start + 1] not in ("", "?")


def path_of(url: str | None) -> str:
    """The path of the address; empty where there is none."""
    return urlsplit(url).path if url and is_web(url) else ""


def is_home_page(url: str) -> bool:
    """True for the bare address of a site; `/?p=12` is a page of it."""
    simple = _SIMPLE.fullmatch(url)
    if simple and len(simple["path"]) > 1:
        return False
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query
