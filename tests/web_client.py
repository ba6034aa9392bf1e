"""Asks an application in this process, without a socket."""

import asyncio
from collections.abc import Callable

import httpx
from starlette.types import ASGIApp

Get = Callable[..., httpx.Response]
"""`get(path, method="GET", body=b"", header_name="value")`."""


def asking(app: ASGIApp) -> Get:
    """A way to ask the application; what it raises is answered as its users would see it."""

    def request(path: str, method: str = "GET", body: bytes = b"", **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            named = {"accept-encoding": "identity"} | {key.replace("_", "-"): value for key, value in headers.items()}
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, headers=named, content=body)

        return asyncio.run(ask())

    return request
