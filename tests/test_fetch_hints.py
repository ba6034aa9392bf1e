"""What an answer says beside its document: freshness, moves, hubs, and the validators to send back."""

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import blake2b

import pytest

from aggregator.model.fetch import Fetched, FetchFailed, Hints, Identical, NotModified
from aggregator.model.source import Validators
from aggregator.text import digest
from tests.fetching import RSS, a_source, failed, fetched, poll
from tests.loopback import Raw, Reply, Request, serve

TOLD = {"Cache-Control": "max-age=600", "Link": '<https://hub.example/>; rel="hub", </feed>; rel=self'}


def test_every_good_answer_carries_hints() -> None:
    body = blake2b(RSS, digest_size=16).digest()

    def handler(request: Request) -> Reply:
        is_asked = request.header("If-None-Match") == '"1"'
        return Reply(status=304, headers=TOLD) if is_asked else Reply(RSS, headers=TOLD)

    with serve(handler) as server:
        source = a_source(server.url("/feed"))
        stored = Validators(url=source.url, digests=(b"d",), raw_digest=body)
        results = [poll(source), poll(source, stored), poll(source, replace(stored, etag='"1"'))]
        assert [type(result) for result in results] == [Fetched, Identical, NotModified]
        hints = Hints(fresh_for=timedelta(minutes=10), hub="https://hub.example/", topic_url=server.url("/feed"))
        assert [result.hints for result in results if not isinstance(result, FetchFailed)] == [hints] * 3


def test_fields_that_come_in_several_lines_are_one_list() -> None:
    head = b"HTTP/1.1 200 OK\r\nCache-Control: public\r\nLink: <a>; rel=self\r\nCache-Control: max-age=60\r\nLink: <b>; rel=hub\r\n\r\n"
    with serve({"/x/": Raw(head, RSS)}) as server:
        hints = fetched(poll(a_source(server.url("/x/")))).hints
        assert (hints.fresh_for, hints.topic_url) == (timedelta(minutes=1), server.url("/x/a"))
        assert hints.hub == server.url("/x/b")


@pytest.mark.parametrize("target", ["mailto:a@b.example", "http://[::1", "", "javascript:x", "http://h:99999/"])
def test_a_hub_that_is_no_place_on_the_web_is_none(target: str) -> None:
    with serve({"/": Reply(RSS, headers={"Link": f"<{target}>; rel=hub"})}) as server:
        assert fetched(poll(a_source(server.url()))).hints == Hints()


@dataclass(frozen=True, kw_only=True)
class Move:
    """The statuses of a chain of redirects, and whether its end may be adopted."""

    why: str
    statuses: tuple[int, ...]
    is_adopted: bool


MOVES = [
    Move(why="moved", statuses=(301,), is_adopted=True),
    Move(why="moved, the newer status", statuses=(308,), is_adopted=True),
    Move(why="moved twice", statuses=(301, 308), is_adopted=True),
    Move(why="no redirect", statuses=(), is_adopted=False),
    Move(why="elsewhere for now", statuses=(302,), is_adopted=False),
    Move(why="see elsewhere", statuses=(303,), is_adopted=False),
    Move(why="elsewhere for now, the newer status", statuses=(307,), is_adopted=False),
    Move(why="moved to something that is elsewhere for now", statuses=(301, 302), is_adopted=False),
    Move(why="one passing hop spoils the chain wherever it stands", statuses=(307, 301), is_adopted=False),
]


@pytest.mark.parametrize("case", MOVES, ids=lambda case: case.why)
def test_a_move_is_told_where_every_hop_is_permanent(case: Move) -> None:
    def handler(request: Request) -> Reply:
        step = int(request.path[1:])
        if step == len(case.statuses):
            return Reply(RSS)
        return Reply(status=case.statuses[step], headers={"Location": f"/{step + 1}"})

    with serve(handler) as server:
        result = fetched(poll(a_source(server.url("/0"))))
        end = server.url(f"/{len(case.statuses)}")
        assert result.url == end
        assert result.hints.moved_to == (end if case.is_adopted else None)


def test_a_move_is_told_without_credentials() -> None:
    with serve({"/new": Reply(RSS)}) as server:
        target = server.url("/new", userinfo="us:word")
        with serve({"/": Reply(status=301, headers={"Location": target})}) as old:
            result = fetched(poll(a_source(old.url("/", userinfo="me:secret"))))
            assert result.hints.moved_to == server.url("/new")


def test_a_move_is_told_with_a_304_as_well() -> None:
    answers = {"/old": Reply(status=301, headers={"Location": "/new"}), "/new": Reply(status=304)}
    with serve(answers) as server:
        stored = Validators(url=server.url("/new"), etag='"1"')
        result = poll(a_source(server.url("/old")), stored)
        assert result == NotModified(validators=stored, status=304, hints=Hints(moved_to=server.url("/new")))


def test_gone_is_told_by_its_status() -> None:
    with serve({"/": Reply(status=410)}) as server:
        assert failed(poll(a_source(server.url()))).status == 410


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": '"2"'}, ('"2"', "then")),
        ({"Last-Modified": "now"}, ('"1"', "now")),
        ({"ETag": '"2"', "Last-Modified": "now"}, ('"2"', "now")),
        ({}, ('"1"', "then")),
    ],
    ids=["a new tag", "a new time", "both", "neither"],
)
def test_a_304_replaces_the_validators_it_names(headers: dict[str, str], expected: tuple[str, str]) -> None:
    with serve({"/": Reply(status=304, headers=headers)}) as server:
        stored = Validators(url=server.url(), etag='"1"', last_modified="then", digests=(b"d",))
        result = poll(a_source(server.url()), stored)
        assert isinstance(result, NotModified)
        assert (result.validators.etag, result.validators.last_modified) == expected
        assert result.validators.digests == (b"d",)


def test_a_200_without_validators_drops_them() -> None:
    with serve({"/": Reply(RSS)}) as server:
        stored = Validators(url=server.url(), etag='"1"', last_modified="then")
        validators = fetched(poll(a_source(server.url()), stored)).validators
        assert (validators.etag, validators.last_modified) == (None, None)


@pytest.mark.parametrize(
    ("etag", "known", "is_kept"),
    [
        ('"1"', b"another body", False),
        ('"1"', RSS, True),
        ('"2"', b"another body", True),
        ('W/"1"', b"another body", True),
        ('"1"', None, True),
    ],
    ids=["a lie", "the same body", "a new tag", "a weak tag promises less", "nothing to compare with"],
)
def test_a_tag_that_stays_while_the_body_changes_is_not_believed(etag: str, known: bytes | None, is_kept: bool) -> None:
    """The server that answers 200 under the tag it was asked about: its 304 would hide news."""
    with serve({"/": Reply(RSS, headers={"ETag": etag, "Last-Modified": "then"})}) as server:
        sent = etag if etag.startswith("W/") else '"1"'
        stored = Validators(url=server.url(), etag=sent, digests=() if known is None else (digest(known),))
        validators = fetched(poll(a_source(server.url()), stored)).validators
        assert (validators.etag, validators.last_modified) == ((etag, "then") if is_kept else (None, None))
        assert validators.digests == (digest(RSS),)


def test_a_validator_too_long_to_be_sent_is_none() -> None:
    headers = {"ETag": f'"{"x" * 5_000}"', "Last-Modified": "then"}
    with serve({"/": Reply(RSS, headers=headers)}) as server:
        validators = fetched(poll(a_source(server.url()))).validators
        assert (validators.etag, validators.last_modified) == (None, "then")
