"""The desk in a real browser, by the keyboard alone: sign in, kill, sign out; what axe finds on its pages, and that no form is cut."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devtools import Page, browser
from tests.documents import wire, write
from tests.program import configure, folder_table, free_port, run, running, wait_for
from tests.test_accessibility import AXE, FOCUSED, LOOKS, NARROWEST, RUN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed (scripts/system-packages)"),
]
HEADLINE = "Envoys meet in the capital"
LABEL = "(document.activeElement.labels?.[0]?.textContent || '').trim()"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    folder = tmp_path / "browser"
    folder.mkdir()
    with browser(folder) as opened:
        opened.look(width=1280)
        yield opened


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The daemon on two texts."""
    for name, headline in (("a", HEADLINE), ("b", "Observers leave the harbour")):
        write(tmp_path / "in", f"{name}.txt", wire(headline))
    port = free_port()
    configure(tmp_path, port, folder_table())
    assert run(tmp_path, "once").code == 0
    with running(tmp_path, "run"):
        wait_for(f"http://127.0.0.1:{port}/", HEADLINE)
        yield f"http://127.0.0.1:{port}"


def go_to(page: Page, what: str, asked: str = FOCUSED) -> None:
    """Press Tab until that has the focus."""
    for _ in range(60):
        page.press("Tab")
        if str(page.tell(asked)).startswith(what):
            return
    raise AssertionError(f"no Tab leads to {what}")


def sign_in(page: Page, url: str, token: str) -> None:
    page.open(f"{url}/desk")
    go_to(page, "token", "document.activeElement.id")
    page.type(token)
    page.enter()


def article(url: str) -> str:
    """The page of the first text."""
    listed = wait_for(f"{url}/topics/all", HEADLINE)
    (path,) = re.findall(rf'<a href="(/articles/[0-9a-f-]+)">{HEADLINE}</a>', listed)
    return url + str(path)


def test_a_kill_by_the_keyboard_alone(page: Page, url: str, tmp_path: Path) -> None:
    token = run(tmp_path, "desk", "token", "add", "maria").out.strip()
    sign_in(page, url, "desk_wrong")
    assert page.tell("document.querySelector('[role=alert]').textContent") == "This token is not right, or was revoked."
    sign_in(page, url, token)
    assert (page.tell("location.pathname"), page.complaints) == ("/desk", [])
    address = article(url)
    page.open(address)
    go_to(page, "Why it is withdrawn", LABEL)
    page.type("Not ours & not <true>")
    page.press("Tab")
    page.press(" ")
    assert page.tell("document.activeElement.checked") is True
    page.press("Tab")
    assert page.tell(FOCUSED) == "Kill"
    page.enter()
    assert (page.tell("location.href"), page.complaints) == (address, [])
    assert "killed by maria: Not ours & not <true>" in page.tell("document.querySelector('.desk').textContent")
    feed = wait_for(f"{url}/feeds/all.atom", "deleted-entry")
    assert HEADLINE not in feed
    page.open(f"{url}/desk")
    go_to(page, "Sign out")
    page.enter()
    assert page.tell("document.cookie") == ""
    page.open(address)
    assert "withdrawn" in page.tell("document.querySelector('main').textContent")
    page.open(f"{url}/desk")
    assert page.tell("location.pathname") == "/desk/sign-in"


def test_a_kill_that_is_not_meant_is_not_sent(page: Page, url: str, tmp_path: Path) -> None:
    sign_in(page, url, run(tmp_path, "desk", "token", "add", "maria").out.strip())
    page.open(article(url))
    go_to(page, "Kill")
    page.press("Enter")
    assert page.tell("document.querySelector('[name=final]:invalid') !== null") is True
    assert run(tmp_path, "desk", "log").out == ""


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (scripts/system-packages)")
def test_axe_finds_nothing_on_the_pages_of_the_desk(page: Page, url: str, tmp_path: Path) -> None:
    token = run(tmp_path, "desk", "token", "add", "maria").out.strip()
    for word, more in (("hold", ()), ("note", ("Ask the ministry",))):
        assert run(tmp_path, "desk", word, "b.txt", *more, "--by", "anna").code == 0
    sign_in(page, url, "desk_wrong")
    found = {("/desk/sign-in", 0): violations(page)}
    sign_in(page, url, token)
    for width, is_dark in [(NARROWEST, False), *LOOKS]:
        page.look(width=width, is_dark=is_dark)
        for address in (f"{url}/desk", f"{url}/topics/all", article(url)):
            page.open(address)
            page.tell("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert (address, page.complaints) == (address, [])
            assert page.tell("document.documentElement.scrollWidth") <= width, address
            assert page.tell("document.querySelectorAll('form[action^=\"/desk\"]').length") > 0, address
            found[address, width] = violations(page)
    assert {where: one for where, one in found.items() if one} == {}


def violations(page: Page) -> object:
    page.tell(AXE.read_text("utf-8"))
    return page.tell(RUN)
