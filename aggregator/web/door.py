"""Who may work at the desk: tokens, sessions and their cookies, and which forms are ours.

The desk is there only once a token was made, and only under its own names: `base_url`, or this machine by itself.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.desk.keys import find, form_token, is_form_token, kept
from aggregator.pages import Signed
from aggregator.storage import Reader, Store
from aggregator.web.attempts import Attempts
from aggregator.web.forms import is_from_own_page
from aggregator.web.here import client_of, is_local_name, is_of_this_machine
from aggregator.web.services import DeskNeeds

_LOG = logging.getLogger(__name__)
_LIFE = timedelta(hours=12)
_MOST_CHARACTERS = 200
"""Of a token or a key: what is longer is neither."""
_T = TypeVar("_T")


class Door:
    """What is asked of every request that may be somebody's of the desk."""

    def __init__(self, store: Store, base_url: str, needs: DeskNeeds) -> None:
        self._store, self._needs = store, needs
        base = urlsplit(base_url)
        self._scheme = base.scheme.lower()
        # As browsers write it, in Host and in Origin.
        self._host = base.netloc.lower().removesuffix({"https": ":443", "http": ":80"}.get(self._scheme, ":"))
        self._attempts = Attempts()

    async def is_open(self) -> bool:
        """Whether there is a desk at all: anybody who may sign in."""
        return await self._ask(lambda reader: reader.is_any_desk_token())

    def is_own_name(self, request: Request) -> bool:
        """Whether the request is for the desk under one of its own names (DNS rebinding)."""
        host = request.headers.get("host", "").lower()
        return host == self._host or is_local_name(host)

    def check_origin(self, request: Request) -> None:
        """Raises HTTPException (403) where another site sent the form."""
        if not is_from_own_page(request.headers, self._origin(request)):
            raise HTTPException(403, "This form does not come from a page of the desk.")

    async def signed(self, request: Request, here: str) -> Signed | None:
        """Who is signed in; None for everybody else, at no price where no cookie of ours comes along."""
        key = request.cookies.get(self._cookie(request), "")
        if not 0 < len(key) <= _MOST_CHARACTERS or not self.is_own_name(request):
            return None
        now = self._needs.clock()
        name = await self._ask(lambda reader: reader.desk_session(kept(key), now))
        return Signed(name=name, form_token=form_token(key), here=here) if name else None

    def check_form(self, request: Request, claimed: str) -> None:
        """Raises HTTPException (403) where the form is of no page of this session."""
        self.check_origin(request)
        if not is_form_token(request.cookies.get(self._cookie(request), ""), claimed):
            raise HTTPException(403, "This form is not of this session: load its page again.")

    async def sign_in(self, request: Request, token: str) -> str | None:
        """The key of a new session; None where the token is not right. Raises HTTPException (429) where that was tried too often."""
        address, now = _address(request), self._needs.clock()
        wait_s = self._attempts.begin(address, now)
        if wait_s is not None:
            raise HTTPException(429, "That was tried too often; wait a minute.", {"Retry-After": str(wait_s)})
        number = await self._ask(lambda reader: _number(reader, token.strip()))
        if number is None:
            _LOG.warning("sign-in refused", extra={"address": address})
            return None
        self._attempts.succeeded(address)
        key = self._needs.new_key()
        await run_in_threadpool(self._begin, number, key)
        _LOG.info("signed in", extra={"address": address, "token": number})
        return key

    def give_cookie(self, request: Request, response: Response, key: str) -> None:
        """Let the browser keep the key for as long as the session lasts."""
        self._set_cookie(request, response, key, int(_LIFE.total_seconds()))

    async def sign_out(self, request: Request, response: Response) -> None:
        """End the session, and let the browser forget it."""
        key = request.cookies.get(self._cookie(request), "")
        await run_in_threadpool(self._end, kept(key))
        self._set_cookie(request, response, "", 0)

    def _set_cookie(self, request: Request, response: Response, value: str, max_age: int) -> None:
        response.set_cookie(
            self._cookie(request),
            value,
            max_age=max_age,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="strict",
        )

    def _is_secure(self, request: Request) -> bool:
        return self._scheme == "https" and request.headers.get("host", "").lower() == self._host

    def _cookie(self, request: Request) -> str:
        """Its name. A browser takes `__Host-` only from us ourselves and only encrypted (RFC 6265bis 4.1.3.2)."""
        return "__Host-desk" if self._is_secure(request) else "desk"

    def _origin(self, request: Request) -> str:
        host = request.headers.get("host", "").lower()
        return f"{self._scheme if host == self._host else 'http'}://{host}"

    def _begin(self, number: int, key: str) -> None:
        now = self._needs.clock()
        with self._store.batch() as batch:
            batch.access.begin_session(number, kept(key), now, now + _LIFE)

    def _end(self, digest: bytes) -> None:
        with self._store.batch() as batch:
            batch.access.end_session(digest)

    async def _ask(self, question: Callable[[Reader], _T]) -> _T:
        def ask() -> _T:
            with self._store.read() as reader:
                return question(reader)

        return await run_in_threadpool(ask)


def _number(reader: Reader, token: str) -> int | None:
    return find(token, reader.valid_desk_tokens()) if 0 < len(token) <= _MOST_CHARACTERS else None


def _address(request: Request) -> str:
    """Whose attempts are counted together. Of a proxy on this machine the address that it names last, which is its own word."""
    client = client_of(request.scope)
    named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    if not named or not is_of_this_machine(client):
        return client
    try:
        return str(ip_address(named))
    except ValueError:
        return client
