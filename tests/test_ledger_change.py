"""A row under the desk, the rights, the governor and time (rules R11, R15, R16, R18, R19, R30)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator import ledger
from aggregator.desk import NOTHING_SAID, Standing
from aggregator.model.article import Rights
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import Republish
from tests import make


def ruled(
    row: LedgerRow, says: Standing = NOTHING_SAID, *, rights: Republish = Republish.FULL, live: int = 0
) -> LedgerRow:
    stored = make.stored(text=make.article(rights=Rights(republish=rights)))
    occasion = ledger.Occasion(now=make.NOW + timedelta(days=1))
    return ledger.under_rights_and_desk(row, make.topic(), stored, says, occasion, live_last_hour=live)


LIVE = make.ledger_row(state=RowState.LIVE, position=3)
HELD = replace(LIVE, state=RowState.HELD, reason="held by maria", fragment=None)
QUEUED = replace(LIVE, state=RowState.QUEUED, position=None, fragment=None)


def test_a_row_that_nobody_spoke_of_stays_as_it_is() -> None:
    assert [ruled(row) for row in (LIVE, QUEUED)] == [LIVE, QUEUED]


def test_a_kill_withdraws_with_a_tombstone_what_was_published_and_without_one_what_was_not() -> None:
    killed = Standing(killed="killed by maria")
    gone = [ruled(row, killed) for row in (LIVE, QUEUED)]
    assert [(row.state, row.has_tombstone, row.reason) for row in gone] == [
        (RowState.WITHDRAWN, True, "killed by maria"),
        (RowState.WITHDRAWN, False, "killed by maria"),
    ]
    assert ruled(gone[0], killed) == gone[0], "a second look moves nothing"


def test_what_was_published_comes_back_from_a_hold_as_it_was() -> None:
    back = ruled(HELD, Standing(released="released by maria"))
    assert (back.state, back.first_published_at, back.reason) == (
        RowState.LIVE,
        HELD.first_published_at,
        "released by maria",
    )


def test_what_never_was_published_goes_the_way_of_a_new_one() -> None:
    row = replace(HELD, position=None)
    assert ruled(row, live=1000).state is RowState.QUEUED
    assert ruled(row).first_published_at == make.NOW + timedelta(days=1)


def test_lost_rights_take_a_row_out_and_regained_ones_let_it_back() -> None:
    out = ruled(LIVE, rights=Republish.NONE)
    assert (out.state, "rights" in out.reason) == (RowState.HELD, True)
    assert ruled(out).state is RowState.LIVE


def test_a_pin_takes_a_row_out_of_queue_and_archive_past_the_governor() -> None:
    pinned = Standing(pinned={"topic": "pinned by maria"})
    archived = replace(LIVE, state=RowState.ARCHIVED)
    assert [ruled(row, pinned, live=1000).state for row in (QUEUED, archived)] == [RowState.LIVE, RowState.LIVE]


def test_a_row_held_for_unsettled_ids_waits_for_its_confirmation_only() -> None:
    waiting = replace(HELD, reason="ids changed", unsettled_source="source")
    assert ruled(waiting) == waiting
    occasion = ledger.Occasion(now=make.NOW)
    confirmed = ledger.confirm(waiting, make.topic(), make.stored(), NOTHING_SAID, occasion, live_last_hour=0)
    assert (confirmed.state, confirmed.unsettled_source) == (RowState.LIVE, None)


@pytest.mark.parametrize("says", [Standing(killed="killed by maria"), Standing(dropped={"topic": "dropped by maria"})])
def test_what_is_withdrawn_while_it_waits_for_its_ids_is_never_confirmed(says: Standing) -> None:
    waiting = replace(HELD, position=None, reason="ids changed", unsettled_source="source")
    gone = ruled(waiting, says)
    assert (gone.state, gone.unsettled_source) == (RowState.WITHDRAWN, None)
    # As releases before wrote it.
    before = replace(gone, unsettled_source="source")
    confirmed = ledger.confirm(
        before, make.topic(), make.stored(), says, ledger.Occasion(now=make.NOW), live_last_hour=0
    )
    assert confirmed == gone


def test_a_pin_does_not_wait_for_ids_to_settle() -> None:
    waiting = replace(HELD, position=None, reason="ids changed", unsettled_source="source")
    out = ruled(waiting, Standing(pinned={"topic": "pinned by maria"}))
    assert (out.state, out.reason, out.unsettled_source) == (RowState.LIVE, "pinned by maria", None)


def test_a_queued_entry_begins_with_the_text_that_it_has_then_and_is_no_update_of_itself() -> None:
    edited, again = make.NOW + timedelta(minutes=10), make.NOW + timedelta(minutes=20)
    row = ledger.revise(QUEUED, material=b"second", now=edited)
    assert row
    row = ledger.revise(row, material=b"third", now=again)
    assert row
    assert (row.digest, row.pending_since, row.updated_at) == (b"third", None, QUEUED.updated_at)


def test_the_queue_lets_out_what_the_hour_has_room_for_without_asking_for_the_window_again() -> None:
    ages = {1: 100, 2: 300, 3: 200}
    queue = [(replace(QUEUED, seq=seq), make.NOW - timedelta(days=age)) for seq, age in ages.items()]
    out = ledger.let_out(queue, make.topic(max_per_hour=5), live_last_hour=3, now=make.NOW)
    assert [(row.seq, row.state) for row in out] == [(2, RowState.LIVE), (3, RowState.LIVE)]
    assert ledger.let_out(queue, make.topic(max_per_hour=5), live_last_hour=7, now=make.NOW) == []


@pytest.mark.parametrize(("position", "page"), [(1, 1), (50, 1), (51, 2), (1000, 20)])
def test_fifty_rows_are_a_page(position: int, page: int) -> None:
    first, last = ledger.page_positions(page)
    assert ledger.page_of(position) == page
    assert first <= position <= last


@pytest.mark.parametrize(("highest", "full"), [(0, 0), (49, 0), (50, 1), (99, 1), (100, 2)])
def test_only_a_full_page_counts(highest: int, full: int) -> None:
    assert ledger.full_pages(highest) == full
