"""Every page in a real browser, at phone and desktop width, light and dark: no complaint, no sideways scrolling, what axe
finds (landmarks, contrast, names), and a way to "Subscribe" by the keyboard alone.
"""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.devtools import Page, browser
from tests.program import ROOT, free_port, running, wait_for
from tests.test_chromium import DESK, PHONE
from tests.test_stories_pipeline import FERRY, FERRY_ELSEWHERE, FERRY_TEXT

AXE = Path("/usr/local/share/axe-core/axe.min.js")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed (scripts/system-packages)"),
]
NARROWEST = 320
LOOKS = [(width, is_dark) for width in (PHONE, DESK) for is_dark in (False, True)]
# Whatever WCAG 2.2 AA asks, and axe's good practice: landmarks, headings, regions.
RUN = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(found =>
  found.violations.map(one => [one.id, one.nodes.length, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary]))"""
FOCUSED = "document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Every kind of page of the program on its shipped texts, as it is served; then the same as files of another server."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    port = free_port()
    text = (ROOT / "config.toml").read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    broken = f'[[sources]]\nid = "broken"\nurl = "http://127.0.0.1:{free_port()}/feed.xml"\n\n[[topics]]'
    text = text.partition("# Public feeds.")[0] + broken + text.partition("[[topics]]")[2]
    text = text.replace("[publish]\n", "[publish]\npages = true\n")
    # Two outlets report one event, and a topic has them.
    for name, headline, body in (("seeds", FERRY, FERRY_TEXT), ("quay", f"{FERRY}, guard says", FERRY_ELSEWHERE)):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "ferry.txt").write_text(f"{headline}\n\n{body}\n", "utf-8")
    text += '\n[[sources]]\nid = "quay"\npath = "quay"\npublisher = "Quay"\nannounce = "all"\n'
    text += '\n[[topics]]\nid = "harbour"\ntitle = "Harbour"\nquery = "Tarbona"\n'
    (folder / "config.toml").write_text(text, "utf-8")
    url = f"http://127.0.0.1:{port}"
    with running(folder, "run"):
        front = wait_for(f"{url}/", "Political dialogue forum")
        wait_for(f"{url}/search?q=dialogue", "<mark>dialogue</mark>")
        articles = re.findall(r'href="(/articles/[0-9a-f-]+)"', front)
        topic = wait_for(f"{url}/topics/libya-diplomacy", "Entries")
        (story,) = set(re.findall(r'href="(/stories/[0-9a-f-]+)"', wait_for(f"{url}/topics/harbour", "of this event")))
        (arabic,) = re.findall(r'<li lang="ar" dir="rtl">\s*<h4><a href="([^"]+)"', topic)[:1]
        paths = [
            "/",
            "/topics/libya-diplomacy",
            "/topics/libya-diplomacy?state=archived",
            "/sources",
            "/search",
            "/search?q=dialogue+-football",
            "/search?q=%22",
            "/search?q=zzzz",
            "/nothing",
            articles[0],
            arabic,
            story,
        ]
        written_page(folder / "feeds" / "index.html", "Political dialogue forum")
        files = [f"file://{folder}/feeds/{name}" for name in ("index.html", "libya-diplomacy.html", "sources.html")] + [
            f"file://{next((folder / 'feeds' / kind).iterdir())}" for kind in ("entries", "stories")
        ]
        yield [*(url + path for path in paths), *files]


def written_page(path: Path, text: str) -> None:
    """Wait until the file is there and says so: the daemon publishes every two seconds."""
    deadline = time.monotonic() + 30
    while not (path.exists() and text in path.read_text("utf-8")):
        assert time.monotonic() < deadline, f"{path.name} does not say {text}"
        time.sleep(0.1)


@pytest.mark.parametrize(("width", "is_dark"), [(NARROWEST, False), *LOOKS])
def test_every_page_opens_without_a_complaint_and_fits_its_window(
    page: Page, addresses: list[str], width: int, is_dark: bool
) -> None:
    page.look(width=width, is_dark=is_dark)
    for address in addresses:
        page.open(address)
        refused = [one for one in page.complaints if not (address.endswith("/nothing") and "404" in one)]
        assert (address, refused) == (address, [])
        assert page.tell("document.documentElement.scrollWidth") <= width, address
        assert page.tell("document.querySelectorAll('h1').length") == 1, address


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (scripts/system-packages)")
@pytest.mark.parametrize(("width", "is_dark"), LOOKS)
def test_axe_finds_nothing(page: Page, addresses: list[str], width: int, is_dark: bool) -> None:
    page.look(width=width, is_dark=is_dark)
    found: dict[str, Any] = {}
    for address in addresses:
        page.open(address)
        page.tell(AXE.read_text("utf-8"))
        if violations := page.tell(RUN):
            found[address] = violations
    assert found == {}


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (scripts/system-packages)")
def test_axe_would_find_what_is_wrong(page: Page) -> None:
    page.open("data:text/html,<title>x</title><p style='color:%23bbb;background:%23fff'>pale</p><img src=x>")
    page.tell(AXE.read_text("utf-8"))
    found = {one[0] for one in page.tell(RUN)}
    assert {"color-contrast", "image-alt", "html-has-lang", "landmark-one-main"} <= found


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_keyboard_leads_to_subscribe(page: Page, addresses: list[str], width: int) -> None:
    page.look(width=width)
    for address in (addresses[0], addresses[1]):
        page.open(address)
        passed = []
        for _ in range(8):
            page.press("Tab")
            passed.append(page.tell(FOCUSED))
            if passed[-1] == "Subscribe":
                break
        assert passed[0] == "Skip to the content"
        assert passed[-1] == "Subscribe"
        assert page.tell("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.press("Enter")
        heading = page.tell("document.querySelector(location.hash).textContent")
        assert heading in ("How to subscribe", "Subscribe")
        # From there it is at most the list of all feeds and the topic's name, then what opens the reader's own program.
        led = []
        for _ in range(3):
            page.press("Tab")
            led.append(page.tell("document.activeElement.href || ''"))
        assert any(one.startswith("feed:") for one in led), led


def test_what_is_cut_off_by_the_skip_link_is_the_navigation(page: Page, addresses: list[str]) -> None:
    page.open(addresses[0])
    page.press("Tab")
    page.press("Enter")
    assert page.tell("document.activeElement.id") == "main"


def test_each_look_has_its_own_colours(page: Page, addresses: list[str]) -> None:
    colours = set()
    for is_dark in (False, True):
        page.look(width=DESK, is_dark=is_dark)
        page.open(addresses[0])
        colours.add(page.tell("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2
