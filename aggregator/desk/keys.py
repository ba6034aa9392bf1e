"""Tokens and keys of sessions -> what is kept of them, and what the forms of a session carry.

Both are 256 random bits, so one SHA-256 is enough: there is no dictionary that a slow hash would slow down.
"""

import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "desk_"
"""Of every token, so that scanners for secrets find one that was left in a file."""


def kept(key: str) -> bytes:
    """What the store keeps of a token or of a session's key: 32 bytes."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def find(key: str, known: Iterable[tuple[int, bytes]]) -> int | None:
    """The number under which the key is known. Every one is compared, each in constant time."""
    wanted = kept(key)
    found: int | None = None
    for number, digest in known:
        if hmac.compare_digest(wanted, digest):
            found = number
    return found


def form_token(session_key: str) -> str:
    """What each form of the session carries. Other sites cannot know it: it hangs on the cookie, which no page shows."""
    return hmac.new(session_key.encode(), b"form of the desk", hashlib.sha256).hexdigest()


def is_form_token(session_key: str, claimed: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(form_token(session_key).encode(), claimed.encode("utf-8", "surrogatepass"))
