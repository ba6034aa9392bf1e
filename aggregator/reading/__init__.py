"""A fetched document -> the sightings that go to the writer: here, or in a process of its own.

This room imports nothing of the store, the network or the commands, so that a reading process starts in 0.3 s.
"""
