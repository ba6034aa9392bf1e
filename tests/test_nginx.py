"""nginx as docs/serving.md has it: before the program and alone."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from aggregator.pipeline.packing import Packer
from aggregator.publish import write
from tests.program import ROOT, configure, folder_table, free_port, running, wait_for

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]

BEFORE, ALONE = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "serving.md").read_text("utf-8"), re.DOTALL)
FEED = b"<feed>" + b"words and more words " * 200 + b"</feed>"


@contextmanager
def nginx(folder: Path, server: str) -> Iterator[str]:
    """The address of an nginx with this server block; all that it writes lies in the folder."""
    port = free_port()
    server = server.replace("listen 80;", f"listen 127.0.0.1:{port};")
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{name}_temp_path {folder}/{name};\n" for name in names)
    user = "user root;\n" if os.geteuid() == 0 else ""
    text = f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nworker_processes 1;\n"
    text += f"events {{}}\nhttp {{\naccess_log off;\n{places}{server}}}\n"
    (folder / "nginx.conf").write_text(text, "utf-8")
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                httpx.get(address)
                break
            except httpx.ConnectError:
                assert process.poll() is None, (folder / "error.log").read_text("utf-8")
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def test_before_the_program_it_hands_on_validators_and_keeps_what_is_local(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "desk"
    folder.mkdir()
    configure(folder, port, folder_table())
    (folder / "in").mkdir()
    with running(folder, "run"):
        wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "</feed>")
        with nginx(tmp_path, BEFORE.replace("127.0.0.1:8080", f"127.0.0.1:{port}")) as address:
            with httpx.Client(
                base_url=address, headers={"Accept-Encoding": "gzip", "Host": "feeds.example.org"}
            ) as client:
                first = client.get("/feeds/all.atom")
                direct = httpx.get(f"http://127.0.0.1:{port}/feeds/all.atom", headers={"Accept-Encoding": "gzip"})
                assert first.headers["etag"] == direct.headers["etag"]
                assert (
                    client.get("/feeds/all.atom", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
                )
                assert client.get("/feeds/all.atom?at=2026-03-01").status_code == 403
                assert client.get("/metrics").status_code == 403
            local = {"Host": "127.0.0.1"}
            assert httpx.get(f"{address}/feeds/all.atom?at=2026-03-01", headers=local).status_code == 403
            assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[httpx.Client]:
    root = tmp_path / "srv"
    for name in ("talks.atom", "talks.rss", "talks.json", "index.opml", "talks/archive/000001.atom", "talks.html"):
        write(root / "feeds" / name, FEED)
    (root / "feeds" / ".hidden.atom").write_bytes(FEED)
    (root / "secret.atom").write_bytes(FEED)
    (root / "feeds" / "link.atom").symlink_to(root / "secret.atom")
    Packer().pack(root / "feeds", is_wanted=True)
    with nginx(tmp_path, ALONE.replace("/srv/aggregator", str(root))) as address:
        with httpx.Client(base_url=address) as client:
            yield client


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("talks.atom", "application/atom+xml"),
        ("talks.rss", "application/rss+xml"),
        ("talks.json", "application/feed+json"),
        ("index.opml", "text/x-opml"),
        ("talks.html", "text/html"),
        ("talks/archive/000001.atom", "application/atom+xml"),
    ],
)
def test_alone_it_gives_documents_packed_with_the_time_of_both(alone: httpx.Client, name: str, media_type: str) -> None:
    packed = alone.get(f"/feeds/{name}", headers={"Accept-Encoding": "gzip"})
    plain = alone.get(f"/feeds/{name}", headers={"Accept-Encoding": "identity"})
    assert (packed.content, plain.content) == (FEED, FEED)
    assert ("content-encoding" in packed.headers, "content-encoding" in plain.headers) == (True, False)
    assert packed.headers["content-type"] == plain.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert packed.headers["last-modified"] == plain.headers["last-modified"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert "etag" not in packed.headers
    again = alone.get(f"/feeds/{name}", headers={"If-Modified-Since": plain.headers["last-modified"]})
    assert again.status_code == 304
    assert plain.headers["cache-control"] == f"public, max-age={86400 if 'archive' in name else 300}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feeds/.hidden.atom", 404),
        ("/feeds/link.atom", 403),
        ("/feeds/none.atom", 404),
        ("/feeds/closed-topic.atom", 410),
        ("/feeds/closed-topic/archive/000001.atom", 410),
    ],
)
def test_alone_it_gives_nothing_else(alone: httpx.Client, path: str, status: int) -> None:
    assert alone.get(path).status_code == status


def test_alone_a_former_address_leads_on(alone: httpx.Client) -> None:
    answer = alone.get("/feeds/former-topic/archive/000001.atom")
    assert (answer.status_code, httpx.URL(answer.headers["location"]).path) == (
        301,
        "/feeds/present-topic/archive/000001.atom",
    )
