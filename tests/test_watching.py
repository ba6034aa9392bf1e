"""Changes in folders and files are noticed a moment after they are made, wherever and however, and nothing else is."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.daemon.watching import Files, Folders

pytestmark = pytest.mark.slow
LOOK_S = 0.3


def folders_told(folders: dict[str, Path], change: Callable[[], None], wait_s: float = 1.2) -> set[str]:
    """The names that are told after the change."""
    return told(Folders, folders, change, wait_s)


def files_told(files: dict[str, Path], change: Callable[[], None], wait_s: float = 1.2) -> set[str]:
    return told(Files, files, change, wait_s)


def told(
    kind: type[Folders] | type[Files], places: dict[str, Path], change: Callable[[], None], wait_s: float
) -> set[str]:
    async def run() -> set[str]:
        names: set[str] = set()
        watch = kind(names.add, look_s=LOOK_S)
        watch.look_at(places)
        running = asyncio.create_task(watch.run())
        await asyncio.sleep(0.2)
        change()
        await asyncio.sleep(wait_s)
        watch.stop()
        await running
        return names

    return asyncio.run(run())


def put(path: Path, text: str = "text") -> Callable[[], None]:
    def write() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    return write


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("in/a.txt", "a file in the folder"),
        ("in/deep/below/a.txt", "folders that are made with it"),
    ],
)
def test_a_new_file_is_told(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "other").mkdir()
    places = {"wire": tmp_path / "in", "other": tmp_path / "other"}
    assert folders_told(places, put(tmp_path / name)) == {"wire"}, why


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("in/.a.txt.swp", "an editor's own file"),
        ("in/.git/index", "a folder that is hidden"),
        ("inside/a.txt", "another folder whose name begins the same"),
    ],
)
def test_what_is_no_document_of_the_folder_is_not_told(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    assert folders_told({"wire": tmp_path / "in"}, put(tmp_path / name)) == set(), why


def test_to_read_is_no_change(tmp_path: Path) -> None:
    put(tmp_path / "a.txt")()
    time.sleep(0.1)

    def read() -> None:
        (tmp_path / "a.txt").read_text("utf-8")

    assert folders_told({"wire": tmp_path}, read) == set()


def test_a_folder_need_not_be_there_yet(tmp_path: Path) -> None:
    folder = tmp_path / "in"

    async def run() -> set[str]:
        names: set[str] = set()
        watch = Folders(names.add, look_s=LOOK_S)
        watch.look_at({"wire": folder})
        running = asyncio.create_task(watch.run())
        await asyncio.sleep(0.2)
        folder.mkdir()
        await asyncio.sleep(3 * LOOK_S)
        put(folder / "a.txt")()
        await asyncio.sleep(1)
        watch.stop()
        await running
        return names

    assert asyncio.run(run()) == {"wire"}


def test_a_folder_that_was_replaced_is_watched_on(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()

    async def run() -> list[str]:
        names: list[str] = []
        watch = Folders(names.append, look_s=LOOK_S)
        watch.look_at({"wire": folder})
        running = asyncio.create_task(watch.run())
        await asyncio.sleep(0.2)
        folder.rename(tmp_path / "away")
        folder.mkdir()
        await asyncio.sleep(1.5)
        names.clear()
        put(folder / "a.txt")()
        await asyncio.sleep(1)
        watch.stop()
        await running
        return names

    assert asyncio.run(run()) == ["wire"]


def replaced(path: Path, text: str) -> Callable[[], None]:
    def replace() -> None:
        beside = path.with_name("beside")
        beside.write_text(text, "utf-8")
        beside.replace(path)

    return replace


def test_a_file_that_was_written_or_replaced_is_told(tmp_path: Path) -> None:
    for name, change in (("one", put(tmp_path / "one", "new")), ("two", replaced(tmp_path / "two", "new"))):
        put(tmp_path / name, "old")()
        assert files_told({"file": tmp_path / name}, change) == {"file"}, name


def test_another_target_of_a_link_is_told(tmp_path: Path) -> None:
    """As a mounted configuration is exchanged: the link to the folder in which it lies leads elsewhere."""
    for name in ("one", "two"):
        put(tmp_path / name / "config.toml", name)()
    (tmp_path / "data").symlink_to("one")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").symlink_to(tmp_path / "data" / "config.toml")

    def exchange() -> None:
        (tmp_path / "new").symlink_to("two")
        (tmp_path / "new").replace(tmp_path / "data")

    assert files_told({"file": tmp_path / "config" / "config.toml"}, exchange) == {"file"}


def test_a_neighbour_of_the_file_is_not_told(tmp_path: Path) -> None:
    put(tmp_path / "config.toml")()
    assert files_told({"file": tmp_path / "config.toml"}, put(tmp_path / "store.db-wal")) == set()


def test_to_watch_costs_nothing_while_nothing_happens(tmp_path: Path) -> None:
    """At ten looks the library would cost 5 ms; a loop without a pause takes all of the CPU."""
    before = time.process_time()
    assert folders_told({"wire": tmp_path}, lambda: None, wait_s=1.5) == set()
    assert time.process_time() - before < 0.3


def test_it_stops_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    folders_told({"wire": tmp_path, "nowhere": tmp_path / "nowhere"}, lambda: None, wait_s=0)
    assert time.monotonic() - started < 2


def test_a_broken_name_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert files_told({"file": tmp_path / "loop"}, lambda: None, wait_s=0.3) == set()
    assert folders_told({"folder": tmp_path / "loop"}, lambda: None, wait_s=0.3) == set()
