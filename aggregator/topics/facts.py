"""A fact rule + an article -> the printed value that fits it, if any."""

from aggregator.text import fold, folded
from aggregator.topics.reading import Reading
from aggregator.topics.rules import Fact


def fitting(fact: Fact, reading: Reading) -> str | None:
    """The first printed value that fits the fact, or None."""
    return next((value for value in printed_values(fact.field, reading) if _fits(fact, value, reading)), None)


def printed_values(name: str, reading: Reading) -> tuple[str, ...]:
    """What the article says of itself in a field of facts."""
    article = reading.article
    match name:
        case "source":
            return (reading.source_id,)
        case "lang":
            return (article.language.tag,) if article.language else ()
        case "agency":
            return (article.agency.name,) if article.agency else ()
        case "place":
            return tuple(place.name for place in article.dateline.places) if article.dateline else ()
    return (article.publisher.name,)


def _fits(fact: Fact, value: str, reading: Reading) -> bool:
    match fact.field:
        case "source":
            return value.startswith(fact.text) if fact.is_open else value == fact.text
        case "lang":
            wanted, tag = fact.text.casefold(), value.casefold()
            return tag.startswith(wanted) if fact.is_open else tag == wanted or tag.startswith(f"{wanted}-")
        case "agency":
            agency = reading.article.agency
            names = (folded(value), folded(agency.id) if agency else "")
            wanted = folded(fact.text)
            return any(name.startswith(wanted) if fact.is_open else name == wanted for name in names)
    return f" {folded(fact.text)}{'' if fact.is_open else ' '}" in fold(value).text
