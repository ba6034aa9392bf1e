"""Packed files beside the published ones: always of the present bytes, with their time (`[publish] gzip`)."""

import gzip
from pathlib import Path

import pytest

from aggregator.errors import PublishError
from aggregator.pipeline.packing import Packer
from aggregator.publish import write

TEXT = b"<feed>" + b"words and more words " * 100 + b"</feed>"


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    for name in ("a.atom", "a.rss", "a/archive/000001.json", "index.opml", "a.html", "style.css"):
        write(tmp_path / name, TEXT)
    write(tmp_path / "small.atom", b"<feed/>")
    write(tmp_path / "README.md", TEXT)
    return tmp_path


def test_every_document_that_gains_by_it_is_packed(feeds: Path) -> None:
    assert Packer().pack(feeds, is_wanted=True) == 6
    packed = [name for name in names(feeds) if name.endswith(".gz")]
    assert packed == [
        "a.atom.gz", "a.html.gz", "a.rss.gz", "a/archive/000001.json.gz", "index.opml.gz", "style.css.gz",
    ]  # fmt: skip
    assert gzip.decompress((feeds / "a.atom.gz").read_bytes()) == TEXT
    assert (feeds / "a.atom.gz").stat().st_mtime_ns == (feeds / "a.atom").stat().st_mtime_ns


def test_what_did_not_change_is_left_alone(feeds: Path) -> None:
    packer = Packer()
    packer.pack(feeds, is_wanted=True)
    before = {name: (feeds / name).stat().st_ino for name in names(feeds)}
    assert [packer.pack(feeds, is_wanted=True), packer.pack(feeds, is_wanted=True)] == [0, 0]
    assert {name: (feeds / name).stat().st_ino for name in names(feeds)} == before


@pytest.mark.parametrize("is_known", [True, False])
def test_a_replaced_document_is_packed_again(feeds: Path, is_known: bool) -> None:
    packer = Packer()
    packer.pack(feeds, is_wanted=True)
    packer.pack(feeds, is_wanted=True)
    write(feeds / "a.atom", TEXT + b"!")
    assert (packer if is_known else Packer()).pack(feeds, is_wanted=True) == 1
    assert gzip.decompress((feeds / "a.atom.gz").read_bytes()) == TEXT + b"!"


def test_without_its_document_or_its_wish_nothing_packed_stays(feeds: Path) -> None:
    packer = Packer()
    packer.pack(feeds, is_wanted=True)
    (feeds / "a.atom").unlink()
    write(feeds / "a.rss", b"<rss/>")
    packer.pack(feeds, is_wanted=True)
    assert not {"a.atom.gz", "a.rss.gz"} & set(names(feeds))
    Packer().pack(feeds, is_wanted=False)
    assert [name for name in names(feeds) if name.endswith(".gz")] == []


def test_what_others_packed_is_theirs(feeds: Path) -> None:
    (feeds / "backup.tar.gz").write_bytes(b"x" * 1000)
    Packer().pack(feeds, is_wanted=False)
    assert "backup.tar.gz" in names(feeds)


def test_a_link_is_neither_followed_nor_packed(feeds: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere / "secret.atom", TEXT)
    (feeds / "link").symlink_to(elsewhere)
    (feeds / "link.atom").symlink_to(elsewhere / "secret.atom")
    Packer().pack(feeds, is_wanted=True)
    assert (names(elsewhere), (feeds / "link.atom.gz").exists()) == (["secret.atom"], False)


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Packer().pack(tmp_path / "none", is_wanted=True) == 0


def test_what_cannot_be_written_is_told(feeds: Path) -> None:
    (feeds / "a.atom.gz").mkdir()
    with pytest.raises(PublishError, match=r"a\.atom"):
        Packer().pack(feeds, is_wanted=True)
