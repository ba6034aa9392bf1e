"""A local document that is neither a feed nor a plain text -> `ParsedFeed`: pages, mails, ninjs and NewsML-G2 items."""

from aggregator.parse.documents.mail import parse_mail
from aggregator.parse.documents.newsml import is_newsml, parse_newsml
from aggregator.parse.documents.ninjs import parse_ninjs
from aggregator.parse.documents.page import parse_page

__all__ = ["is_newsml", "parse_mail", "parse_newsml", "parse_ninjs", "parse_page"]
