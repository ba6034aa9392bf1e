"""Tokens, what forms carry, and how often it may be tried: what signing in at the desk is made of."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.desk.keys import find, form_token, is_form_token, kept
from aggregator.web.attempts import IN_ALL, PER_ADDRESS, Attempts
from aggregator.web.forms import is_from_own_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OURS = "https://feeds.example.org"


def test_a_token_is_found_under_its_number_and_nothing_else_is() -> None:
    known = [(1, kept("one")), (2, kept("two"))]
    assert [find(key, known) for key in ("one", "two", "three", "", "\udc80")] == [1, 2, None, None, None]
    assert (len(kept("one")), find("one", ())) == (32, None)


def test_every_session_has_forms_of_its_own() -> None:
    assert form_token("a") != form_token("b")
    assert is_form_token("a", form_token("a"))
    assert not any(
        is_form_token("a", claimed) for claimed in ("", form_token("b"), form_token("a")[:-1], "é", "\udc80")
    )


ORIGINS = [
    ("a form of ours", {"origin": OURS, "sec-fetch-site": "same-origin"}, True),
    ("a browser without fetch metadata", {"origin": OURS}, True),
    ("a browser that sends no origin", {"sec-fetch-site": "same-origin"}, True),
    ("no browser", {}, False),
    ("a form that nobody's page holds", {"origin": "null", "sec-fetch-site": "same-origin"}, False),
    ("an address typed by hand", {"sec-fetch-site": "none"}, False),
    ("a sister site", {"origin": "https://www.example.org", "sec-fetch-site": "same-site"}, False),
    ("another port", {"origin": f"{OURS}:8443"}, False),
]


@pytest.mark.parametrize(("why", "headers", "is_ours"), ORIGINS)
def test_a_form_is_ours_where_the_browser_says_so(why: str, headers: dict[str, str], is_ours: bool) -> None:
    del why
    assert is_from_own_page(headers, OURS) is is_ours


def test_an_address_has_so_many_attempts_a_minute() -> None:
    attempts = Attempts()
    assert [attempts.begin("a", NOON) for _ in range(PER_ADDRESS + 1)] == [None] * PER_ADDRESS + [60]
    assert attempts.begin("b", NOON) is None
    assert attempts.begin("a", NOON + timedelta(seconds=59.5)) == 1
    assert attempts.begin("a", NOON + timedelta(seconds=60)) is None


def test_all_together_have_so_many_and_what_succeeded_is_none() -> None:
    attempts = Attempts()
    for number in range(IN_ALL):
        assert attempts.begin(f"{number}", NOON) is None
    assert attempts.begin("new", NOON) == 60
    attempts.succeeded("0")
    assert attempts.begin("new", NOON) is None


def test_a_clock_that_is_put_back_locks_nobody_out() -> None:
    attempts = Attempts()
    for _ in range(PER_ADDRESS):
        attempts.begin("a", NOON)
    assert attempts.begin("a", NOON - timedelta(hours=1)) is None
