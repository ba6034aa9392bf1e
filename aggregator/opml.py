"""Subscription lists -> sources, and back."""
