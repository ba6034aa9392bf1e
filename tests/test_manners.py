"""Each rule of good manners as a case on the server of `manners`; `make manners` prints them as a table."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.manners.case import Case
from tests.manners.cases import CASES
from tests.manners.ours import Ours
from tests.manners.play import NotApplicable
from tests.manners.score import serving, site_number, started
from tests.manners.server import Server

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("certificates")) as running:
        yield running


def test_there_are_at_least_eighty_rules_and_each_has_one_name() -> None:
    names = [(case.group, case.name) for case in CASES]
    assert len(names) >= 80
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=pytest.mark.slow if case.is_slow else (), id=case.name) for case in CASES],
)
def test_the_rule_is_kept(case: Case, server: Server, tmp_path: Path) -> None:
    with closing(Ours(tmp_path)) as player, started(server, site_number(case), player) as play:
        try:
            case.try_it(play)
        except NotApplicable as error:
            pytest.skip(str(error))
