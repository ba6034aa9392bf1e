"""A real browser opens every page of the real program: Debian's Chromium, without a window.

What the browser itself has to say (an error, a refusal by the page's own policy) stands in its log. How wide a page is can only
be asked by a script, and our pages run none: copies of them, served without their policy, are measured in frames.
"""

import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.loopback import Reply, Request, serve
from tests.program import ROOT, environment, free_port, running, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed (scripts/system-packages)"),
]

PHONE, DESK = 390, 1280
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--v=0",
)  # fmt: skip
# The widest word is no reason to scroll, so the frames are as narrow as the narrowest phones, and as wide as a desk's screen.
MEASURE = """<!doctype html><title>measuring</title>
{frames}
<script>
addEventListener("load", () => {{
  for (const frame of document.querySelectorAll("iframe")) {{
    const root = frame.contentDocument.documentElement;
    const line = document.createElement("p");
    line.textContent = [frame.getAttribute("src"), frame.width, root.clientWidth, root.scrollWidth].join(" ");
    document.body.append(line);
  }}
}});
</script>"""


def chromium(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One run of the browser with a profile of its own."""
    return subprocess.run(
        ["chromium", *QUIET, f"--user-data-dir={folder / 'profile'}", *arguments],
        env=environment() | {"HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def complaints(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Lines that the page's console got: errors, warnings, refusals by a Content-Security-Policy."""
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def brightness(picture: Path) -> int:
    """Red of the first pixel of a PNG, 0..255: before it there is nothing that any filter could subtract (PNG 9)."""
    data = picture.read_bytes()
    packed, at = b"", 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += 12 + length
    return zlib.decompress(packed)[1]


def open_page(folder: Path, url: str, width: int) -> "subprocess.CompletedProcess[str]":
    return chromium(folder, f"--window-size={width},2000", "--dump-dom", url)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The program on the shipped wire texts, and a source that fails with a long name and note."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    port = free_port()
    text = (ROOT / "config.toml").read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    broken = (
        f'[[sources]]\nid = "{"long-" * 11}name"\nurl = "http://127.0.0.1:{free_port()}/{"path/" * 30}feed.xml"\n\n'
    )
    text = text.partition("# Public feeds.")[0] + broken + "[[topics]]" + text.partition("[[topics]]")[2]
    (folder / "config.toml").write_text(text, "utf-8")
    url = f"http://127.0.0.1:{port}"
    with running(folder, "run"):
        wait_for(f"{url}/", "Political dialogue forum")
        wait_for(f"{url}/readyz", "ok")
        yield url


@pytest.fixture(scope="module")
def paths(address: str) -> list[str]:
    """Every kind of page, and the pages of all articles: in three languages, left to right and right to left."""
    listed = wait_for(f"{address}/topics/libya-diplomacy", "Political dialogue forum")
    articles = re.findall(r'<h4><a href="(/articles/[0-9a-f-]+)"', listed)
    assert len(articles) == 7
    return [
        "/",
        "/topics/libya-diplomacy",
        "/topics/libya-diplomacy?state=archived",
        "/sources",
        "/search?q=forum",
        *articles,
    ]


def test_the_log_of_the_browser_tells_a_refusal(tmp_path: Path) -> None:
    page = Reply(
        b"<!doctype html><p style='color: red'>x</p><script>1</script>",
        headers={"Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'"},
    )
    with serve(lambda _: page) as server:
        assert any(
            "Content Security Policy" in line for line in complaints(open_page(tmp_path, server.url("/"), PHONE))
        )


def test_every_page_opens_without_a_complaint(tmp_path: Path, address: str, paths: list[str]) -> None:
    for path in (*paths[:6], paths[-1]):
        for width in (PHONE, DESK):
            done = open_page(tmp_path, address + path, width)
            assert "<h1>" in done.stdout
            assert (path, width, complaints(done)) == (path, width, [])


def test_no_page_scrolls_sideways(tmp_path: Path, address: str, paths: list[str]) -> None:
    def answer(request: Request) -> Reply:
        """The program's own page or style, without the policy that forbids frames and scripts."""
        if request.path == "/measure":
            frames = "\n".join(
                f'<iframe src="{path}" width="{width}" height="800"></iframe>' for path in all_paths for width in widths
            )
            return Reply(MEASURE.format(frames=frames).encode(), headers={"Content-Type": "text/html; charset=utf-8"})
        if request.path == "/too-wide":
            return Reply(b"<!doctype html><div style='width: 2000px'>x</div>", headers={"Content-Type": "text/html"})
        try:
            found = urlopen(address + request.target, timeout=10)
        except HTTPError as error:
            found = error
        with found:
            return Reply(found.read(), found.status, headers={"Content-Type": found.headers["content-type"]})

    all_paths, widths = ["/too-wide", "/nothing", *paths], (320, PHONE, DESK)
    with serve(answer) as server:
        done = chromium(tmp_path, "--virtual-time-budget=20000", "--dump-dom", server.url("/measure"))
    measured = re.findall(r"<p>(\S+) (\d+) (\d+) (\d+)</p>", done.stdout)
    assert len(measured) == len(all_paths) * len(widths)
    # A page that is longer than its frame has a bar at its side, some 15 pixels wide.
    assert all(int(width) - 20 <= int(client) <= int(width) for _, width, client, _ in measured)
    assert {path for path, _, client, scroll in measured if int(scroll) > int(client)} == {"/too-wide"}


@pytest.mark.parametrize(("scheme", "is_light"), [("1", True), ("0", False)])
def test_the_page_follows_the_readers_light_or_dark(tmp_path: Path, address: str, scheme: str, is_light: bool) -> None:
    picture = tmp_path / "page.png"
    chromium(
        tmp_path,
        f"--blink-settings=preferredColorScheme={scheme}",
        "--window-size=390,800",
        f"--screenshot={picture}",
        f"{address}/",
    )
    assert (brightness(picture) > 128) == is_light
