"""What a page shows -> its HTML. The templates are the only place in which markup is written; every value is escaped."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from aggregator.pages.links import links
from aggregator.pages.site import Site
from aggregator.text import digest

FIXED = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
"""Files that are the same for every page, with their media types."""


class Printer:
    """The templates of one site; made once, since they are compiled."""

    def __init__(self, site: Site) -> None:
        self._templates = Environment(
            loader=PackageLoader("aggregator.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.fixed = {name: self._templates.get_template(name).render().encode() for name in FIXED}
        self._templates.globals.update(
            site=site,
            places=site.places,
            all_topics=tuple(links(site, topic) for topic in site.topics),
            style=f"{site.places.fixed('style.css')}?{digest(self.fixed['style.css']).hex()[:8]}",
        )

    def page(self, template: str, **values: object) -> bytes:
        """The page as bytes; equal values, equal bytes."""
        return self._templates.get_template(template).render(**values).encode()
