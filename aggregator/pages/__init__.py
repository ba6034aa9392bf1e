"""The store -> HTML: one set of pages, served by `web` and written as files by `pipeline`."""

from aggregator.pages.absence import Absence, absence
from aggregator.pages.article_page import ArticlePage, article_page
from aggregator.pages.desk_page import desk_page
from aggregator.pages.desk_section import DeskSection, desk_section
from aggregator.pages.front import front
from aggregator.pages.places import Places, hosted, served
from aggregator.pages.printer import Printer
from aggregator.pages.search import SearchAsked, search_page
from aggregator.pages.signed import Signed
from aggregator.pages.site import Site
from aggregator.pages.sources import sources_page
from aggregator.pages.story_page import MergedStory, StoryPage, story_page
from aggregator.pages.topics import LISTED, topic_page

__all__ = [
    "LISTED",
    "Absence",
    "ArticlePage",
    "DeskSection",
    "MergedStory",
    "Places",
    "Printer",
    "SearchAsked",
    "Signed",
    "Site",
    "StoryPage",
    "absence",
    "article_page",
    "desk_page",
    "desk_section",
    "front",
    "hosted",
    "search_page",
    "served",
    "sources_page",
    "story_page",
    "topic_page",
]
