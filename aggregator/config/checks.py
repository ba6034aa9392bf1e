"""What no table can know alone: keys that must be there, names used twice, references, order of intervals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregator import text
from aggregator.config import values
from aggregator.config.build import intervals, is_loopback
from aggregator.config.findings import Finding, path_text
from aggregator.config.lines import Place
from aggregator.config.reading import Reading
from aggregator.config.settings import AgencyTable, IntervalsTable, SourceTable, Table, TopicTable
from aggregator.config.suggest import did_you_mean
from aggregator.config.units import duration_text
from aggregator.errors import QueryError
from aggregator.model.source import AgencyName, Fulltext
from aggregator.model.topic import Pack
from aggregator.topics.query import parse_query
from aggregator.topics.references import find_mistakes
from aggregator.topics.structure import excluding_alternatives
from aggregator.websub import is_public

_INTERVALS = tuple(IntervalsTable.model_fields)
_EXAMPLES = ("seed", "text", "file")
_OF_ADDRESSES_ONLY = ("auth", "fulltext", "headers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a configuration refers to outside its file."""

    environment: Mapping[str, str]
    agencies: tuple[AgencyName, ...]
    packs: tuple[Pack, ...]


def mistakes(reading: Reading, around: Surroundings) -> Iterator[Finding]:
    """What makes the configuration unusable, beside what `read` has found."""
    settings = reading.settings
    lists: tuple[tuple[str, Sequence[SourceTable | TopicTable | AgencyTable]], ...] = (
        ("sources", settings.sources),
        ("topics", settings.topics),
        ("agencies", settings.agencies),
    )
    for section, tables in lists:
        yield from _missing_keys(section, tables, reading.tables(section))
        yield from _repeated(section, "id", [table.id for table in tables])
    yield from _origins(reading)
    yield from _unset_variables(settings.sources, around.environment)
    yield from _unset_key(reading, around.environment)
    yield from _former_ids(reading)
    yield from _intervals_out_of_order(reading)
    yield from _read_back(settings.sources, settings.publish.directory)
    yield from _topic_references(reading)
    yield from _queries(reading, around.packs)
    yield from _expectations(reading)
    yield from _agency_names(reading, around.agencies)


def warnings(reading: Reading) -> Iterator[Finding]:
    """What is odd, but may be meant."""
    settings = reading.settings
    for section in ("sources", "topics"):
        if not reading.tables(section):
            yield Finding(place=(section,), message="none are configured: nothing will be published")
    for index, source in enumerate(settings.sources):
        if source.enabled and source.path is not None and not source.path.exists():
            kind = "file" if source.path.suffix else "folder"
            yield Finding(place=("sources", index, "path"), message=f"'{source.path}' is not there; taken for a {kind}")
    yield from _texts_that_are_not_allowed(settings.sources)
    yield from _loose_queries(settings.topics)
    if settings.websub.hubs and not is_public(settings.site.base_url or ""):
        message = "no hub out there can fetch the feeds: [site] base_url is no address of the public internet"
        yield Finding(place=("websub", "hubs"), message=message)
    listen = settings.web.listen
    if settings.site.base_url is None and listen is not None and not is_loopback(listen.host):
        message = "is not set: links in the feeds will lead nowhere outside this machine"
        yield Finding(place=("site", "base_url"), message=message)


def _texts_that_are_not_allowed(sources: Sequence[SourceTable]) -> Iterator[Finding]:
    for index, source in enumerate(sources):
        right = source.rights.republish
        if source.fulltext is Fulltext.AUTO and right is not None and not right.allows_text:
            message = f'has no effect: rights.republish = "{right}" allows no text of this source'
            yield Finding(place=("sources", index, "fulltext"), message=message)


def _missing_keys(section: str, tables: Sequence[Table], written: list[dict[str, object]]) -> Iterator[Finding]:
    for index, (table, raw) in enumerate(zip(tables, written, strict=True)):
        for key, why in table.required.items():
            if key not in raw:
                yield Finding(place=(section, index, key), message=f"is missing: {why}")


