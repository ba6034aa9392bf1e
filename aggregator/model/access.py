"""Who may work at the desk on pages: tokens that people are given, and the sessions that begin with them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskToken:
    """A token by the name of who has it, which stands under what is decided with it. The token itself is kept nowhere."""

    number: int
    name: str
    made_at: datetime
    revoked_at: datetime | None = None
    sessions: int = 0
    """Open at the moment of asking."""
