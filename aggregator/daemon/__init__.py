"""The process that stays: `heart` beats by the `ticks`, `watching` tells it of changed files, `renewal` is a configuration read again, `clock` jumps,
`serving` is serving alone."""

from aggregator.daemon.clock import ClockWatch
from aggregator.daemon.heart import Daemon
from aggregator.daemon.renewal import Configured, Renewal
from aggregator.daemon.serving import serve_until_stopped

__all__ = ["ClockWatch", "Configured", "Daemon", "Renewal", "serve_until_stopped"]
