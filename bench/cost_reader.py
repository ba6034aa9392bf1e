"""lemon24/reader for `cost.py`: updates every feed once and prints the CPU time of an update. PORT FEEDS FOLDER PATH."""

import json
import resource
import sys
import time
from pathlib import Path

from reader import make_reader


def cpu_s() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    port, feeds, folder, path = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    reader = make_reader(str(folder / "reader.db"))
    if path == "first":
        for n in range(feeds):
            reader.add_feed(f"http://127.0.{n // 250}.{n % 250 + 1}:{port}/{n}")
    used, started = cpu_s(), time.perf_counter()
    # Without this nothing is asked twice within the hour.
    reader.update_feeds(workers=8, scheduled=False)
    spent_s, wall_s = cpu_s() - used, time.perf_counter() - started
    broken = sum(1 for feed in reader.get_feeds() if feed.last_exception)
    wanted = feeds * (21 if path == "one new" else 20)
    counted = reader.get_entry_counts().total
    if broken or counted != wanted:
        sys.exit(f"{path}: reader has {counted} entries of {wanted}, {broken} feeds failed")
    print(json.dumps({"cpu_ms": round(spent_s / feeds * 1000, 3), "wall_s": round(wall_s, 2)}))


if __name__ == "__main__":
    main()
