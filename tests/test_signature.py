"""Keys of texts: equal everywhere, shared by copies and teasers, by strangers not."""

import subprocess
import sys

import pytest

from aggregator.dedup.signature import MIN_WORDS, VERSION, comparable, share_words, signature, without_tail

REPORT = (
    "The harbour of Tarbona was closed on Monday after two freighters touched in fog at the northern mole. "
    "Nobody was hurt, the port authority said, but some forty tonnes of cement went into the water and divers were called. "
    "Ships bound for the grain terminal were sent to Velmare, a day to the east, until the fairway had been sounded. "
    "The captain of the smaller vessel told investigators that the pilot boat had not answered his calls for a quarter of "
    "an hour. An inquiry was opened the same evening, and the lighthouse on the mole, out of order since spring, will be lit."
)
STRANGER = (
    "Farmers in the upper valley began to pick the late pears this week, ten days after their neighbours by the lake. "
    "Rain in September had cracked much of the fruit, and the cooperative expects a third less than in a common year. "
    "Prices at the gate have risen, though not enough to make good what was lost, its chairwoman said at the market."
)


def keys(text: str) -> frozenset[int]:
    found = signature(text)
    assert found is not None
    return frozenset(found.keys)


def without_every(text: str, count: int) -> str:
    return " ".join(word for place, word in enumerate(text.split(), start=1) if place % count)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (without_every(REPORT, 25), "an outlet leaves out words"),
        (f"{REPORT} {STRANGER}", "an outlet adds a passage"),
        (REPORT[:180], "a teaser is the beginning"),
        (REPORT.upper(), "case is no difference"),
        (REPORT.replace(",", ""), "punctuation is no difference"),
        (f"{REPORT[:150]} […]", "a teaser that says it was cut"),
    ],
)
def test_a_copy_shares_a_key(other: str, why: str) -> None:
    assert keys(REPORT) & keys(other), why


def test_strangers_share_none() -> None:
    assert not keys(REPORT) & keys(STRANGER)


def test_a_text_of_few_words_has_no_signature() -> None:
    words = REPORT.split()
    assert signature(" ".join(words[: MIN_WORDS - 1])) is None
    assert signature(" ".join(words[:MIN_WORDS])) is not None
    assert signature("") is None


def test_a_teaser_costs_fewer_rows_than_a_report() -> None:
    assert (len(keys(REPORT[:100])), len(keys(REPORT))) == (3, 6)


def test_keys_are_what_they_were() -> None:
    """They lie in stores: a change of the hash or of the folding needs another `VERSION`."""
    assert VERSION == 33
    found = signature("Ten words that stand here so that keys are known.")
    assert found is not None
    assert found.words == 10
    assert found.keys == (36283893390052, 36288395399434, 36293022423024)


def test_keys_are_equal_in_another_process() -> None:
    code = f"from aggregator.dedup.signature import signature; print(sorted(signature({REPORT!r}).keys))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(sorted(keys(REPORT)))


def test_every_key_fits_a_column_and_names_its_version() -> None:
    assert {key >> 40 for key in keys(REPORT)} == {VERSION}
    assert all(0 < key < 2**63 for key in keys(REPORT))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The bridge was opened. The post Bridge opened appeared first on Valley News.", "The bridge was opened."),
        ("The bridge was opened. Continue reading...", "The bridge was opened."),
        ("The bridge was opened by […]", "The bridge was opened by"),
        ("The bridge was opened… Read more »", "The bridge was opened"),
        ("Мост открыли. Читать далее", "Мост открыли."),
        ("He would read more books, he said.", "He would read more books, he said."),
        ("It rained... then it did not.", "It rained... then it did not."),
    ],
)
def test_what_software_adds_to_a_teaser_goes(text: str, left: str) -> None:
    assert without_tail(text) == left


def test_scripts_without_spaces_count_characters() -> None:
    assert comparable("大桥今天开放") == "大 桥 今 天 开 放"
    assert signature("市长今天上午宣布新的大桥正式开放") is not None


@pytest.mark.parametrize(
    ("other", "expected", "why"),
    [
        (without_every(REPORT, 10), True, "an outlet leaves out every tenth word"),
        (f"{REPORT} {STRANGER}", True, "the shorter stands in the longer"),
        (REPORT[:180], True, "a teaser"),
        (STRANGER, False, "another text"),
        (f"{REPORT[:100]} {STRANGER}", False, "only a formula is shared"),
    ],
)
def test_texts_of_other_words_are_not_worth_loading(other: str, expected: bool, why: str) -> None:
    one, two = signature(REPORT), signature(other)
    assert one is not None, why
    assert two is not None, why
    assert share_words(one.vocabulary, two.vocabulary) is expected, why
    assert share_words(two.vocabulary, one.vocabulary) is expected, why
