"""`desk token …` as a user types it, and the desk of the running program by it."""

import re
import signal
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.commands import typed
from tests.documents import wire, write
from tests.program import configure, folder_table, free_port, running, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "in", "a.txt", wire())
    configure(tmp_path, free_port(), folder_table())
    assert typed(tmp_path, "once").code == 0
    return tmp_path


def test_a_token_is_shown_once_and_a_name_given_once(folder: Path) -> None:
    tried = typed(folder, "desk", "token", "add", "maria", "--dry-run")
    assert (tried.out, typed(folder, "desk", "token", "list").out) == ("a token for maria would be made\n", "")
    made = typed(folder, "desk", "token", "add", " maria\t")
    assert re.fullmatch(r"desk_[\w-]{43}\n", made.out)
    assert "for maria; it is shown this once. Sign in at http://127.0.0.1:" in made.err
    (listed,) = typed(folder, "desk", "token", "list", "--json").objects
    assert (listed["name"], listed["revoked_at"], listed["sessions"]) == ("maria", None, 0)
    assert made.out.strip() not in typed(folder, "desk", "token", "list").out
    again = typed(folder, "desk", "token", "add", "maria")
    assert (again.code, "a name is given once" in again.err, again.out) == (1, True, "")
    (anna,) = typed(folder, "desk", "token", "add", "anna", "--json").objects
    assert (anna["name"], len(anna["token"])) == ("anna", 48)


def test_a_revoked_token_stays_in_the_list(folder: Path) -> None:
    typed(folder, "desk", "token", "add", "maria")
    tried = typed(folder, "desk", "token", "revoke", "maria", "--dry-run")
    assert tried.out == "maria would be revoked; signed in with it: 0\n"
    assert "(0 signed in)" in typed(folder, "desk", "token", "list").out
    assert typed(folder, "desk", "token", "revoke", "maria").out == "maria is revoked; signed in with it: 0\n"
    assert "maria  (revoked 20" in typed(folder, "desk", "token", "list").out
    assert "maria was revoked 20" in typed(folder, "desk", "token", "revoke", "maria").out
    unknown = typed(folder, "desk", "token", "revoke", "anna")
    assert (unknown.code, "no token 'anna'; there are: maria" in unknown.err) == (2, True)


@pytest.mark.parametrize("name", ["", " \n", "x" * 65, "embargo", "source news"])
def test_a_name_that_cannot_stand_under_a_decision_is_refused(folder: Path, name: str) -> None:
    refused = typed(folder, "desk", "token", "add", name)
    assert (refused.code, refused.out) == (2, "")


def test_a_decision_on_a_page_of_the_daemon_is_published_within_seconds(folder: Path) -> None:
    token = typed(folder, "desk", "token", "add", "maria").out.strip()
    port = re.findall(r"127\.0\.0\.1:(\d+)", (folder / "config.toml").read_text("utf-8"))[0]
    url = f"http://127.0.0.1:{port}"
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def post(path: str, form: dict[str, str]) -> str:
        request = urllib.request.Request(url + path, urlencode(form).encode(), {"Origin": url})
        with browser.open(request, timeout=10) as answer:
            return str(answer.read().decode())

    with running(folder, "run") as process:
        front = wait_for(f"{url}/", "Envoys meet in the capital")
        (path,) = set(re.findall(r'href="(/articles/[0-9a-f-]+)"', front))
        with pytest.raises(urllib.error.HTTPError) as wrong:
            post("/desk/sign-in", {"token": "desk_wrong"})
        wrong.value.close()
        assert wrong.value.code == 403
        assert "Signed in as" in post("/desk/sign-in", {"token": token})
        with browser.open(url + path, timeout=10) as answer:
            page = answer.read().decode()
        (form,) = set(re.findall(r'name="form" value="(\w+)"', page))
        article = f"urn:uuid:{path.rpartition('/')[2]}"
        kill = {"form": form, "back": path, "article": article, "word": "kill", "final": "yes", "reason": "a mistake"}
        assert "killed by maria: a mistake" in post("/desk/decide", kill)
        wait_for(f"{url}/feeds/all.atom", "deleted-entry")
        assert typed(folder, "desk", "token", "revoke", "maria").out == "maria is revoked; signed in with it: 1\n"
        with pytest.raises(urllib.error.HTTPError) as gone:
            browser.open(f"{url}/desk", timeout=10)
        gone.value.close()
        assert gone.value.code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    said = (folder / "daemon.log").read_text("utf-8")
    (key,) = [cookie.value for cookie in jar]
    assert ("signed in" in said, "sign-in refused" in said, "Traceback" in said) == (True, True, False)
    assert [secret for secret in (token, "desk_wrong", form, str(key)) if secret in said] == []
