"""Published feeds and pages over HTTP."""

from aggregator.web.app import Site, create_app
from aggregator.web.server import ListenError, Server, listen

__all__ = ["ListenError", "Server", "Site", "create_app", "listen"]
