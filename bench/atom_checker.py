"""How often the rules in `tests/` agree with the W3C feed validator, message by message: `.venv/bin/python bench/atom_checker.py DATA`.

DATA holds `feedvalidator_testcases/` (expectations.jsonl and the archive of documents), of which those of Atom, of RSS 2.0 and of the
vocabularies that our feeds use are asked. A case that must give a message is found where the rules say that very thing, one that must
not give it where they are silent on it. Prints one table and its JSON.
"""

import json
import re
import sys
import tarfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from tests import atom_rules, rss_rules
from tests.validator_rules import foreign_namespaces, warnings

_FOLDER = "feedvalidator_testcases"
_PARTS = ("atom/", "rss/", "rss20/", "ext/fh/", "ext/media/", "ext/thr/")
# RSS of other versions and single entries: no document of ours is one. Without a version it is a case of RSS 2.0.
_OTHER_FORMATS = re.compile(rb"<(?:rdf:)?RDF\b|<rss[^>]*\bversion=['\"](?!2)|<entry xmlns=")
_LOCATION = "http://www.feedvalidator.org/testcases/"
_BY_TAG = re.compile(r"\[(\w+)\]$")
_IRI = r"IRI|no URI|href '|no web address"
# What a finding says that is not marked with the validator's own name.
_SAID = {
    "AttrNotBlank": r"type '' is|no term|blank",
    "DuplicateAtomLink": r"alternate links with type",
    "DuplicateElement": r"\d+ \w+ elements|: [2-9] \w+",
    "DuplicateEnclosure": r"more than one enclosure",
    "DuplicateEntries": r"entries have the id",
    "DuplicateIds": r"entries have the id",
    "DuplicateItemSemantics": r"both ",
    "DuplicateSemantics": r"both ",
    "DuplicateValue": r"items have the guid",
    "EmailFormat": r"no mail address",
    "InvalidAddrSpec": r"no address",
    "InvalidBooleanAttribute": r"isPermaLink",
    "InvalidContact": r"no address|no mail address",
    "InvalidFullLink": _IRI,
    "InvalidHttpGUID": _IRI,
    "InvalidIntegerAttribute": r"length",
    "InvalidLanguage": r"lang",
    "InvalidLink": _IRI,
    "InvalidMIMEAttribute": r"type '",
    "InvalidMIMEType": r"type '",
    "InvalidMediaMedium": r"medium",
    "InvalidNamespace": r"the root is|not well-formed",
    "InvalidNonNegativeInteger": r"length",
    "InvalidPermalink": _IRI,
    "InvalidRFC2822Date": r"RFC 822",
    "InvalidRFC3339Date": r"RFC 3339",
    "InvalidRSSVersion": r"the root is rss of version",
    "InvalidTAG": _IRI,
    "InvalidTextType": r"is not text, html or xhtml",
    "InvalidURLAttribute": r"no host|no URI",
    "InvalidURN": _IRI,
    "InvalidUUID": _IRI,
    "InvalidUriChar": _IRI,
    "ItemMustContainTitleOrDescription": r"neither title nor description",
    "MisplacedItem": r"behind the first item",
    "MissingAttribute": r"no term|no href|None",
    "MissingContentOrAlternate": r"neither content nor",
    "MissingDCLanguage": r"no language",
    "MissingDescription": r"0 description",
    "MissingElement": r": no \w+|: 0 \w+|no author",
    "MissingGuid": r"no guid",
    "MissingHref": r"no href",
    "MissingLink": r"0 link",
    "MissingNamespace": r"the root is|not well-formed",
    "MissingRealName": r"no mail address",
    "MissingSourceElement": r"4\.2\.11",
    "MissingSummary": r"needs a summary",
    "MissingTextualContent": r"neither summary nor content|needs a summary",
    "MissingTitle": r"0 title",
    "MissingTypeAttr": r"src without type",
    "MissingXhtmlDiv": r"XHTML div",
    "NeedDescriptionBeforeContent": r"without a description before it",
    "NotBase64": r"not base64",
    "NotBlank": r"blank",
    "NotEscaped": r"an element inside|unknown attribute mode",
    "NotSufficientlyUnique": r"hardly unique",
    "ObsoleteNamespace": r"the root is",
    "ProblematicalRFC822Date": r"RFC 822",
    "SAXError": r"not well-formed",
    "UndefinedElement": r"no place|an element inside|not feed in",
    "UnexpectedAttribute": r"unknown attribute",
    "UnexpectedText": r"text between",
    "UnexpectedWhitespace": r"RFC 3339|IRI",
    "UnicodeError": r"not well-formed",
    "UnregisteredAtomLinkRel": r"rel '",
    "UriNotIri": _IRI,
}
# A message of the first kind is one of the second as well.
_KINDS = {
    "CharacterData": "ContainsHTML",
    "ContainsUndeclaredHTML": "ContainsHTML",
    "DangerousStyleAttr": "SecurityRisk",
    "SecurityRiskAttr": "SecurityRisk",
}
# Stricter on purpose: no style is taken for harmless, because none is written.
_STRICTER = frozenset(("DangerousStyleAttr",))


