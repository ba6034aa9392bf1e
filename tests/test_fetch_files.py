"""Folders and files: what is taken, what is skipped and why, when nothing changed, and that nothing is touched."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.fetch import HttpFetcher, files
from aggregator.fetch.listing import list_folder, printable
from aggregator.model.fetch import (
    FailureKind,
    Fetched,
    FetchFailed,
    FetchLimits,
    FetchResult,
    NotModified,
    Sidecar,
    SkippedDocument,
)
from aggregator.model.source import Source, SourceKind, Validators
from aggregator.text import digest

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OLD = NOW - timedelta(hours=1)
LIMITS = FetchLimits(timeout=timedelta(seconds=5), max_body_bytes=1000, concurrency=2, user_agent="test")


def write(path: Path, text: str = "text", at: datetime = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def look(path: Path, *validators: Validators, limits: FetchLimits = LIMITS, private: bool = False) -> FetchResult:
    """One look at a folder, or at a file if the path is none."""
    kind = SourceKind.FOLDER if path.is_dir() or not path.suffix else SourceKind.FILE
    source = Source(id="seeds", kind=kind, path=path, private=private)

    async def run() -> FetchResult:
        async with HttpFetcher(limits) as fetcher:
            return await fetcher.get(source, (*validators, Validators())[0], NOW)

    return asyncio.run(run())


def fetched(result: FetchResult) -> Fetched:
    assert isinstance(result, Fetched), result
    return result


def keys(result: FetchResult) -> list[str]:
    return [document.key for document in fetched(result).documents]


def reasons(result: FetchResult) -> dict[str, str]:
    return {skipped.key: skipped.reason for skipped in fetched(result).skipped}


def state(folder: Path) -> list[object]:
    """Everything of the files that a reader could change by accident, but the time of access."""
    paths = sorted(folder.rglob("*"))
    return [(path, path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_size) for path in paths]


def test_a_folder_gives_its_documents_in_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/deep/c.XML", "sub/d.rss", "e.atom"):
        write(tmp_path / name, name)
    result = fetched(look(tmp_path))
    assert keys(result) == ["a.md", "b.txt", "e.atom", "sub/d.rss", "sub/deep/c.XML"]
    first = result.documents[0]
    assert (first.body, first.content_type, first.modified_at, first.sidecar) == (b"a.md", None, OLD, None)
    assert first.digest == digest("a.md", b"a.md", b"")
    assert (result.body_bytes, result.url, result.skipped, result.look_again_after) == (38, None, (), None)
    assert result.validators.digests == tuple(document.digest for document in result.documents)


def test_nothing_is_changed_by_looking(tmp_path: Path) -> None:
    for name in ("a.txt", "a.toml", "b.pdf", "sub/c.md"):
        write(tmp_path / name)
    before = state(tmp_path)
    look(tmp_path)
    assert state(tmp_path) == before


def test_hidden_files_and_readmes_are_passed_over_in_silence(tmp_path: Path) -> None:
    for name in (".a.txt", ".git/b.txt", "README", "readme.md", "sub/ReadMe.MD", "c.txt"):
        write(tmp_path / name)
    result = fetched(look(tmp_path))
    assert (keys(result), result.skipped) == (["c.txt"], ())


def test_a_sidecar_belongs_to_its_document_and_the_exact_name_wins(tmp_path: Path) -> None:
    for name in ("a.txt", "a.toml", "b.txt", "b.txt.toml", "c.txt", "c.txt.toml", "c.md", "c.toml", "sub/a.txt"):
        write(tmp_path / name, name)
    result = fetched(look(tmp_path))
    found = {document.key: document.sidecar for document in result.documents}
    assert found == {
        "a.txt": Sidecar(name="a.toml", body=b"a.toml"),
        "b.txt": Sidecar(name="b.txt.toml", body=b"b.txt.toml"),
        "c.md": Sidecar(name="c.toml", body=b"c.toml"),
        "c.txt": Sidecar(name="c.txt.toml", body=b"c.txt.toml"),
        "sub/a.txt": None,
    }
    assert result.documents[0].digest == digest("a.txt", b"a.txt", b"a.toml")


def test_what_is_not_taken_is_named_with_its_reason(tmp_path: Path) -> None:
    folder, outside = tmp_path / "seeds", write(tmp_path / "outside.txt")
    for name in ("page.pdf", "LICENSE", "lonely.toml", "good.txt", "big.toml"):
        write(folder / name)
    write(folder / "huge.txt", "x" * 1001)
    write(folder / "guarded.txt")
    write(folder / "guarded.toml", "x" * 1001)
    (folder / "leaves.txt").symlink_to(outside)
    (folder / "climbs.txt").symlink_to("../outside.txt")
    (folder / "broken.txt").symlink_to("nowhere")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "up").symlink_to(folder)
    (folder / "away").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.txt")
    (folder / "device.txt").symlink_to("/dev/zero")
    result = look(folder)
    assert keys(result) == ["good.txt"]
    assert reasons(result) == {
        "LICENSE": "not a kind of document that is read: no extension",
        "away": "a link that leaves the folder",
        "big.toml": "a sidecar without its document",
        "broken.txt": "a link to nowhere",
        "climbs.txt": "a link that leaves the folder",
        "device.txt": "a link that leaves the folder",
        "guarded.txt": "its sidecar guarded.toml is not read: larger than 1000 bytes; raise [fetch] max_body if it is meant to be read",
        "huge.txt": "larger than 1000 bytes; raise [fetch] max_body if it is meant to be read",
        "leaves.txt": "a link that leaves the folder",
        "lonely.toml": "a sidecar without its document",
        "loop.txt": "a link to nowhere",
        "page.pdf": "not a kind of document that is read: .pdf",
        "pipe.txt": "not a regular file",
        "up": "a link to a folder is not followed",
    }


def test_a_link_inside_the_folder_is_read_under_its_own_name(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "same")
    (tmp_path / "b.txt").symlink_to("a.txt")
    result = fetched(look(tmp_path))
    assert [(document.key, document.body) for document in result.documents] == [("a.txt", b"same"), ("b.txt", b"same")]


def test_a_folder_that_is_itself_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "real" / "a.txt")
    (tmp_path / "link").symlink_to("real")
    assert keys(look(tmp_path / "link")) == ["a.txt"]


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A folder of somebody without root's right to read everything, who runs the test meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        folder.chmod(0o755)
        os.chown(folder, 65534, 65534)
        os.setresuid(65534, 65534, 0)
        try:
            yield folder
        finally:
            os.setresuid(0, 0, 0)


def test_what_may_not_be_read_is_named_and_read_once_it_may() -> None:
    with as_nobody() as folder:
        file, sub = write(folder / "a.txt"), write(folder / "sub" / "b.txt").parent
        file.chmod(0)
        sub.chmod(0)
        first = look(folder)
        file.chmod(0o600)
        sub.chmod(0o700)
        second = look(folder, fetched(first).validators)
    assert reasons(first) == {
        "a.txt": "not readable; check its permissions",
        "sub": "a folder that cannot be read: Permission denied",
    }
    assert keys(second) == ["a.txt", "sub/b.txt"]


def test_odd_names_are_printable_and_stay_apart(tmp_path: Path) -> None:
    names = [
        b"line\nbreak.txt",
        b"line\\u000abreak.txt",
        b"latin-\xe9.txt",
        b"\xe2\x80\xaereordered.txt",
        "ليبيا.txt".encode(),
    ]
    for name in names:
        write(tmp_path / os.fsdecode(name))
        write(tmp_path / os.fsdecode(name.replace(b".txt", b".toml")), "s")
    result = fetched(look(tmp_path))
    assert sorted(keys(result)) == sorted(
        ["line\\u000abreak.txt", "line\\\\u000abreak.txt", "latin-\\udce9.txt", "\\u202ereordered.txt", "ليبيا.txt"]
    )
    assert {document.sidecar.body for document in result.documents if document.sidecar} == {b"s"}
    assert all(key.encode() and key.count("\n") == 0 for key in keys(result))


def test_escaping_leaves_ordinary_names_alone() -> None:
    assert printable("sub/доклад «1» – é.txt") == "sub/доклад «1» – é.txt"


@pytest.mark.parametrize(
    ("age", "is_taken"),
    [
        (timedelta(seconds=2), True),
        (timedelta(seconds=1.9), False),
        (timedelta(0), False),
        (timedelta(seconds=-59), False),
        (timedelta(seconds=-61), True),
        (timedelta(days=-400), True),
    ],
    ids=["stable", "young", "now", "ahead by a minute", "clock far ahead", "clock a year ahead"],
)
@pytest.mark.parametrize("name", ["a.txt", "a.toml"])
def test_a_file_is_taken_once_it_was_left_alone_for_two_seconds(
    tmp_path: Path, name: str, age: timedelta, is_taken: bool
) -> None:
    for each in ("a.txt", "a.toml", "b.txt"):
        write(tmp_path / each)
    write(tmp_path / name, at=NOW - age)
    result = fetched(look(tmp_path))
    if is_taken:
        assert (keys(result), result.skipped, result.look_again_after) == (["a.txt", "b.txt"], (), None)
    else:
        assert keys(result) == ["b.txt"]
        assert result.skipped == (SkippedDocument(key="a.txt", reason="still being written", is_young=True),)
        assert (result.look_again_after, result.validators.etag) == (timedelta(seconds=1), None)


def grows(file: Path) -> None:
    write(file, "longer than it was listed")


def is_replaced(file: Path) -> None:
    write(file.with_suffix(".tmp"), "text", OLD + timedelta(seconds=1)).replace(file)


def vanishes(file: Path) -> None:
    file.unlink()


def becomes_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("name", ["a.txt", "a.toml"])
@pytest.mark.parametrize("change", [grows, is_replaced, vanishes, becomes_a_pipe], ids=lambda change: change.__name__)
def test_a_file_that_changes_between_listing_and_reading_is_looked_at_again(
    tmp_path: Path, name: str, change: Callable[[Path], None]
) -> None:
    for each in ("a.txt", "a.toml", "b.txt"):
        write(tmp_path / each)
    listing = list_folder(tmp_path, LIMITS)
    change(tmp_path / name)
    result = fetched(files._compare(listing, Validators(), LIMITS, NOW))
    assert (keys(result), reasons(result)) == (["b.txt"], {"a.txt": "still being written"})
    assert (result.validators.etag, result.look_again_after) == (None, timedelta(seconds=1))


def test_a_file_that_becomes_a_link_between_listing_and_reading_is_not_followed(tmp_path: Path) -> None:
    file, outside = write(tmp_path / "seeds" / "a.txt"), write(tmp_path / "outside.txt")
    listing = list_folder(tmp_path / "seeds", LIMITS)
    file.unlink()
    file.symlink_to(outside)
    result = fetched(files._compare(listing, Validators(), LIMITS, NOW))
    assert reasons(result) == {"a.txt": "cannot be read: Too many levels of symbolic links"}


def test_a_folder_in_which_nothing_changed_is_not_read_again(tmp_path: Path) -> None:
    for name in ("a.txt", "a.toml", "page.pdf", "sub/b.txt"):
        write(tmp_path / name)
    stored = fetched(look(tmp_path)).validators
    assert look(tmp_path, stored) == NotModified(validators=stored)


def test_a_known_file_whose_odd_time_comes_near_is_looked_at_again(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", at=NOW + timedelta(minutes=5))
    stored = fetched(look(tmp_path)).validators
    source = Source(id="seeds", kind=SourceKind.FOLDER, path=tmp_path)
    later = files.read(source, stored, LIMITS, NOW + timedelta(minutes=5))
    assert fetched(later).look_again_after == timedelta(seconds=1)


def edited(folder: Path) -> None:
    write(folder / "a.txt", "longer than it was")


def touched(folder: Path) -> None:
    write(folder / "a.txt", at=OLD + timedelta(seconds=1))


def sidecar_edited(folder: Path) -> None:
    write(folder / "a.toml", "longer than it was")


def sidecar_removed(folder: Path) -> None:
    (folder / "a.toml").unlink()


def added(folder: Path) -> None:
    write(folder / "c.txt")


def removed(folder: Path) -> None:
    (folder / "b.txt").unlink()


def renamed(folder: Path) -> None:
    (folder / "b.txt").rename(folder / "d.txt")


def something_odd_added(folder: Path) -> None:
    write(folder / "page.pdf")


def being_written(folder: Path) -> None:
    write(folder / "b.txt", at=NOW)


CHANGES = (
    edited,
    touched,
    sidecar_edited,
    sidecar_removed,
    added,
    removed,
    renamed,
    something_odd_added,
    being_written,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_any_change_of_the_folder_is_seen(tmp_path: Path, change: Callable[[Path], None]) -> None:
    for name in ("a.txt", "a.toml", "b.txt"):
        write(tmp_path / name, "old!")
    stored = fetched(look(tmp_path)).validators
    change(tmp_path)
    assert isinstance(look(tmp_path, stored), Fetched)


def test_the_number_of_documents_is_bounded_and_said_in_one_line(tmp_path: Path) -> None:
    for number in range(7):
        write(tmp_path / f"{number}.txt")
    result = look(tmp_path, limits=replace(LIMITS, max_documents=4))
    assert keys(result) == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert reasons(result) == {".": "3 more documents are not read: a folder may hold 4, of 256 MiB together"}


def test_an_empty_folder_is_an_answer(tmp_path: Path) -> None:
    result = fetched(look(tmp_path))
    assert (result.documents, result.skipped) == ((), ())
    assert isinstance(look(tmp_path, result.validators), NotModified)


def test_an_empty_file_is_a_document(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "")
    assert [document.body for document in fetched(look(tmp_path)).documents] == [b""]


def nest(folder: Path, depth: int) -> None:
    """Folders deeper than a path may be long, made step by step."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def test_a_folder_deeper_than_a_path_can_be_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    nest(tmp_path, 30)
    result = look(tmp_path)
    assert keys(result) == ["a.txt"]
    assert list(reasons(result).values()) == ["a folder that cannot be read: File name too long"]


