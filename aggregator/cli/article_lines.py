"""An article with all that hangs on it -> the lines that `articles show` prints."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from aggregator.cli.output import say

if TYPE_CHECKING:
    from aggregator.model.article import Article, PartialDate
    from aggregator.model.copies import CopyVerdict, Origin
    from aggregator.model.ledger import LedgerRow
    from aggregator.storage import ArticleView, CopyRow


def print_article(
    view: "ArticleView",
    rows: "tuple[LedgerRow, ...]",
    copies: "tuple[CopyRow, ...]",
    origin: "Origin | None",
) -> None:
    """Headline, facts, where it was seen, copies, matches and entries."""
    stored, article = view.stored, view.stored.article
    say(article.headline or "(no headline)")
    if article.standfirst:
        say(article.standfirst)
    for name, value in _facts(view):
        if value:
            say(f"{name:<12}{value}", 2)
    for clue in article.clues:
        say(f'{clue.kind}: "{clue.quote}" - {clue.says}', 14)
    typer.echo("")
    say(f"version {stored.version}, different texts: {view.texts}; seen in")
    for seen in view.observations:
        say(
            f"{seen.source_id}: {minute(seen.first_seen_at)} to {minute(seen.last_seen_at)}  {seen.link or seen.document}",
            2,
        )
    _print_copies(copies, origin)
    for match in view.matches:
        words = ", ".join(dict.fromkeys(one.term for one in match.evidence))
        say(f"matches {match.topic_id}, score {match.score:g}: {words}", 2)
    for row in rows:
        say(
            f"{row.state.value} in {row.topic_id} ({row.grain.value}) since {minute(row.first_published_at)}: {row.reason}",
            2,
        )
        say(row.entry_id, 6)


def print_text(article: "Article") -> None:
    """The text or what there is of it, paragraph by paragraph."""
    typer.echo("")
    for paragraph in (article.body_text or article.summary_text or "").splitlines():
        typer.echo("") if not paragraph.strip() else say(paragraph, hang=0)


def short(uri: str) -> str:
    """The first 8 digits, which name an article on the command line."""
    return uri.removeprefix("urn:uuid:")[:8]


def minute(instant: datetime) -> str:
    """A time to the minute, in UTC."""
    return instant.strftime("%Y-%m-%d %H:%M")


def date_in_words(article: "Article") -> str:
    """The day of a text, with what of it was inferred."""
    return _date_in_words(article.content_created) or "no date"


def _print_copies(copies: "tuple[CopyRow, ...]", origin: "Origin | None") -> None:
    if origin:
        marks = ", ".join(f'{clue.kind} "{clue.quote}"' for clue in origin.clues)
        say(f"origin {origin.agency.name}, confidence {origin.agency.confidence:g}: {marks}")
    if not copies:
        return
    outlets = {one.stored.article.publisher.name for one in copies}
    say(f"one text with {len(copies)} more by {len(outlets)} outlets: one originator, however many print it")
    for one in copies:
        say(f"{short(one.stored.uri)}  {one.stored.article.publisher.name}: {one.stored.article.headline}", 2)
        through = f" (against {short(one.through)}, the longest)" if one.through else ""
        say(f"{_verdict_in_words(one.verdict)}{through}", 12)


def _verdict_in_words(verdict: "CopyVerdict | None") -> str:
    if verdict is None:
        return "put together by the desk"
    from aggregator.dedup.copies import in_words

    return in_words(verdict)


def _facts(view: "ArticleView") -> "Iterator[tuple[str, str | None]]":
    stored, article = view.stored, view.stored.article
    yield "uri", stored.uri
    yield "url", article.url
    yield "publisher", article.publisher.name
    yield "agency", article.agency.name if article.agency else None
    yield "by", ", ".join(person.name for person in article.by)
    yield "dateline", article.dateline.raw if article.dateline else None
    language = article.language
    yield "language", f"{language.tag} ({language.basis}, {language.confidence:g})" if language else None
    yield "written", _date_in_words(article.content_created)
    yield "published", _date_in_words(article.published)
    yield "updated", _date_in_words(article.updated)
    yield "first seen", minute(stored.first_seen_at)
    yield "effective", f"{minute(stored.effective_at)} ({stored.effective_basis.value})"
    yield "rights", article.rights.republish.value


def _date_in_words(date: "PartialDate | None") -> str | None:
    if date is None:
        return None
    from aggregator.model.article import Precision

    is_timed = date.precision in (Precision.MINUTE, Precision.SECOND)
    text = minute(date.value) if is_timed else date.value.date().isoformat()
    inferred = f" ({', '.join(date.inferred)} inferred, confidence {date.confidence:g})" if date.inferred else ""
    return f"{text}{inferred}"