def _repeated(section: str, key: str, used: Sequence[object]) -> Iterator[Finding]:
    """A value that an earlier table has; empty ones are missing or wrong and told already."""
    first: dict[object, int] = {}
    for index, value in enumerate(used):
        if value and (earlier := first.setdefault(value, index)) != index:
            yield Finding(
                place=(section, index, key), message=f"is the same as that of {path_text((section, earlier))}"
            )


def _origins(reading: Reading) -> Iterator[Finding]:
    for index, raw in enumerate(reading.tables("sources")):
        if "url" not in raw and "path" not in raw:
            yield Finding(place=("sources", index), message="needs a url or a path")
        elif "url" in raw and "path" in raw:
            yield Finding(place=("sources", index, "path"), message="a source has a url or a path, not both")
        elif "path" in raw:
            for key in sorted(raw.keys() & set(_OF_ADDRESSES_ONLY)):
                # `config show` writes every default, and what it writes is to be read again.
                if not (key == "fulltext" and raw[key] == Fulltext.OFF.value):
                    yield Finding(place=("sources", index, key), message="has no effect on a path; take it out")
    enabled = [source if source.enabled else None for source in reading.settings.sources]
    yield from _repeated("sources", "url", [source and source.url for source in enabled])
    yield from _repeated("sources", "path", [source and source.path for source in enabled])


def _unset_variables(sources: Sequence[SourceTable], environment: Mapping[str, str]) -> Iterator[Finding]:
    for index, source in enumerate(sources):
        if source.enabled and source.auth is not None:
            try:
                values.authorization(source.auth, environment)
            except ValueError as error:
                yield Finding(place=("sources", index, "auth"), message=str(error))


def _unset_key(reading: Reading, environment: Mapping[str, str]) -> Iterator[Finding]:
    name = reading.settings.web.query_key
    if name is not None:
        try:
            values.secret_key(name, environment)
        except ValueError as error:
            yield Finding(place=("web", "query_key"), message=str(error))


def _former_ids(reading: Reading) -> Iterator[Finding]:
    """A former id leads to one topic and is the name of none."""
    topics = reading.settings.topics
    present = {topic.id: index for index, topic in enumerate(topics)}
    seen: dict[str, int] = {}
    for index, topic in enumerate(topics):
        for position, former in enumerate(topic.former):
            place = ("topics", index, "former", position)
            if former in present:
                message = (
                    f"'{former}' is the id of {path_text(('topics', present[former]))}; a former id names no topic"
                )
                yield Finding(place=place, message=message)
            elif seen.setdefault(former, index) != index:
                message = f"'{former}' is a former id of {path_text(('topics', seen[former]))} already"
                yield Finding(place=place, message=message)


def _intervals_out_of_order(reading: Reading) -> Iterator[Finding]:
    defaults = reading.settings.defaults
    written = reading.raw["defaults"]
    if not isinstance(written, dict) or not _is_whole(defaults, written):
        return
    yield from _out_of_order(("defaults",), defaults, defaults)
    for index, (source, raw) in enumerate(zip(reading.settings.sources, reading.tables("sources"), strict=True)):
        if source.model_fields_set & set(_INTERVALS) and _is_whole(source, raw):
            yield from _out_of_order(("sources", index), source, defaults)


def _is_whole(table: Table, written: Mapping[str, object]) -> bool:
    """No interval in it was wrong in itself."""
    return all(key in table.model_fields_set for key in _INTERVALS if key in written)


def _out_of_order(place: Place, table: SourceTable | IntervalsTable, defaults: IntervalsTable) -> Iterator[Finding]:
    held = intervals(table, defaults)
    for low, high in (("min_interval", "interval"), ("interval", "max_interval")):
        shorter, longer = getattr(held, low), getattr(held, high)
        if shorter > longer:
            inherited = [key for key in (low, high) if key not in table.model_fields_set]
            hint = f"; {inherited[0]} is a default: write it as well" if inherited else ""
            message = f"{low} {duration_text(shorter)} is longer than {high} {duration_text(longer)}{hint}"
            yield Finding(place=(*place, low if high in inherited else high), message=message)


