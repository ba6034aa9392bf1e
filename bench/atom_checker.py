"""How often tests/atom_rules.py agrees with the W3C feed validator: `.venv/bin/python bench/atom_checker.py DATA`.

DATA holds `feedvalidator_testcases/` (expectations.jsonl and the archive of documents). Prints one table and its JSON.
"""

import json
import re
import sys
import tarfile
from collections import Counter
from pathlib import Path

from tests.atom_rules import advice, problems

_FOLDER = "feedvalidator_testcases"
# What the validator calls an error or a warning and RFC 4287 a MUST; found by `problems`.
_MUST = frozenset(
    (
        "AttrNotBlank", "BadCharacters", "DuplicateAtomLink", "DuplicateElement", "DuplicateEntries", "DuplicateIds",
        "InvalidAddrSpec", "InvalidContact", "InvalidFullLink", "InvalidLanguage", "InvalidLink", "InvalidMIMEType",
        "InvalidNamespace", "InvalidNonNegativeInteger", "InvalidRFC3339Date", "InvalidTAG", "InvalidTextType",
        "InvalidURN", "InvalidUUID", "InvalidUriChar", "MissingAttribute", "MissingContentOrAlternate",
        "MissingElement", "MissingHref", "MissingNamespace", "MissingSummary", "MissingXhtmlDiv", "NotBase64",
        "NotEscaped", "ObsoleteNamespace", "SAXError", "UndefinedElement", "UnexpectedWhitespace",
        "UnregisteredAtomLinkRel",
    )
)  # fmt: skip
# What RFC 4287 only recommends; found by `advice`.
_SHOULD = frozenset(
    ("MissingSelf", "MissingSourceElement", "MissingTextualContent", "MissingTypeAttr", "NotBlank", "SecurityRisk",
     "UnexpectedText")
)  # fmt: skip
# Many documents hold one element and nothing else. What they lack is no sign that their own fault was seen.
_INCOMPLETE = re.compile(r": no (?:id|title|updated|author|content)\b|: neither |no link with rel=self")
_ABOUT_ABSENCE = frozenset(
    ("MissingContentOrAlternate", "MissingElement", "MissingSelf", "MissingSourceElement", "MissingTextualContent")
)


def main() -> int:
    """Measure and print; 0 also when the data are not there."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "data") / _FOLDER
    if not (folder / "expectations.jsonl").exists():
        print(f"no validator documents in {folder}; nothing measured")
        return 0
    documents = _documents(folder)
    measured: Counter[tuple[str, bool]] = Counter()
    differ = []
    for line in (folder / "expectations.jsonl").read_text().splitlines():
        case = json.loads(line)
        kind = _kind(case)
        if kind is None or case["file"] not in documents:
            continue
        found = _found(documents[case["file"]], case["event"])
        agrees = bool(found) != (kind == "valid")
        measured[kind, agrees] += 1
        if not agrees:
            differ.append({"file": case["file"], "expect": case["expect"], "found": found})
    _print(measured, differ)
    return 0


def _documents(folder: Path) -> dict[str, bytes]:
    with tarfile.open(folder / f"{_FOLDER}.tar.gz") as archive:
        members = (member for member in archive if member.isfile() and member.name.startswith("atom/"))
        return {member.name: file.read() for member in members if (file := archive.extractfile(member))}


def _kind(case: dict[str, str]) -> str | None:
    """What the case can tell of the checker; None for cases about one warning, or about what Atom does not say."""
    if case["negated"]:
        return "valid" if case["event"] == "Error" else None
    if case["event"] in _MUST:
        return "must"
    return "should" if case["event"] in _SHOULD else None


def _found(document: bytes, event: str) -> list[str]:
    found = list(problems(document))
    if event in _SHOULD and not any("well-formed" in text or "the root" in text for text in found):
        found += advice(document)
    if event == "Error":
        return found
    return [text for text in found if event in _ABOUT_ABSENCE or not _INCOMPLETE.search(text)]


def _print(measured: Counter[tuple[str, bool]], differ: list[dict[str, object]]) -> None:
    print(f"{'documents':<42}{'number':>8}{'agree':>8}")
    titles = {"valid": "valid: no problem", "must": "MUST broken: a problem", "should": "SHOULD broken: advice"}
    for kind, title in titles.items():
        print(f"{title:<42}{measured[kind, True] + measured[kind, False]:>8}{measured[kind, True]:>8}")
    print(json.dumps({"agree": {kind: measured[kind, True] for kind in titles}, "differ": differ}, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
