"""Published feeds and pages over HTTP."""

from aggregator.pages import Site
from aggregator.web.app import create_app
from aggregator.web.server import ListenError, Server, listen
from aggregator.web.services import DeskNeeds, Services
from aggregator.web.site import Heartbeat

__all__ = ["DeskNeeds", "Heartbeat", "ListenError", "Server", "Services", "Site", "create_app", "listen"]