def _read_back(sources: Sequence[SourceTable], published: Path) -> Iterator[Finding]:
    for index, source in enumerate(sources):
        path = source.path
        if path is not None and (path.is_relative_to(published) or published.is_relative_to(path)):
            message = "lies with the published feeds: they would be read back; move it or [publish] directory"
            yield Finding(place=("sources", index, "path"), message=message)


def _topic_references(reading: Reading) -> Iterator[Finding]:
    settings = reading.settings
    tags = {tag for source in settings.sources for tag in source.tags}
    # As written: an id that is wrong in itself is told at the source and need not be told again here.
    known = tags | {str(raw["id"]) for raw in reading.tables("sources") if "id" in raw}
    for index, topic in enumerate(settings.topics):
        for position, name in enumerate(topic.sources):
            if name not in known:
                message = f"{name!r} is no id or tag of a source{did_you_mean(name, sorted(known))}"
                yield Finding(place=("topics", index, "sources", position), message=message)


def _queries(reading: Reading, packs: Sequence[Pack]) -> Iterator[Finding]:
    """A query that is missing is told already; the topic can be named all the same."""
    pairs = [
        (str(raw.get("id", "")), topic.query if "query" in topic.model_fields_set else "*")
        for topic, raw in zip(reading.settings.topics, reading.tables("topics"), strict=True)
    ]
    ignoring = [
        (index, source.ignore) for index, source in enumerate(reading.settings.sources) if source.ignore.strip()
    ]
    places: list[Place] = [("topics", index, "query") for index in range(len(pairs))]
    places += [("sources", index, "ignore") for index, _ in ignoring]
    for found in find_mistakes([*pairs, *(("", query) for _, query in ignoring)], packs):
        yield Finding(place=places[found.index], message=f"{found.error.message} {_where(found.error)}")


def _where(error: QueryError) -> str:
    """The place in the query; with its line where it has several."""
    before = error.query[: error.position]
    if "\n" not in error.query:
        return f"at character {error.position + 1}"
    line, column = before.count("\n") + 1, error.position - before.rfind("\n")
    return f"in line {line} of the query at character {column}"


def _expectations(reading: Reading) -> Iterator[Finding]:
    for index, topic in enumerate(reading.tables("topics")):
        written = topic.get("expect")
        for position, raw in enumerate(written if isinstance(written, list) else ()):
            given = [key for key in _EXAMPLES if key in raw] if isinstance(raw, dict) else ["no table"]
            if len(given) != 1:
                message = (
                    "needs a seed, a text or a file" if not given else f"has a {' and a '.join(given)}: one is enough"
                )
                yield Finding(place=("topics", index, "expect", position), message=message)


def _loose_queries(topics: Sequence[TopicTable]) -> Iterator[Finding]:
    for index, topic in enumerate(topics):
        for place in excluding_alternatives(parse_query(topic.query)) if topic.query else ():
            message = f"the alternative at character {place + 1} holds wherever its term is absent; is AND NOT meant?"
            yield Finding(place=("topics", index, "query"), message=message)


def _agency_names(reading: Reading, shipped: Sequence[AgencyName]) -> Iterator[Finding]:
    """A new agency needs all its keys; a form must not mean two agencies."""
    ids = {agency.id for agency in shipped}
    owners = {text.folded(form): agency.id for agency in shipped for form in agency.forms}
    pairs = zip(reading.settings.agencies, reading.tables("agencies"), strict=True)
    for index, (agency, raw) in enumerate(pairs):
        if agency.id and agency.id not in ids:
            for key in ("name", "forms"):
                if key not in raw:
                    yield Finding(place=("agencies", index, key), message=f"is missing: '{agency.id}' does not ship")
            ids.add(agency.id)
        for position, form in enumerate(agency.forms):
            owner = owners.setdefault(text.folded(form), agency.id)
            if owner != agency.id:
                place = ("agencies", index, "forms", position)
                yield Finding(place=place, message=f"'{form}' is a form of the agency '{owner}'")
