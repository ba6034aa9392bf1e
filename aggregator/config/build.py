"""Settings without mistakes -> the values that the other rooms are given."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from aggregator import __version__
from aggregator.config import values
from aggregator.config.configuration import Intervals, Site, Web
from aggregator.config.settings import (
    DEFAULT_LISTEN,
    AgencyTable,
    FetchTable,
    IntervalsTable,
    SiteTable,
    SourceTable,
    TopicTable,
    WebTable,
)
from aggregator.config.values import Address
from aggregator.model.fetch import FetchLimits
from aggregator.model.source import AgencyName, Republish, Source, SourceKind
from aggregator.model.topic import Expectation, Topic


def site(table: SiteTable, listen: Address | None) -> Site:
    return Site(
        title=table.title,
        author=table.author or table.title,
        language=table.language,
        base_url=table.base_url or _address_here(listen),
        contact=table.contact or None,
    )


def web(table: WebTable, environment: Mapping[str, str]) -> Web:
    return Web(
        listen=table.listen,
        query_key=values.secret_key(table.query_key, environment) if table.query_key else None,
    )


def fetch_limits(table: FetchTable, contact: str) -> FetchLimits:
    return FetchLimits(
        timeout=table.timeout,
        max_body_bytes=table.max_body,
        concurrency=table.concurrency,
        per_host=table.per_host,
        host_pause=table.host_pause,
        proxy=table.proxy,
        allow_networks=tuple(table.allow_networks),
        user_agent=f"aggregator/{__version__} (+{contact})" if contact else f"aggregator/{__version__}",
    )


def intervals(table: SourceTable | IntervalsTable, defaults: IntervalsTable) -> Intervals:
    """Those of the table; where it has none, those of `[defaults]`."""
    return Intervals(
        interval=table.interval or defaults.interval,
        min_interval=table.min_interval or defaults.min_interval,
        max_interval=table.max_interval or defaults.max_interval,
    )


def source(table: SourceTable, defaults: IntervalsTable, environment: Mapping[str, str]) -> Source:
    held = intervals(table, defaults)
    return Source(
        id=table.id,
        kind=_kind(table),
        url=table.url,
        path=table.path,
        publisher=table.publisher,
        language=table.language,
        timezone=table.timezone,
        priority=table.priority,
        republish=table.rights.republish or default_right(table),
        announce=table.announce,
        fulltext=table.fulltext,
        ignore=table.ignore.strip(),
        tags=tuple(table.tags),
        private=table.private,
        headers=tuple(table.headers.items()),
        authorization=values.authorization(table.auth, environment) if table.auth else None,
        interval=held.interval,
        min_interval=held.min_interval,
        max_interval=held.max_interval,
        min_interval_is_chosen=any("min_interval" in each.model_fields_set for each in (table, defaults)),
    )


def default_right(table: SourceTable) -> Republish:
    """A local text is the desk's own, a feed is somebody else's (rules R21)."""
    return Republish.EXCERPT if table.path is None else Republish.FULL


def topic(table: TopicTable, sources: Sequence[SourceTable]) -> Topic:
    return Topic(
        id=table.id,
        title=table.title,
        description=table.description,
        sources=_source_ids(table.sources, sources),
        query=table.query,
        limit=table.limit,
        grain=table.grain,
        also=tuple(dict.fromkeys(grain for grain in table.also if grain is not table.grain)),
        window=table.window,
        max_per_hour=table.max_per_hour,
        former=tuple(table.former),
        feed_id=table.feed_id,
        legacy_ids=table.legacy_ids,
        raise_by=table.learn.raise_by,
        lower_by=table.learn.lower_by,
        expect=tuple(
            Expectation(matches=one.match, seed=one.seed, text=one.text, file=one.file) for one in table.expect
        ),
    )


def agencies(tables: Sequence[AgencyTable], shipped: Sequence[AgencyName]) -> tuple[AgencyName, ...]:
    """The user's, then the shipped ones: of two that claim a form the first has it. Under an id that ships, name and
    right are replaced and forms added.
    """
    by_id = {agency.id: agency for agency in shipped}
    own: dict[str, AgencyName] = {}
    for table in tables:
        known = by_id.get(table.id)
        own[table.id] = AgencyName(
            id=table.id,
            name=table.name or (known.name if known else table.id),
            forms=tuple(dict.fromkeys((known.forms if known else ()) + tuple(table.forms))),
            republish=table.republish or (known.republish if known else None),
        )
    return tuple((own | {key: agency for key, agency in by_id.items() if key not in own}).values())


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _kind(table: SourceTable) -> SourceKind:
    """What lies at the path; where nothing does yet, a name with a suffix is a file."""
    if table.path is None:
        return SourceKind.FEED
    if table.path.exists():
        return SourceKind.FOLDER if table.path.is_dir() else SourceKind.FILE
    return SourceKind.FILE if table.path.suffix else SourceKind.FOLDER


def _source_ids(names: Sequence[str], sources: Sequence[SourceTable]) -> tuple[str, ...]:
    """The sources meant by ids or tags, in the order of the file.

    Those that are not enabled stay in: without them a topic of one disabled source would become one of all sources.
    """
    wanted = set(names)
    return tuple(source.id for source in sources if wanted & {source.id, *source.tags})


def _address_here(listen: Address | None) -> str:
    """Where readers on this machine find the feeds; the default address where nothing is served."""
    address = listen or DEFAULT_LISTEN
    host = address.host if is_loopback(address.host) else DEFAULT_LISTEN.host
    return f"http://{f'[{host}]' if ':' in host else host}:{address.port}"
