"""The process that stays: `heart` beats, `watching` tells it of changed files, `renewal` is a configuration read again, `clock` jumps."""

from aggregator.daemon.clock import ClockWatch
from aggregator.daemon.heart import Daemon, serve_until_stopped
from aggregator.daemon.renewal import Configured, Renewal

__all__ = ["ClockWatch", "Configured", "Daemon", "Renewal", "serve_until_stopped"]
