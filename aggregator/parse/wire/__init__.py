"""A local text document -> `ParsedFeed` of one entry: headline, standfirst, dateline, body as a wire report prints them."""

from aggregator.parse.wire.document import parse_wire

__all__ = ["parse_wire"]
