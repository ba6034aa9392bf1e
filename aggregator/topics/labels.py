# ruff: noqa: TRY004 - whatever is wrong with a line is one kind of mistake to whoever reads the file
"""Lines of a labelled file (parsed JSON) -> texts with what they are to match. Reading the file is for who asks.

A line is an object with a text (`headline` or `title`, `standfirst`, and one of `body`, `body_text`, `text`, `summary`; a
text alone begins with its headline) and a word on where it belongs: `match`, `topics` or `label`. Lines of `articles
export` are of that form. Keys that are not named here are left alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aggregator.language import decide
from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import Category, OriginSource, Person
from aggregator.model.source import Republish

BY_HAND = "labelled"
"""The source of a text that names none."""

_HEADLINES = ("headline", "title")
_BODIES = ("body", "body_text", "text")
_CLASSES = ("class", "sub")
_UNKNOWN_LANGUAGE = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One text, and what its line says of where it belongs; whatever it does not say is None."""

    line: int
    name: str | None
    """Its id in the file."""
    article: Article
    source_id: str
    match: bool | None = None
    topics: frozenset[str] | None = None
    label: str | None = None
    group: str | None = None
    """A kind of text that is counted by itself: `class`, or else `sub` or `label`."""
    is_borderline: bool = False
    """People disagree on it, so that it is counted apart."""

    @property
    def language(self) -> str:
        """Without script and region; `?` where it is not known."""
        language = self.article.language
        return language.tag.split("-")[0] if language else _UNKNOWN_LANGUAGE

    def belongs(self, topic_id: str, label: str | None = None) -> bool | None:
        """Whether it is to match the topic; None where the line says nothing of it. `label` stands for the topic in
        lines that have a `label`, else the topic's id does.
        """
        if self.topics is not None:
            return topic_id in self.topics
        if self.label is not None and (label is not None or self.match is None):
            return self.label == (label or topic_id)
        return self.match


def labelled(line: int, data: object) -> Labelled:
    """The text of a line. Raises ValueError that says what is wrong with it."""
    if not isinstance(data, Mapping):
        raise ValueError("is no object")
    group = next((value for key in (*_CLASSES, "label") if (value := _text(data, key))), None)
    return Labelled(
        line=line,
        name=_text(data, "id") or _text(data, "uri"),
        article=_article(data),
        source_id=_text(data, "source") or BY_HAND,
        match=_flag(data, "match"),
        topics=_topics(data),
        label=_text(data, "label"),
        group=group,
        is_borderline=_flag(data, "borderline") or False,
    )


def _article(data: Mapping[str, object]) -> Article:
    headline = next((value for key in _HEADLINES if (value := _text(data, key))), None)
    body = next((value for key in _BODIES if (value := _text(data, key))), None)
    summary = _text(data, "summary") or _text(data, "summary_text")
    if headline is None and body is None:
        raise ValueError("has no text: it needs a headline or a text")
    if headline is None:
        first, _, rest = (body or "").strip().partition("\n")
        headline, body = first.strip(), rest.strip()
    publisher = _text(data, "publisher") or BY_HAND
    said = _text(data, "lang") or _text(data, "language")
    return Article(
        url=_text(data, "url"),
        headline=headline,
        standfirst=_text(data, "standfirst"),
        summary_text=summary,
        body_text=body or "",
        completeness=Completeness.FULL if body else Completeness.EXCERPT,
        language=decide(f"{headline}\n{body or summary or ''}", declared=said, configured=None),
        by=tuple(Person(name=name) for name in _texts(data, "authors")),
        categories=tuple(Category(term=name) for name in _texts(data, "tags")),
        publisher=Publisher(source_id=BY_HAND, name=publisher),
        rights=Rights(republish=Republish.NONE),
        origin=OriginSource(),
    )


def _topics(data: Mapping[str, object]) -> frozenset[str] | None:
    """Ids, or objects as an export has them."""
    if "topics" not in data:
        return None
    written = data["topics"]
    names = (
        [one.get("topic") if isinstance(one, Mapping) else one for one in written] if isinstance(written, list) else []
    )
    if not isinstance(written, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("topics: must be a list of ids of topics")
    return frozenset(str(name) for name in names)


def _text(data: Mapping[str, object], key: str) -> str | None:
    """None for what is absent, null or empty. What is not ours may be anything."""
    value = data.get(key)
    if isinstance(value, Mapping):
        return None
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key}: must be a text")
    return value.strip() or None if value else None


def _texts(data: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{key}: must be a list of texts")
    return tuple(value)


def _flag(data: Mapping[str, object], key: str) -> bool | None:
    value = data.get(key)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{key}: must be true or false")
    return value
