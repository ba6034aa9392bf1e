"""The desk on pages: who gets in, what a form of another site cannot do, and that a decision does what the command line's does."""

import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from aggregator.desk.keys import form_token, kept
from aggregator.model.desk import Decision, Word
from aggregator.pages import Site
from aggregator.web import DeskNeeds, Services, create_app
from tests.desk import Desk, desk
from tests.documents import folder_source, wire, write
from tests.make import topic
from tests.test_pages import words
from tests.web_client import Get, asking

pytestmark = pytest.mark.slow

TOKEN = "desk_token-of-maria"
TOPICS = (topic(id="talks", title="Talks", query="round"), topic(id="rest", title="Rest", query="nothing-of-this"))
BASE = "https://feeds.example.org"
FIRST, SECOND = "Envoys meet for round 1", "Dredgers reach Derna"
DREDGERS = "Two dredgers began to clear the basin on Saturday in the second round of works; the harbour master expects a month."


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and its feeds, published once, with a token for maria."""
    folder = tmp_path_factory.mktemp("built")
    write(folder / "in", "1.txt", wire(FIRST, 1))
    write(folder / "in", "2.txt", f"{SECOND}\n\nDERNA, February 28, 2026. /DESK/. {DREDGERS}\n")
    with opened(folder) as at:
        at.run()
        give(at, "maria", TOKEN)
    return folder


def opened(folder: Path) -> AbstractContextManager[Desk]:
    return desk(folder, sources=(folder_source(folder / "in"),), topics=TOPICS)


@pytest.fixture
def at(built: Path, tmp_path: Path) -> Iterator[Desk]:
    shutil.copytree(built, tmp_path / "site")
    with opened(tmp_path / "site") as at:
        yield at


def give(at: Desk, name: str, token: str) -> None:
    with at.store.batch() as batch:
        batch.access.add_token(name, kept(token), at.now)


def app_of(at: Desk, base_url: str = BASE) -> Get:
    keys = iter(f"key-{number}" for number in range(100))
    site = Site(
        title="Desk feeds",
        language="en",
        base_url=base_url,
        directory=at.directory,
        topics=at.topics,
        sources=at.sources,
    )
    return asking(
        create_app(at.store, site, None, Services(desk=DeskNeeds(clock=lambda: at.now, new_key=lambda: next(keys))))
    )


@dataclass
class Browser:
    """Asks as a browser does: with its cookies, and on a form with the page's origin."""

    app: Get
    host: str = "feeds.example.org"
    origin: str = BASE
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._keep(self.app(path, host=self.host, **self._cookie(), **headers))

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        named = {"content_type": "application/x-www-form-urlencoded", "origin": self.origin, "host": self.host}
        named |= {"sec_fetch_site": "same-origin"} | self._cookie() | headers
        sent = {name: value for name, value in named.items() if value}
        return self._keep(self.app(path, "POST", urlencode(form).encode(), **sent))

    def sign_in(self, token: str = TOKEN) -> httpx.Response:
        return self.post("/desk/sign-in", {"token": token})

    def decide(self, page: str, word: str, **fields: str) -> httpx.Response:
        """Send the form of the page that has this word, filled in so."""
        text = self.get(page).text
        forms = re.findall(r"<form method=\"post\".*?</form>", text, re.DOTALL)
        form = next(one for one in forms if f'name="word" value="{word}"' in one)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        return self.post("/desk/decide", hidden | {"word": word} | fields)

    def _cookie(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def _keep(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return answer


@pytest.fixture
def maria(at: Desk) -> Browser:
    browser = Browser(app_of(at))
    assert browser.sign_in().status_code == 303
    return browser


def uri_of(at: Desk, headline: str) -> str:
    (uri,) = [one.stored.uri for one in at.articles() if one.stored.article.headline == headline]
    return uri


def path_of(at: Desk, headline: str) -> str:
    return f"/articles/{uri_of(at, headline).removeprefix('urn:uuid:')}"


def log(at: Desk) -> tuple[Decision, ...]:
    with at.store.read() as reader:
        return reader.decisions()


# -- who gets in


def test_the_right_token_opens_a_session_of_twelve_hours(at: Desk) -> None:
    browser = Browser(app_of(at))
    assert browser.get("/desk").headers["location"] == "/desk/sign-in"
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    cookie = answer.headers["set-cookie"]
    assert cookie == "__Host-desk=key-0; HttpOnly; Max-Age=43200; Path=/; SameSite=strict; Secure"
    assert "Signed in as maria" in words(browser.get("/desk").text)
    at.now += timedelta(hours=11, minutes=59)
    assert browser.get("/desk").status_code == 200
    at.now += timedelta(minutes=1)
    assert browser.get("/desk").status_code == 303


def test_without_encryption_the_cookie_has_another_name(at: Desk) -> None:
    browser = Browser(app_of(at, "http://127.0.0.1:8080"), host="127.0.0.1:8080", origin="http://127.0.0.1:8080")
    assert browser.sign_in().headers["set-cookie"] == "desk=key-0; HttpOnly; Max-Age=43200; Path=/; SameSite=strict"
    assert browser.get("/desk").status_code == 200


@pytest.mark.parametrize("token", ["", "desk_wrong", TOKEN[:-1], TOKEN + "x", "x" * 10000, "\udc80é"])
def test_a_wrong_token_opens_nothing(at: Desk, token: str) -> None:
    browser = Browser(app_of(at))
    answer = browser.post("/desk/sign-in", {"token": token.encode("utf-8", "surrogatepass").decode("latin-1")})
    assert (answer.status_code, "This token is not right" in answer.text, browser.cookies) == (403, True, {})


def test_the_store_has_neither_token_nor_key(at: Desk, maria: Browser) -> None:
    at.store.scrub()
    data = b"".join(path.read_bytes() for path in at.directory.parent.glob("store.db*"))
    assert (TOKEN.encode() in data, maria.cookies["__Host-desk"].encode() in data) == (False, False)
    assert kept(TOKEN) in data


def test_who_signs_out_is_out_also_with_an_old_cookie(maria: Browser) -> None:
    before, form = dict(maria.cookies), {"form": form_token(maria.cookies["__Host-desk"])}
    assert maria.post("/desk/sign-out", form).headers["location"] == "/"
    assert maria.cookies == {}
    maria.cookies = before
    assert maria.get("/desk").status_code == 303


def test_a_revoked_token_signs_nobody_in_and_everybody_out(at: Desk, maria: Browser) -> None:
    give(at, "anna", "desk_anna")
    with at.store.batch() as batch:
        batch.access.revoke("maria", at.now)
    assert maria.get("/desk").status_code == 303
    assert maria.sign_in().status_code == 403
    assert maria.sign_in("desk_anna").status_code == 303
    assert "Signed in as anna" in words(maria.get("/desk").text)


def test_a_session_that_began_as_its_token_was_revoked_is_none(at: Desk) -> None:
    browser = Browser(app_of(at), cookies={"__Host-desk": "key-0"})
    give(at, "anna", "desk_anna")
    with at.store.batch() as batch:
        batch.access.revoke("maria", at.now)
        batch.access.begin_session(1, kept("key-0"), at.now, at.now + timedelta(hours=1))
    assert browser.get("/desk").status_code == 303


def test_the_twenty_first_browser_signs_the_first_one_out(at: Desk) -> None:
    app = app_of(at)
    browsers = []
    for _ in range(21):
        browsers.append(Browser(app))
        assert browsers[-1].sign_in().status_code == 303
        at.now += timedelta(seconds=1)
    assert [one.get("/desk").status_code for one in browsers] == [303] + 20 * [200]


def test_trying_is_limited_by_address_and_in_all(at: Desk) -> None:
    browser = Browser(app_of(at))
    tries = [browser.post("/desk/sign-in", {"token": "x"}, x_forwarded_for="192.0.2.1") for _ in range(6)]
    assert [one.status_code for one in tries] == [403] * 5 + [429]
    assert tries[-1].headers["retry-after"] == "60"
    assert "tried too often" in tries[-1].text
    at.now += timedelta(seconds=20)
    assert browser.post("/desk/sign-in", {"token": "x"}, x_forwarded_for="192.0.2.1").headers["retry-after"] == "40"
    others = [
        browser.post("/desk/sign-in", {"token": "x"}, x_forwarded_for=f"6.6.6.6, 192.0.2.{number}").status_code
        for number in range(2, 58)
    ]
    assert others == [403] * 55 + [429]
    at.now += timedelta(minutes=1)
    assert browser.sign_in().status_code == 303


def test_who_has_a_token_may_sign_in_as_often_as_he_likes(at: Desk) -> None:
    browser = Browser(app_of(at))
    assert {browser.sign_in().status_code for _ in range(10)} == {303}


@pytest.mark.parametrize("path", ["/desk", "/desk/", "/desk/sign-in", "/desk/decide", "/desk/x", "/deskside"])
def test_without_a_token_there_is_no_desk(at: Desk, path: str) -> None:
    with at.store.batch() as batch:
        batch.access.revoke("maria", at.now)
    browser = Browser(app_of(at))
    answers = [browser.get(path), browser.post(path, {"token": TOKEN}), browser.app(path, "DELETE", host=browser.host)]
    assert [answer.status_code for answer in answers] == [404] * 3


@pytest.mark.parametrize(("path", "status"), [("/desk/decide", 405), ("/desk/sign-out", 405), ("/desk/x", 404)])
def test_nothing_is_decided_by_looking(at: Desk, maria: Browser, path: str, status: int) -> None:
    query = urlencode({"word": "kill", "article": uri_of(at, FIRST), "final": "yes", "form": form_token("key-0")})
    assert maria.get(f"{path}?{query}").status_code == status
    assert log(at) == ()


# -- whose form it is

FORGED = [
    ("another origin", {"origin": "https://evil.example"}),
    ("no page at all", {"origin": "", "sec_fetch_site": ""}),
    ("an origin that is kept back", {"origin": "null"}),
    ("the same name without encryption", {"origin": "http://feeds.example.org"}),
    ("another site, without an origin", {"origin": "", "sec_fetch_site": "cross-site"}),
    ("a sister site", {"origin": "", "sec_fetch_site": "same-site"}),
    ("another site that claims our origin", {"sec_fetch_site": "cross-site"}),
]


@pytest.mark.parametrize(("why", "headers"), FORGED)
def test_a_form_of_another_site_does_nothing(at: Desk, maria: Browser, why: str, headers: dict[str, str]) -> None:
    del why
    form = {"form": form_token("key-0"), "word": "hold", "article": uri_of(at, FIRST)}
    assert maria.post("/desk/decide", form, **headers).status_code == 403
    assert maria.post("/desk/sign-in", {"token": TOKEN}, **headers).status_code == 403
    assert maria.post("/desk/sign-out", form, **headers).status_code == 403
    assert log(at) == ()
    assert maria.get("/desk").status_code == 200


@pytest.mark.parametrize("token", [None, "", "0" * 64, form_token("key-1"), "é"])
def test_a_form_without_the_token_of_the_session_does_nothing(at: Desk, maria: Browser, token: str | None) -> None:
    form = {"word": "hold", "article": uri_of(at, FIRST)} | ({} if token is None else {"form": token})
    assert maria.post("/desk/decide", form).status_code == 403
    assert log(at) == ()


def test_a_form_of_a_browser_without_fetch_metadata_is_taken(at: Desk, maria: Browser) -> None:
    form = {"form": form_token("key-0"), "word": "hold", "article": uri_of(at, FIRST)}
    assert maria.post("/desk/decide", form, sec_fetch_site="").status_code == 303
    assert [one.word for one in log(at)] == [Word.HOLD]


@pytest.mark.parametrize("host", ["evil.example", "feeds.example.org.evil.example", "127.0.0.1.evil.example", ""])
def test_the_desk_answers_under_its_own_names_only(at: Desk, maria: Browser, host: str) -> None:
    maria.host = host
    assert maria.get("/desk").status_code == 403
    assert maria.sign_in().status_code == 403
    assert "Signed in" not in maria.get(path_of(at, FIRST)).text


BODIES = [
    ("not a form", b"token=x", {"content_type": "application/json"}, 415),
    ("too long", b"token=" + b"x" * 70000, {}, 413),
    ("too many fields", b"&".join(b"a=1" for _ in range(30)), {}, 400),
    ("no ASCII", "token=é".encode(), {}, 400),
]


@pytest.mark.parametrize(("why", "body", "headers", "status"), BODIES)
def test_what_is_no_short_form_is_refused(
    at: Desk, why: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    del why
    named = {"content_type": "application/x-www-form-urlencoded", "origin": BASE, "host": "feeds.example.org"}
    assert app_of(at)("/desk/sign-in", "POST", body, **(named | headers)).status_code == status


# -- what others see


def test_pages_of_everybody_else_are_the_same_with_and_without_a_desk(at: Desk, maria: Browser) -> None:
    site = Site(
        title="Desk feeds", language="en", base_url=BASE, directory=at.directory, topics=at.topics, sources=at.sources
    )
    without = asking(create_app(at.store, site))
    for path in ("/", "/topics/talks", "/sources", path_of(at, FIRST), "/feeds/talks.atom", "/nothing"):
        ours, theirs = Browser(app_of(at)).get(path), without(path, host="feeds.example.org")
        assert (ours.content, ours.status_code) == (theirs.content, theirs.status_code)
        assert dict(ours.headers) == dict(theirs.headers)
        assert 'href="/desk' not in ours.text
    strange = Browser(app_of(at), cookies={"__Host-desk": "key-77", "other": "1"})
    assert strange.get("/topics/talks").content == without("/topics/talks").content


def test_pages_for_the_desk_are_kept_nowhere(at: Desk, maria: Browser) -> None:
    for path in ("/desk", "/", "/topics/talks", "/sources", "/search", path_of(at, FIRST)):
        answer = maria.get(path)
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "etag" not in answer.headers
        assert "form-action 'self'; frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "Signed in as maria" in words(answer.text)
        assert "key-0" not in answer.text
    assert "cookie" not in words(maria.get("/topics/talks").text)


def test_what_was_published_as_it_is_is_served_as_it_is(maria: Browser) -> None:
    answer = maria.get("/feeds/talks.atom")
    assert "public" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


# -- what is decided


def test_a_kill_withdraws_the_article_everywhere(at: Desk, maria: Browser) -> None:
    path = path_of(at, FIRST)
    answer = maria.decide(path, "kill", reason="not our <text>", final="yes")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert Browser(app_of(at)).get(path).status_code == 410
    at.run()
    feed = at.feed("talks").decode()
    assert (FIRST in feed, "deleted-entry" in feed, SECOND in feed) == (False, True, True)
    (said,) = log(at)
    assert (said.word, said.by, said.reason, said.applied_at is not None) == (
        Word.KILL,
        "maria",
        "not our <text>",
        True,
    )
    page = maria.get(path).text
    assert "Nobody else sees this page: killed by maria: not our <text> ." in words(page)
    assert 'value="kill"' not in page


def test_a_kill_has_to_be_meant(at: Desk, maria: Browser) -> None:
    answer = maria.decide(path_of(at, FIRST), "kill")
    assert (answer.status_code, "A kill is final" in answer.text, log(at)) == (400, True, ())
    assert f'href="{path_of(at, FIRST)}">Read on there' in answer.text


def test_a_hold_is_seen_by_the_desk_alone_and_released_by_it(at: Desk, maria: Browser) -> None:
    path = path_of(at, FIRST)
    assert (
        maria.decide("/topics/talks", "hold", reason="wait", article=uri_of(at, FIRST)).headers["location"]
        == "/topics/talks"
    )
    others = Browser(app_of(at))
    assert [FIRST in others.get(page).text for page in ("/", "/topics/talks")] == [False, False]
    at.run()
    assert (FIRST in at.feed("talks").decode(), others.get(path).status_code) == (False, 404)
    overview = words(maria.get("/desk").text)
    assert f"Held now {FIRST} held by maria: wait" in overview
    assert maria.get(path).status_code == 200
    assert maria.decide("/desk", "release").headers["location"] == "/desk"
    at.run()
    assert (FIRST in at.feed("talks").decode(), Browser(app_of(at)).get(path).status_code) == (True, 200)
    assert "Held now" not in maria.get("/desk").text
    assert [(one.word, one.by) for one in log(at)] == [(Word.HOLD, "maria"), (Word.RELEASE, "maria")]


def test_a_drop_takes_it_out_of_one_topic_and_a_pin_puts_it_into_another(at: Desk, maria: Browser) -> None:
    path = path_of(at, FIRST)
    maria.decide(path, "drop", topic="talks", reason="off topic")
    maria.decide(path, "pin", topic="rest")
    at.run()
    assert (FIRST in at.feed("talks").decode(), FIRST in at.feed("rest").decode()) == (False, True)
    assert "Talks (dropped by maria: off topic)" in words(maria.get(path).text)
    assert maria.decide("/desk", "pin").status_code == 303
    at.run()
    assert FIRST in at.feed("talks").decode()
    assert [(one.word, one.topic_id) for one in log(at)] == [
        (Word.DROP, "talks"),
        (Word.PIN, "rest"),
        (Word.PIN, "talks"),
    ]


def test_what_is_said_of_an_entry_in_a_list_is_said_of_its_article_in_that_topic(at: Desk, maria: Browser) -> None:
    uri, other = uri_of(at, FIRST), uri_of(at, SECOND)
    for word, fields in (
        ("pin", {}),
        ("note", {"reason": "seen"}),
        ("merge", {"other": other}),
        ("split", {"other": other}),
    ):
        assert maria.decide("/topics/talks", word, article=uri, **fields).headers["location"] == "/topics/talks"
    assert [(one.word.value, one.article_uri, one.topic_id, one.other_uri) for one in log(at)] == [
        ("pin", uri, "talks", None),
        ("note", uri, None, None),
        ("merge", uri, None, other),
        ("split", uri, None, other),
    ]


def test_a_note_stands_on_the_page_and_in_no_feed(at: Desk, maria: Browser) -> None:
    path, before = path_of(at, FIRST), at.feed("talks")
    maria.decide(path, "note", reason="ask the\r\n ministry\x00 <first>")
    at.run()
    assert "ask the ministry &lt;first&gt;" in Browser(app_of(at)).get(path).text
    assert at.feed("talks") == before


@pytest.mark.parametrize(
    "name", ["{uri}", "{digits}", "{path}", "https://feeds.example.org{path}", "http://127.0.0.1:8080{path}"]
)
def test_a_merge_makes_one_of_two_and_a_split_two_of_one(at: Desk, maria: Browser, name: str) -> None:
    uri, path = uri_of(at, SECOND), path_of(at, SECOND)
    other = name.format(uri=uri, digits=uri.removeprefix("urn:uuid:")[:8], path=path)
    assert maria.decide(path_of(at, FIRST), "merge", other=other).status_code == 303
    at.run()
    views = {view.stored.article.headline: view for view in at.articles()}
    assert views[FIRST].story == views[SECOND].story is not None
    assert maria.decide("/desk", "split").status_code == 303
    at.run()
    assert {view.copy_group for view in at.articles()} == {None}
    assert [(one.word, one.other_uri) for one in log(at)] == [(Word.MERGE, uri), (Word.SPLIT, uri)]


WRONG = [
    ("an unknown word", {"word": "publish"}, "no word and article"),
    ("a word that is the command line's", {"word": "erase"}, "no word and article"),
    ("an article by another name", {"article": "a.txt"}, "no word and article"),
    ("an article that is not there", {"article": "urn:uuid:00000000-0000-4000-8000-000000000000"}, "no article"),
    ("a topic that is not there", {"word": "pin", "topic": "<b>"}, "no topic"),
    ("no topic", {"word": "drop"}, "no topic"),
    ("a note without a text", {"word": "note", "reason": " \n"}, "a note needs a text"),
    ("no other article", {"word": "merge"}, "The other article is missing"),
    ("itself", {"word": "split", "other": "{uri}"}, "are one article"),
    ("a reason that is too long", {"reason": "x" * 2001}, "at most 2000"),
]


@pytest.mark.parametrize(("why", "fields", "told"), WRONG)
def test_what_makes_no_sense_is_not_decided_and_says_why(
    at: Desk, maria: Browser, why: str, fields: dict[str, str], told: str
) -> None:
    del why
    uri = uri_of(at, FIRST)
    form = {"form": form_token("key-0"), "word": "hold", "article": uri, "back": "https://evil.example/"}
    answer = maria.post("/desk/decide", form | {name: value.format(uri=uri) for name, value in fields.items()})
    assert (answer.status_code, told in words(answer.text), log(at)) == (400, True, ())
    assert ('href="/desk">Read on there' in answer.text, "evil" in answer.text, "<b>" in answer.text) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/desk/../x", "/topics/a?x=\r\nSet-Cookie: a", ""]
)
def test_a_decision_leads_back_to_our_own_pages_only(at: Desk, maria: Browser, back: str) -> None:
    form = {"form": form_token("key-0"), "word": "hold", "article": uri_of(at, FIRST), "back": back}
    assert maria.post("/desk/decide", form).headers["location"] == "/desk"


def test_a_release_of_what_was_killed_is_refused(at: Desk, maria: Browser) -> None:
    maria.decide(path_of(at, FIRST), "kill", final="yes")
    form = {"form": form_token("key-0"), "word": "release", "article": uri_of(at, FIRST)}
    answer = maria.post("/desk/decide", form)
    assert (answer.status_code, "which is final" in answer.text, len(log(at))) == (400, True, 1)


def test_the_last_word_comes_after_all_others_whatever_the_clock_says(at: Desk, maria: Browser) -> None:
    path = path_of(at, FIRST)
    maria.decide(path, "hold")
    at.now -= timedelta(hours=1)
    maria.decide(path, "release")
    assert [one.word for one in sorted(log(at), key=lambda one: one.decided_at)] == [Word.HOLD, Word.RELEASE]


def test_the_log_is_paged_newest_first_and_offers_what_still_stands(at: Desk, maria: Browser) -> None:
    at.decide(Word.HOLD, uri_of(at, FIRST))
    for number in range(60):
        at.now += timedelta(seconds=1)
        at.decide(Word.NOTE if number else Word.RELEASE, uri_of(at, FIRST))
    first, second = maria.get("/desk").text, maria.get("/desk?page=2").text
    assert (
        first.count('<tr role="row"><th role="rowheader"'),
        second.count('<tr role="row"><th role="rowheader"'),
    ) == (50, 11)
    assert 'value="release"' not in second
    assert [maria.get(f"/desk?page={number}").status_code for number in ("3", "0", "x")] == [404] * 3


def test_a_hostile_reason_is_shown_as_the_text_that_it_is(at: Desk, maria: Browser) -> None:
    give(at, "<i>anna</i>", "desk_anna")
    anna = Browser(maria.app)
    anna.sign_in("desk_anna")
    anna.decide(path_of(at, FIRST), "hold", reason="<script>alert(1)</script>")
    for page in (maria.get("/desk").text, maria.get(path_of(at, FIRST)).text):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert ("<script" in page, "<i>anna" in page) == (False, False)


def test_no_log_line_holds_a_token_or_a_key(at: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    browser = Browser(app_of(at))
    browser.sign_in("desk_wrong-token")
    browser.sign_in()
    browser.decide(path_of(at, FIRST), "hold")
    told = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert ("sign-in refused" in told, "signed in" in told) == (True, True)
    assert [secret for secret in ("desk_wrong-token", TOKEN, "key-0", form_token("key-0")) if secret in told] == []
