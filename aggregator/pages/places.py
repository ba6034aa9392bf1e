"""Where pages and feeds lie, as links are written: at the addresses that `web` serves, or beside one another as files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Every address that a page links to."""

    is_served: bool
    root: str
    """In front of every address: `/`, or for a file the way up to the folder of the feeds."""

    def front(self) -> str:
        return "/" if self.is_served else f"{self.root}index.html"

    def topic(self, topic_id: str) -> str:
        return f"/topics/{topic_id}" if self.is_served else f"{self.root}{topic_id}.html"

    def article(self, uri: str) -> str:
        name = uri.removeprefix("urn:uuid:")
        return f"/articles/{name}" if self.is_served else f"{self.root}entries/{name}.html"

    def sources(self) -> str:
        return "/sources" if self.is_served else f"{self.root}sources.html"

    def search(self) -> str | None:
        """None where nobody is there to search."""
        return "/search" if self.is_served else None

    def feed(self, name: str) -> str:
        """A file of the folder of feeds."""
        return f"/feeds/{name}" if self.is_served else f"{self.root}{name}"

    def fixed(self, name: str) -> str:
        """The style sheet and the icon."""
        return f"{self.root}{name}"


def served() -> Places:
    """As `web` answers."""
    return Places(is_served=True, root="/")


def hosted(depth: int = 0) -> Places:
    """As files for any web server, from a page that lies so many folders below `feeds/`."""
    return Places(is_served=False, root="../" * depth)
