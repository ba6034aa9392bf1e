"""Reads mutated documents for as long as it is let: `.venv/bin/python bench/fuzz.py [--seconds 600] [--findings FOLDER]`.

With atheris (`pip install atheris`, Linux; no dependency of ours) the mutations are led by what parts of the program they reach, beginning
from the documents of `tests/`; a document that breaks a promise, or takes more than ten seconds or a gigabyte, is kept in FOLDER
as `crash-*` or `timeout-*`. Without it hypothesis makes the documents, as in `tests/test_fuzz.py`, of which both hold the promises.
"""

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

_ROOT = Path(__file__).parents[1]
# What hypothesis reads in a second, about, on one core.
_EXAMPLES_A_SECOND = 10
_TIMEOUT_S, _MEMORY_MB = 10, 1024
# As what a document is read: of the network, or a file of that name in a folder.
_KEYS = ("https://example.org/feed", "a.xml", "a.json", "a.txt", "a.html", "a.md", "a.eml")
# What is of us; libraries in C are not seen into, and those in Python are not what is tested.
_OURS = [
    "aggregator.parse",
    "aggregator.normalise",
    "aggregator.html",
    "aggregator.dates",
    "aggregator.urls",
    "aggregator.text",
]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    given = parser.parse_args(arguments)
    if find_spec("atheris") is None:
        print("no atheris: hypothesis makes the documents", flush=True)
        return with_hypothesis(given.seconds)
    return with_atheris(given.seconds, given.findings)


def with_hypothesis(seconds: int) -> int:
    """The project's own fuzz tests, with as many examples as the time may hold."""
    command = [sys.executable, "-m", "pytest", "-m", "slow", "tests/test_fuzz.py"]
    examples = str(max(seconds * _EXAMPLES_A_SECOND, 100))
    return subprocess.run(command, cwd=_ROOT, env=os.environ | {"FUZZ_EXAMPLES": examples}, check=False).returncode


def with_atheris(seconds: int, findings: Path) -> int:
    """Never comes back: libFuzzer ends the process, with 0 where it found nothing."""
    import atheris  # noqa: PLC0415  it need not be there

    with atheris.instrument_imports(include=_OURS):
        from tests.test_fuzz import SEEDS, check  # noqa: PLC0415  instrumented as it is imported

    findings.mkdir(parents=True, exist_ok=True)
    corpus = findings / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, (body, suffix) in enumerate(SEEDS):
        for at in {0 if suffix in (".xml", ".json") else _KEYS.index(f"a{suffix}"), _KEYS.index(f"a{suffix}")}:
            (corpus / f"seed-{number}-{at}").write_bytes(bytes([at]) + body)

    def read_one(data: bytes) -> None:
        """The first byte says as what the others are read."""
        if data:
            check(data[1:], _KEYS[data[0] % len(_KEYS)], None)

    options = [
        f"-max_total_time={seconds}",
        f"-timeout={_TIMEOUT_S}",
        f"-rss_limit_mb={_MEMORY_MB}",
        "-max_len=65536",
        f"-artifact_prefix={findings}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], read_one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
