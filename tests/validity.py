"""A published file -> what a validator would find wrong with it, by the rules of its format; nothing for what is no feed."""

from datetime import datetime
from pathlib import Path

from tests import atom_rules, json_feed_rules, rss_rules
from tests.validator_rules import warnings

_RULES = {".atom": atom_rules, ".rss": rss_rules, ".json": json_feed_rules}


def faults_of(path: Path, *, folder: Path, base_url: str, now: datetime) -> list[str]:
    """Errors, or else warnings, of the file in the folder that is served at the base URL."""
    rules = _RULES.get(path.suffix)
    if rules is None:
        return []
    document = path.read_bytes()
    found = [*rules.problems(document)] or [*rules.advice(document)]
    if path.suffix != ".json" and not any("not well-formed" in one for one in found):
        found += warnings(document, now=now, location=f"{base_url}/feeds/{path.relative_to(folder).as_posix()}")
    return [one for one in found if not is_given(one)]


def is_given(warning: str) -> bool:
    """Whether it is of what we cannot change: an entry of a title and a link is all that its right, or its source, gives, and an id
    by which a source calls itself stands as it is (rules R34).
    """
    return "neither summary nor content" in warning or "/source/id: " in warning
