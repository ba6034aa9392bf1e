"""The name of our own vocabulary: what we publish is written in it, and another desk's aggregator reads it."""

AGG = "urn:uuid:0f8a4a55-6f0c-4d5e-9f64-0a3c5b7d2e91"
"""The namespace of our own elements; documented in docs/atom.md, never changed (rules R34)."""
