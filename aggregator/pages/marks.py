"""An article and the evidence of a match -> the passages that its rights let us show, matched words told apart."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aggregator.html import to_text
from aggregator.model.article import Article
from aggregator.model.source import Republish
from aggregator.model.topic import Evidence
from aggregator.render import shown

_OPENING_CHARACTERS = 600
_SNIPPET_CHARACTERS = 260
_BEFORE_CHARACTERS = 90


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a passage; `is_marked` where it made the topic's rule true."""

    text: str
    is_marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The beginning of a field."""

    field: str
    segments: tuple[Segment, ...]
    is_cut: bool
    """The field goes on."""
    is_begun: bool = False
    """The field began before."""

    @property
    def has_marks(self) -> bool:
        return any(segment.is_marked for segment in self.segments)


def passages(article: Article, evidence: Iterable[Evidence]) -> tuple[Passage, ...]:
    """The headline, and of standfirst, summary and text as much as may be shown (rules R21), at most their opening."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for one in evidence:
        spans.setdefault(one.field, []).append((one.start, one.end))
    return tuple(_passage(field, text, end, spans.get(field, [])) for field, text, end in _allowed(article) if end)


def marked(text: str, spans: list[tuple[int, int]]) -> tuple[Segment, ...]:
    """The whole text in pieces, those of the spans marked."""
    return tuple(_segments(text, spans))


def snippet(article: Article, places: Callable[[str], list[tuple[int, int]]]) -> Passage | None:
    """A few lines of what may be shown of the text, around the first of its places; the beginning where there is none.

    None where nothing but the headline may be shown.
    """
    beginning: Passage | None = None
    for field, text, end in _allowed(article):
        if field == "headline" or not end:
            continue
        spans = places(text[:end])
        if spans:
            return _around(field, text[:end], spans)
        beginning = beginning or _around(field, text[:end], [])
    return beginning


def opening(article: Article) -> str | None:
    """The standfirst, else the first lines of what may be shown of the text."""
    if standfirst := shown_standfirst(article):
        return standfirst
    found = snippet(article, lambda _: [])
    return "".join(segment.text for segment in found.segments) + (" …" if found.is_cut else "") if found else None


def _around(field: str, text: str, spans: list[tuple[int, int]]) -> Passage:
    first = spans[0][0] if spans else 0
    start = 0 if first <= _BEFORE_CHARACTERS else text.rfind(" ", 0, first - _BEFORE_CHARACTERS) + 1
    end = start + _SNIPPET_CHARACTERS
    end = len(text) if end >= len(text) else max(text.rfind(" ", start, end), first + 1)
    inside = [(max(one, start) - start, other - start) for one, other in spans if other <= end]
    segments = tuple(_segments(text[start:end], inside))
    return Passage(field=field, segments=segments, is_cut=end < len(text), is_begun=start > 0)


def shown_standfirst(article: Article) -> str | None:
    """The standfirst as far as the article's rights let us show it; None where they do not."""
    text = article.standfirst or ""
    ends = {field: end for field, _, end in _allowed(article)}
    end = ends["standfirst"]
    return (text[:end] + ("…" if end < len(text) else "")) if end else None


def _passage(field: str, text: str, end: int, spans: list[tuple[int, int]]) -> Passage:
    end = _opening(text, end)
    return Passage(field=field, segments=tuple(_segments(text[:end], spans)), is_cut=end < len(text.rstrip()))


def _segments(text: str, spans: list[tuple[int, int]]) -> Iterator[Segment]:
    """The text in pieces; what the end of the text cuts is not marked."""
    at = 0
    for start, end in _merged(span for span in spans if span[1] <= len(text)):
        if at < start:
            yield Segment(text[at:start], is_marked=False)
        yield Segment(text[start:end], is_marked=True)
        at = end
    if at < len(text):
        yield Segment(text[at:], is_marked=False)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, those that overlap as one: "dialogue" lies inside "political dialogue"."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def _allowed(article: Article) -> Iterator[tuple[str, str, int]]:
    """(field, its text, how many characters of it may be shown)."""
    yield "headline", article.headline, len(article.headline)
    excerpt = _excerpt(article)
    for field, text in (
        ("standfirst", article.standfirst or ""),
        ("summary", "" if article.body_text else article.summary_text or ""),
        ("body", article.body_text),
    ):
        is_free = article.rights.republish is Republish.FULL
        yield field, text, len(text) if is_free else _shared(text, excerpt)


def _excerpt(article: Article) -> str:
    """What an entry of a feed would show of the text, as plain words."""
    view = shown(article)
    return (view.summary or (to_text(view.content) if view.content else "")).removesuffix("…")


def _shared(text: str, excerpt: str) -> int:
    """How many characters of the text the excerpt gives away, white space aside; 0 where they differ."""
    wanted, offered = "".join(excerpt.split()), "".join(text.split())
    left = min(len(wanted), len(offered))
    if not left or wanted[:left] != offered[:left]:
        return 0
    for at, character in enumerate(text):
        left -= not character.isspace()
        if left == 0:
            return at + 1
    return len(text)


def _opening(text: str, end: int) -> int:
    """The end of the last whole word of the opening."""
    if end <= _OPENING_CHARACTERS:
        return end
    cut = text[: _OPENING_CHARACTERS + 1].rstrip()
    space = max(cut.rfind(" "), cut.rfind("\n")) if len(cut) > _OPENING_CHARACTERS else len(cut)
    return space if space > 0 else _OPENING_CHARACTERS
