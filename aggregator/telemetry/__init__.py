"""What is told of the program at work: `logs` for people, `metrics` for Prometheus.

Metrics are imported where they are used: their library costs 0.07 s, which a short command need not wait for.
"""

from aggregator.telemetry.logs import set_up

__all__ = ["set_up"]
