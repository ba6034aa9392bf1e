"""Where pages and feeds lie, as links are written: at the addresses that `web` serves, or beside one another as files."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Every address that a page links to."""

    is_served: bool
    root: str
    """In front of every address: `/`, or for a file the way up to the folder of the feeds."""
    is_there: Callable[[str], bool] = lambda _: True
    """Whether a page of that name below `feeds/` is a file, or is about to be; what is served is made when it is asked for."""

    def front(self) -> str:
        return "/" if self.is_served else f"{self.root}index.html"

    def topic(self, topic_id: str) -> str:
        return f"/topics/{topic_id}" if self.is_served else f"{self.root}{topic_id}.html"

    def article(self, uri: str) -> str:
        name = uri.removeprefix("urn:uuid:")
        return f"/articles/{name}" if self.is_served else self.root + article_file(uri)

    def article_if_any(self, uri: str) -> str | None:
        """None where the article has no page: of files, only what is published has one."""
        return self.article(uri) if self.is_there(article_file(uri)) else None

    def story(self, uri: str) -> str:
        name = uri.removeprefix("urn:uuid:")
        return f"/stories/{name}" if self.is_served else self.root + story_file(uri)

    def story_if_any(self, uri: str) -> str | None:
        """None where the story has no page."""
        return self.story(uri) if self.is_there(story_file(uri)) else None

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


def hosted(depth: int = 0, is_there: Callable[[str], bool] = lambda _: True) -> Places:
    """As files for any web server, from a page that lies so many folders below `feeds/`."""
    return Places(is_served=False, root="../" * depth, is_there=is_there)


def article_file(uri: str) -> str:
    """Where the page of the article with that uri lies below `feeds/`."""
    return f"entries/{uri.removeprefix('urn:uuid:')}.html"


def story_file(uri: str) -> str:
    """Where the page of the story with that uri lies below `feeds/`."""
    return f"stories/{uri.removeprefix('urn:uuid:')}.html"
