"""A file is written only if its bytes differ, and all or nothing (rules R23, R24)."""

import os
import resource
import stat
import threading
from pathlib import Path

import pytest

from aggregator.publish import read, replace, stamp_of, write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_holds_the_bytes_and_everyone_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "feeds" / "libya.atom"
    before = os.umask(0o077)
    try:
        assert write(path, b"<feed/>")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"<feed/>"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert names(path.parent) == ["libya.atom"]


def test_a_disk_without_room_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "libya.atom"
    write(path, b"<feed/>")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write(path, b"x" * 8_192)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"<feed/>"
    assert names(tmp_path) == ["libya.atom"]


def test_a_file_is_read_only_as_the_one_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "libya.atom"
    stamp = replace(path, b"<feed/>")
    assert stamp_of(path) == stamp
    assert read(path, stamp) == b"<feed/>"
    path.write_bytes(b"<fees/>")
    os.utime(path, ns=(stamp.modified_ns, stamp.modified_ns))
    assert read(path, stamp) is None
    path.unlink()
    assert read(path, stamp) is None
    assert stamp_of(path) is None


def test_what_a_killed_process_left_is_in_nobody_s_way(tmp_path: Path) -> None:
    (tmp_path / f".libya.atom.{os.getpid()}").write_bytes(b"<feed")
    assert write(tmp_path / "libya.atom", b"<feed/>")
    assert names(tmp_path) == ["libya.atom"]


def test_equal_bytes_leave_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "libya.atom"
    write(path, b"<feed/>")
    os.utime(path, ns=(1, 1))
    before = path.stat()
    assert not write(path, b"<feed/>")
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, 1)


@pytest.mark.parametrize("data", [b"<feed />", b"<fees/>", b"", b"<feed/>\n"])
def test_other_bytes_replace_the_file_of_whatever_length(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "libya.atom"
    write(path, b"<feed/>")
    assert write(path, data)
    assert path.read_bytes() == data
    assert names(tmp_path) == ["libya.atom"]


def test_a_deleted_or_torn_file_heals(tmp_path: Path) -> None:
    path = tmp_path / "libya.atom"
    write(path, b"<feed/>")
    path.write_bytes(b"<fe")
    assert write(path, b"<feed/>")
    path.unlink()
    assert write(path, b"<feed/>")
    assert path.read_bytes() == b"<feed/>"


def test_a_link_that_leads_nowhere_is_replaced_by_the_file(tmp_path: Path) -> None:
    circle, dangling = tmp_path / "circle.atom", tmp_path / "dangling.atom"
    circle.symlink_to(circle)
    dangling.symlink_to(tmp_path / "gone.atom")
    assert write(circle, b"<feed/>")
    assert write(dangling, b"<feed/>")
    assert [path.read_bytes() for path in (circle, dangling)] == [b"<feed/>"] * 2
    assert names(tmp_path) == ["circle.atom", "dangling.atom"]


def test_an_old_reader_keeps_the_old_bytes(tmp_path: Path) -> None:
    path = tmp_path / "libya.atom"
    write(path, b"old")
    with path.open("rb") as reader:
        write(path, b"new")
        assert reader.read() == b"old"


@pytest.mark.parametrize("content", [[], ["kept"]])
def test_a_folder_in_its_place_is_an_error_and_leaves_nothing_behind(tmp_path: Path, content: list[str]) -> None:
    path = tmp_path / "libya.atom"
    path.mkdir()
    for name in content:
        (path / name).write_text("x")
    for data in (b"<feed/>", b"x" * path.stat().st_size):
        with pytest.raises(OSError, match=r"libya\.atom"):
            write(path, data)
    assert names(tmp_path) == ["libya.atom"]
    assert names(path) == content


def test_a_file_in_place_of_its_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_text("a file")
    with pytest.raises(OSError, match="feeds"):
        write(tmp_path / "feeds" / "libya.atom", b"<feed/>")
    assert (tmp_path / "feeds").read_text() == "a file"


def test_a_reader_sees_the_old_file_or_the_new_one_never_a_part(tmp_path: Path) -> None:
    path = tmp_path / "libya.atom"
    versions = [bytes([letter]) * size for letter, size in ((97, 200_000), (98, 150_000), (99, 250_000))]
    write(path, versions[0])
    seen: set[bytes] = set()
    is_over = threading.Event()

    def read_all_the_time() -> None:
        while not is_over.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read_all_the_time)
    reader.start()
    try:
        for number in range(30):
            write(path, versions[number % 3])
    finally:
        is_over.set()
        reader.join()
    assert seen
    assert seen <= set(versions)


def test_a_write_that_need_not_outlast_a_power_cut_is_all_or_nothing_too(tmp_path: Path) -> None:
    path = tmp_path / "libya.atom"
    assert write(path, b"<feed/>", durable=False)
    assert not write(path, b"<feed/>", durable=False)
    assert (path.read_bytes(), names(tmp_path)) == (b"<feed/>", ["libya.atom"])
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match=r"libya\.atom"):
        write(path, b"<feed/>", durable=False)
    assert names(tmp_path) == ["libya.atom"]
