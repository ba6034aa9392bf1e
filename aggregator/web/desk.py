"""The desk over HTTP: sign in, decide, see what was decided. A GET changes nothing; a POST needs a form of our own page.

Decisions go into the same log as those of the command line (`pipeline.decide`), and are carried out by whoever publishes.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from aggregator.desk.lines import MOST_CHARACTERS, one_line
from aggregator.errors import AggregatorError
from aggregator.model.desk import Word
from aggregator.pages import Printer, Signed, Site, desk_page
from aggregator.pipeline.decide import Wish, understand, write_down
from aggregator.storage import Store
from aggregator.web.door import Door
from aggregator.web.forms import fields_of
from aggregator.web.safety import DESK_SAFETY
from aggregator.web.services import DeskNeeds

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_URI = re.compile(f"urn:uuid:{_UUID}", re.ASCII)
_ARTICLE_PATH = re.compile(f"/articles/({_UUID})", re.ASCII)
# Where a decision may lead back to: our own pages and nothing that anybody else wrote.
_PLACE = re.compile(
    rf"/desk(?:\?page=\d{{1,9}})?|/articles/{_UUID}|/topics/[a-z0-9-]{{1,64}}(?:\?[a-z0-9=&]{{0,40}})?", re.ASCII
)
_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_WORDS = (Word.PIN, Word.DROP, Word.KILL, Word.HOLD, Word.RELEASE, Word.NOTE, Word.MERGE, Word.SPLIT)
"""What can be said on a page. To erase and to set an embargo is left to the command line."""
_ON_TOPIC, _ON_PAIR = (Word.PIN, Word.DROP), (Word.MERGE, Word.SPLIT)


class _Refused(Exception):
    """A decision that cannot be taken, in words for whoever sent the form."""


def place_of(request: Request) -> str:
    """The page's own address, for the way back after a decision."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return address if _PLACE.fullmatch(address) else "/desk"


def desk_routes(
    store: Store, site: Site, printer: Printer, door: Door | None, needs: DeskNeeds | None
) -> tuple[Route, ...]:
    """Everything below /desk: one route, so that without a token nothing of it is there, whatever is asked for."""
    if door is None or needs is None:
        return ()
    return (Route("/desk{rest:path}", _Desk(store, site, printer, door, needs).answer, methods=_METHODS),)


