"""A published file -> what a validator would find wrong with it, by the rules of its format; nothing for what is no feed."""

from datetime import datetime
from pathlib import Path

from tests import atom_rules, json_feed_rules, rss_rules
from tests.validator_rules import warnings

_RULES = {".atom": atom_rules, ".rss": rss_rules, ".json": json_feed_rules}


def faults_of(path: Path, *, folder: Path, base_url: str, now: datetime) -> list[str]:
    """Errors, else warnings, of the file in the folder that is served at the base URL. An entry of a title and a link is all
    that its right, or its source, gives.
    """
    rules = _RULES.get(path.suffix)
    if rules is None:
        return []
    document = path.read_bytes()
    found = [*rules.problems(document)]
    if not found:
        found = [one for one in rules.advice(document) if "neither summary nor content" not in one]
    if not found and path.suffix != ".json":
        found += warnings(document, now=now, location=f"{base_url}/feeds/{path.relative_to(folder).as_posix()}")
    return found
