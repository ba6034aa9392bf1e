"""A page -> the markup of its main text, without menus, teasers and the rest that stands around it; the door of trafilatura.

trafilatura comes with the extra `fulltext`. Without it, and for pages that it would take too long for, the text is the
element that holds most of the page's paragraphs: more of what surrounds a text stays in than with it.
"""

import re
from collections import defaultdict
from itertools import islice

import lxml.html
from lxml import etree

from aggregator.html import clean, to_text
from aggregator.parse.documents.markup import Markup, drop, elements_of, hidden_in, inside

MAX_TAGS = 12_000
"""Tags of a page that trafilatura is given. It needs the square of some: 15,000 elements of class "comment" took 11 s."""
MAX_CHARACTERS = 524_288
"""Of markup without scripts; it copies the tree several times, which for 2 MB of attributes took 450 MB."""
_ENOUGH = 200
"""Characters from which on what trafilatura found is believed: of a short text it may keep a caption."""
_MARKED = (
    ".//*[@itemprop='articleBody']",
    ".//article",
    ".//main",
    ".//*[@role='main']",
)
_AROUND = frozenset(
    ("aside", "button", "dialog", "footer", "form", "header", "input", "menu", "nav", "object", "select", "textarea")
)
_NAMED_AROUND = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert\w*|banner|breadcrumbs?|byline|comments?|cookies?|menu|meta|most-read|nav\w*|newsletter|outbrain|paywall"
    r"|popup|promo|recommend\w*|related|share|sharing|sidebar|social|subscri\w*|taboola|tags|teaser|toolbar|widget)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MOSTLY_LINKS = 0.7
_MANY = 200
_FRAME = re.compile(r"</?(?:html|body)>")
_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, etree.LxmlError)


def main_text(markup: Markup) -> str:
    """The markup of the page's text; empty where it has none."""
    is_fit = markup.tags <= MAX_TAGS and len(markup.text) <= MAX_CHARACTERS
    found = _by_trafilatura(markup.text) if is_fit else ""
    if len(to_text(clean(found))) >= _ENOUGH:
        return found
    largest = largest_text(markup)
    return max(largest, found, key=lambda one: len(to_text(clean(one))))


def _by_trafilatura(markup: str) -> str:
    """Empty where the extra is not installed."""
    try:
        # Here and not above: it is optional, and half a second that only pages are worth.
        from trafilatura import extract  # noqa: PLC0415
    except ImportError:
        return ""
    try:
        found = extract(
            markup,
            output_format="html",
            include_comments=False,
            include_formatting=True,
            include_links=True,
            include_images=False,
        )
    except _FAULTS:  # whatever an odd tree makes it raise, the page has a text all the same
        return ""
    return _FRAME.sub("", str(found or "")).strip()


def largest_text(markup: Markup) -> str:
    """The markup of the element that is marked as the page's text, else of the one with most words in its paragraphs."""
    tree = markup.tree()
    if tree is None:
        return ""
    drop(list(hidden_in(tree)))
    chosen = _marked(tree)
    if chosen is None:
        chosen = _with_most_paragraphs(tree)
    if chosen is None:
        return ""
    drop([one for one in elements_of(chosen) if _is_around(one)])
    drop([one for one in elements_of(chosen) if one.tag in ("ul", "ol", "p", "div") and _is_mostly_links(one)])
    return inside(chosen)


def _marked(tree: lxml.html.HtmlElement) -> lxml.html.HtmlElement | None:
    """Of several, as on a page of teasers, the one with most text."""
    for path in _MARKED:
        found = tree.xpath(path)
        if isinstance(found, list) and found:
            return max((one for one in found if isinstance(one, lxml.html.HtmlElement)), key=_paragraph_characters)
    return None


def _paragraph_characters(element: lxml.html.HtmlElement) -> int:
    return sum(len(one.text_content()) for one in element.iter("p")) or len(element.text_content())


def _with_most_paragraphs(tree: lxml.html.HtmlElement) -> lxml.html.HtmlElement | None:
    """By the characters of the paragraphs that stand in an element itself: the page as a whole holds them all."""
    held: defaultdict[lxml.html.HtmlElement, int] = defaultdict(int)
    for paragraph in tree.iter("p"):
        parent = paragraph.getparent()
        if parent is not None:
            held[parent] += len(paragraph.text_content())
    if held:
        return max(held, key=lambda element: held[element])
    return next(iter(tree.iter("body")), None)


def _is_around(element: lxml.html.HtmlElement) -> bool:
    """Whether the element, inside a text, is not of the text."""
    names = f"{element.get('class', '')} {element.get('id', '')}"[:400]
    return element.tag in _AROUND or bool(_NAMED_AROUND.search(names))


def _is_mostly_links(element: lxml.html.HtmlElement) -> bool:
    """Not asked of what holds much else: to read all that is inside, at each of 2,000 levels, takes the square."""
    if next(islice(element.iterdescendants(), _MANY, None), None) is not None:
        return False
    words = len(element.text_content().strip())
    linked = sum(len(link.text_content()) for link in element.iter("a"))
    return words > 0 and linked / words > _MOSTLY_LINKS