def test_one_file_is_read_whatever_its_extension_with_its_sidecar(tmp_path: Path) -> None:
    write(tmp_path / "feed.rdf", "rdf")
    write(tmp_path / "feed.toml", "s")
    write(tmp_path / "other.txt")
    result = fetched(look(tmp_path / "feed.rdf"))
    assert [(document.key, document.body, document.sidecar) for document in result.documents] == [
        ("feed.rdf", b"rdf", Sidecar(name="feed.toml", body=b"s"))
    ]
    assert look(tmp_path / "feed.rdf", result.validators) == NotModified(validators=result.validators)


def test_one_file_is_not_its_own_sidecar(tmp_path: Path) -> None:
    assert [document.sidecar for document in fetched(look(write(tmp_path / "a.toml"))).documents] == [None]


def test_one_file_being_written_is_looked_at_again(tmp_path: Path) -> None:
    result = fetched(look(write(tmp_path / "a.txt", at=NOW)))
    assert (result.documents, result.look_again_after) == ((), timedelta(seconds=1))
    assert reasons(result) == {"a.txt": "still being written"}


def test_one_file_that_is_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "real.txt", "real")
    (tmp_path / "link.txt").symlink_to("elsewhere/real.txt")
    assert [document.body for document in fetched(look(tmp_path / "link.txt")).documents] == [b"real"]


