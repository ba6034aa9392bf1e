"""A year's headlines of a broadcaster far away -> which of them the Libya diplomacy topic would publish, and who has read them.

The headlines are in no file of ours: `abc_2003_verdicts.jsonl` beside this script keeps, of what was published, an id (date and
a digest of the headline), the verdict of a reader and a reason of a few words.
"""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from topics_items import as_article

from aggregator.text import digest, folded
from aggregator.topics.match import Matcher

FILE = "abcnews_headlines_2003_part.csv.gz"
VERDICTS = Path(__file__).parent / "abc_2003_verdicts.jsonl"


def tell(path: Path, matcher: Matcher) -> dict[str, object]:
    """Print what would be published of the headlines with the verdicts; return the counts."""
    read = {one["id"]: one for one in map(json.loads, VERDICTS.read_text("utf-8").splitlines())}
    headlines = list(_headlines(path))
    published = [(key, headline) for key, headline in headlines if matcher.match(as_article(headline, ""), "measured")]
    counts: Counter[str] = Counter()
    print(f"\n{len(headlines)} ABC headlines of 2003, {len(published)} published")
    for key, headline in published:
        verdict = read.get(key, {"verdict": "unread", "reason": headline})
        counts[verdict["verdict"]] += 1
        print(f"  {key}  {verdict['verdict']:<7} {verdict['reason']}")
    print(f"  right {counts['right']}, wrong {counts['wrong']}, unread {counts['unread']}; at most one wrong is wanted")
    return {"headlines": len(headlines), "published": len(published), **counts}


def _headlines(path: Path) -> Iterator[tuple[str, str]]:
    """Each headline with its id; one that is printed twice on a day counts once."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = {
            (row["publish_date"], folded(row["headline_text"])): row["headline_text"] for row in csv.DictReader(file)
        }
    for (date, words), headline in rows.items():
        yield f"{date}-{digest(words).hex()[:8]}", headline
