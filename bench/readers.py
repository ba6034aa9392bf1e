"""A thousand steps of a desk's life, replayed through the rules of identity of twelve readers.

    .venv/bin/python bench/readers.py [STEPS]

Four courses by lot (tests/publishing.py): outlets publish, edit, copy one another, change ids and hosts, break; people decide;
rules change; the program restarts and loses files. Each reader subscribes twice: polling after every step, and every twenty hours.
The table says what its user saw; `twice` and `lost` must be 0, and nothing is unread again. Exit 1 where that does not hold.
"""

import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from tests.publishing import Outcome, run_course

_SEEDS = range(4)
_SUMMED = ("entries", "shown", "twice", "lost", "unread_again")


def main() -> int:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    found: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for seed in _SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            outcomes, _ = run_course(seed, steps // len(_SEEDS), Path(folder))
        for one in outcomes:
            found[one.reader, "each step" if not one.every else "20 hours"].append(one)
    print(f"{'reader':18}{'polls':>10}" + "".join(f"{name:>14}" for name in (*_SUMMED, "most_at_once")))
    rows = []
    for (reader, polls), several in found.items():
        row = {name: sum(asdict(one)[name] for one in several) for name in _SUMMED}
        row["most_at_once"] = max(one.most_at_once for one in several)
        rows.append({"reader": reader, "polls": polls, **row})
        print(f"{reader:18}{polls:>10}" + "".join(f"{value:>14}" for value in row.values()))
    print(json.dumps(rows))
    return 1 if any(row["twice"] or row["lost"] or row["unread_again"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