FAILURES = {
    "missing-folder": (FailureKind.FILE, "is not there; check the path of the source"),
    "missing.txt": (FailureKind.FILE, "is not there; check the path of the source"),
    "file-for-a-folder": (FailureKind.FILE, "is not a folder"),
    "below/file-for-a-folder/x": (FailureKind.FILE, "cannot be read: Not a directory"),
    "big.txt": (FailureKind.TOO_BIG, "larger than 1000 bytes; raise [fetch] max_body"),
    "pipe.txt": (FailureKind.FILE, "not a regular file"),
    "broken.txt": (FailureKind.FILE, "is not there"),
    "guarded.txt": (FailureKind.FILE, "the sidecar of"),
    "circle": (FailureKind.FILE, "cannot be read: Too many levels of symbolic links"),
}


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("name", FAILURES)
def test_a_path_that_cannot_be_read_is_a_failure_in_words(tmp_path: Path, name: str, private: bool) -> None:
    write(tmp_path / "file-for-a-folder")
    write(tmp_path / "below" / "file-for-a-folder")
    write(tmp_path / "big.txt", "x" * 1001)
    write(tmp_path / "guarded.txt")
    write(tmp_path / "guarded.toml", "x" * 1001)
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "broken.txt").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    kind, words = FAILURES[name]
    result = look(tmp_path / name, private=private)
    assert isinstance(result, FetchFailed), result
    assert result.kind is kind
    assert words in result.detail
    assert not private or str(tmp_path) not in result.detail
