"""A query and a key -> the signature with which anybody may ask for it; the server answers no other query."""

import hmac
from base64 import urlsafe_b64encode
from urllib.parse import urlencode

from aggregator.topics.canonical import canonical as in_one_form
from aggregator.topics.query import parse_query
from aggregator.topics.written import written

PATH = "/q"
# In an address, and read by whoever was given one: as long as a rule that a person writes.
MAX_CHARACTERS = 2000


def canonical(query: str) -> str:
    """The one text of all queries of that form, which is what is signed. Raises QueryError."""
    return written(in_one_form(parse_query(query)))


def signature(key: str, query: str) -> str:
    """HMAC-SHA-256 of the canonical text, as it stands in an address."""
    made = hmac.digest(key.encode(), b"query feed\n" + query.encode("utf-8", "surrogatepass"), "sha256")
    return urlsafe_b64encode(made).decode().rstrip("=")


def is_signed(key: str, query: str, claimed: str) -> bool:
    """Whether the signature is the query's own; compared in constant time, and before the query is looked at."""
    return hmac.compare_digest(signature(key, query).encode(), claimed.encode("utf-8", "surrogatepass"))


def address(base_url: str, key: str, query: str) -> str:
    """Where the feed of the canonical query is."""
    return f"{base_url}{PATH}?{urlencode({'query': query, 'sig': signature(key, query)})}"