def main() -> int:
    """Measure and print; 0 also when the data are not there."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "data") / _FOLDER
    if not (folder / "expectations.jsonl").exists():
        print(f"no validator documents in {folder}; nothing measured")
        return 0
    documents = _documents(folder)
    cases = map(json.loads, (folder / "expectations.jsonl").read_text().splitlines())
    counts: Counter[tuple[str, bool, bool]] = Counter()
    differ = []
    for case in cases:
        if case["file"] not in documents or _is_success(case["event"]):
            continue
        is_of_place = case["event"] == "SelfDoesntMatchLocation"
        found = _found(documents[case["file"]], _LOCATION + case["file"] if is_of_place else None)
        agrees = _says(found, case) != case["negated"]
        counts[case["event"], case["negated"], agrees] += 1
        if not agrees:
            differ.append({"file": case["file"], "expect": case["expect"], "found": found})
    _print(counts, differ)
    return 0


def _documents(folder: Path) -> dict[str, bytes]:
    with tarfile.open(folder / f"{_FOLDER}.tar.gz") as archive:
        members = (member for member in archive if member.isfile() and member.name.startswith(_PARTS))
        read = {member.name: file.read() for member in members if (file := archive.extractfile(member))}
    return {name: document for name, document in read.items() if not _OTHER_FORMATS.search(document)}


def _is_success(event: str) -> bool:
    """The validator also notes what is right."""
    return event.startswith("Valid")


def _found(document: bytes, location: str | None) -> list[str]:
    """What our rules say; what they only advise is marked, for the cases that must validate."""
    rules = rss_rules if re.search(rb"<rss\b", document) else atom_rules
    found = list(rules.problems(document))
    if any("not well-formed" in one for one in found):
        return found
    if not any("the root" in one or "channels" in one for one in found):
        found += [f"advice: {one}" for one in rules.advice(document)]
    found += [f"advice: {one}" for one in warnings(document, now=datetime.now(UTC), location=location)]
    return found + [f"advice: {name} [UnknownNamespace]" for name in foreign_namespaces(document)]


def _says(found: list[str], case: dict[str, str]) -> bool:
    event = case["event"]
    if event == "Error":
        return any(not one.startswith("advice: ") for one in found)
    if event == "Warning":
        return any(one.startswith("advice: ") for one in found)
    return any(_is_about(one, event, case["expect"]) for one in found)


def _is_about(finding: str, event: str, expect: str) -> bool:
    """Whether the finding is the message, of the element that the case names."""
    if tag := _BY_TAG.search(finding):
        element = re.search(r"element:(?:\w+:)?(\w+)", expect)
        is_there = (
            element is None or f"/{element[1]}" in finding or not finding.startswith(("advice: feed/", "advice: rss/"))
        )
        return event in (tag[1], _KINDS.get(tag[1])) and (is_there or not expect.startswith("!"))
    return event in _SAID and re.search(_SAID[event], finding) is not None


def _print(counts: Counter[tuple[str, bool, bool]], differ: list[dict[str, object]]) -> None:
    print(f"{'message':<36}{'must':>6}{'found':>7}{'must not':>10}{'silent':>8}")
    rows = []
    for event in sorted({event for event, _, _ in counts}):
        must, found = counts[event, False, True] + counts[event, False, False], counts[event, False, True]
        must_not, silent = counts[event, True, True] + counts[event, True, False], counts[event, True, True]
        rows.append({"message": event, "must": must, "found": found, "must_not": must_not, "silent": silent})
        note = "  stricter on purpose" if event in _STRICTER else ""
        print(f"{event:<36}{must:>6}{found:>7}{must_not:>10}{silent:>8}{note}")
    names = ("must", "found", "must_not", "silent")
    total = {name: sum(cast("int", row[name]) for row in rows) for name in names}
    print(f"{'all':<36}{total['must']:>6}{total['found']:>7}{total['must_not']:>10}{total['silent']:>8}")
    print(json.dumps({"messages": rows, "all": total, "differ": differ}, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
