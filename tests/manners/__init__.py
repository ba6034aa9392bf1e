"""Manners: what publishers ask of those who poll them, each rule as a case that a poller passes or fails.

`server` is the web as such a poller meets it, `answers` what it says; `play` is one case under way: a site, a simulated
clock, a player. A player is a poller under test: `ours` is this program, `bench/manners.py` has another. `cases/` holds the
rules, a file a group; `score` plays them all and counts.
"""
