"""The commands. Each module holds a few; heavy imports happen inside them, so that `--help` is quick."""

import sys

# The modules register their commands on import.
from aggregator.cli import (  # noqa: F401
    articles,
    backtest,
    desk,
    desk_lines,
    desk_tokens,
    evaluate,
    learn,
    maintain,
    seeds,
    setup,
    sources,
    status,
    suggest,
    topics,
    why,
    work,
)
from aggregator.cli.app import app
from aggregator.errors import AggregatorError


def main() -> None:
    """The program's entry: an expected error is one clear message on stderr and its own exit code."""
    try:
        app()
    except AggregatorError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`): nothing to say.
        sys.stderr.close()
        sys.exit(0)
