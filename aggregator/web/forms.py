"""A form that a browser sends -> its fields, if it is short, whole, and comes from one of our own pages."""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

# A reason of 2000 characters is 24 KB at most once a browser has written it as %XX.
_MAX_BYTES = 64 * 1024
_MAX_BODY_S = 10.0
_MAX_FIELDS = 20
_TYPE = "application/x-www-form-urlencoded"


async def fields_of(request: Request, *, body_s: float = _MAX_BODY_S) -> dict[str, str]:
    """The fields; of one that is there twice the last. Raises HTTPException (400, 408, 413, 415)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise _refusal(415, "A form was expected.")
    try:
        async with asyncio.timeout(body_s):
            body = await _body(request)
    except TimeoutError:
        raise _refusal(408, "The form took too long to arrive.") from None
    except ClientDisconnect:
        raise _refusal(400, "The form was cut off.") from None
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise _refusal(400, "The form cannot be read.") from None


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise _refusal(413, "The form is too long.")
    return body


def _refusal(status: int, words: str) -> HTTPException:
    """The connection ends: the rest of the body is not waited for."""
    return HTTPException(status, words, {"Connection": "close"})


def is_from_own_page(headers: Mapping[str, str], origin: str) -> bool:
    """Whether the browser says that the form stands on a page of this origin.

    Every browser of today sends `Origin` with a POST, and most of them `Sec-Fetch-Site`; what sends neither is no browser.
    """
    site, claimed = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and claimed is None:
        return False
    return site in (None, "same-origin") and claimed in (None, origin)
