"""Alembic's folder: numbered files, forward only."""