class _Desk:
    def __init__(self, store: Store, site: Site, printer: Printer, door: Door, needs: DeskNeeds) -> None:
        self._store, self._site, self._printer, self._door, self._needs = store, site, printer, door, needs
        self._answers: dict[tuple[str, str], Callable[[Request], Awaitable[Response]]] = {
            ("GET", "/desk"): self._overview,
            ("GET", "/desk/sign-in"): self._ask_for_token,
            ("POST", "/desk/sign-in"): self._sign_in,
            ("POST", "/desk/sign-out"): self._sign_out,
            ("POST", "/desk/decide"): self._decide,
        }

    async def answer(self, request: Request) -> Response:
        if not await self._door.is_open():
            raise HTTPException(404)
        if not self._door.is_own_name(request):
            raise HTTPException(
                403, "The desk answers under its own address only: [site] base_url, or this machine itself."
            )
        method, path = request.method.replace("HEAD", "GET"), request.url.path
        found = self._answers.get((method, path))
        if found is None:
            raise HTTPException(405 if path in {one for _, one in self._answers} else 404)
        return await found(request)

    async def _overview(self, request: Request) -> Response:
        signed = await self._door.signed(request, place_of(request))
        if signed is None:
            return _lead("/desk/sign-in")
        number = request.query_params.get("page", "1")
        if not _PAGE_NUMBER.fullmatch(number):
            raise HTTPException(404, "There is no such page of the log.")
        page = await run_in_threadpool(self._page, int(number))
        if page is None:
            raise HTTPException(404, "The log ends before this page.")
        return self._print("desk.html", signed, page=page)

    def _page(self, number: int) -> object:
        with self._store.read() as reader:
            return desk_page(reader, self._site, number)

    async def _ask_for_token(self, request: Request) -> Response:
        if await self._door.signed(request, "/desk"):
            return _lead("/desk")
        return self._print("sign_in.html", None, is_wrong=False)

    async def _sign_in(self, request: Request) -> Response:
        self._door.check_origin(request)
        fields = await fields_of(request)
        key = await self._door.sign_in(request, fields.get("token", ""))
        if key is None:
            return self._print("sign_in.html", None, status=403, is_wrong=True)
        response = _lead("/desk")
        self._door.give_cookie(request, response, key)
        return response

    async def _sign_out(self, request: Request) -> Response:
        fields = await fields_of(request)
        self._door.check_form(request, fields.get("form", ""))
        response = _lead("/")
        await self._door.sign_out(request, response)
        return response

    async def _decide(self, request: Request) -> Response:
        fields = await fields_of(request)
        back = fields.get("back", "")
        place = back if _PLACE.fullmatch(back) else "/desk"
        signed = await self._door.signed(request, place)
        if signed is None:
            raise HTTPException(403, "Nobody is signed in any more: sign in at /desk.")
        self._door.check_form(request, fields.get("form", ""))
        try:
            wish = _wish(fields, by=signed.name, base_url=self._site.base_url)
            await run_in_threadpool(self._write, wish)
        except (_Refused, AggregatorError) as error:
            words = {"title": "Not decided", "words": f"{error}.", "leads_to": place}
            return self._print("error.html", signed, status=400, **words)
        return _lead(place)

    def _write(self, wish: Wish) -> None:
        with self._store.read() as reader:
            meant = understand(reader, self._site.topics, wish)
        if meant.is_in_vain:
            raise _Refused("It was killed, which is final: a release does not bring it back")
        with self._store.batch() as batch:
            write_down(batch, meant, self._needs.clock())

    def _print(self, template: str, signed: Signed | None, status: int = 200, **values: object) -> Response:
        who = {"signed": signed} if signed else {}
        body = self._printer.page(template, **who, **values)
        return Response(body, status, headers=DESK_SAFETY, media_type="text/html; charset=utf-8")


def _wish(fields: Mapping[str, str], *, by: str, base_url: str) -> Wish:
    """What the form says. Raises _Refused."""
    said, article = fields.get("word", ""), fields.get("article", "")
    if said not in _WORDS or not _URI.fullmatch(article):
        raise _Refused("The form names no word and article that can be decided on here")
    word, reason = Word(said), one_line(fields.get("reason", ""))
    if len(reason) > MOST_CHARACTERS:
        raise _Refused(f"The reason has {len(reason)} characters; at most {MOST_CHARACTERS} are kept")
    if word is Word.KILL and fields.get("final") != "yes":
        raise _Refused("A kill is final: tick that it is meant")
    return Wish(
        word=word,
        article=article,
        by=by,
        reason=reason,
        topic_id=fields.get("topic", "") if word in _ON_TOPIC else None,
        other=_other(fields.get("other", ""), base_url) if word in _ON_PAIR else None,
    )


def _other(typed: str, base_url: str) -> str:
    """The other article by a name that the store knows; of its page at our own address the uri."""
    name = one_line(typed)
    if not name:
        raise _Refused("The other article is missing: give its page, its address or the first 8 digits of its name")
    page = _ARTICLE_PATH.fullmatch(urlsplit(name.removeprefix(base_url)).path) if _is_page(name, base_url) else None
    return f"urn:uuid:{page[1]}" if page else name


def _is_page(name: str, base_url: str) -> bool:
    return name.startswith((base_url, "/", "http://127.0.0.1", "http://localhost"))


def _lead(path: str) -> Response:
    """See Other: a form is not sent twice by loading its page again."""
    return RedirectResponse(path, 303, headers=DESK_SAFETY)
