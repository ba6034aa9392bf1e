"""The tables of `config.toml` as pydantic models: every key, its default with unit and reason.

They stay in this room. Every key has a default, so that what is right in a table can be read while the rest of it is
wrong; the keys that must be written stand in `required`.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, ClassVar, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema

from aggregator.config import units, values
from aggregator.config.values import Address
from aggregator.model.source import Announce, Fulltext, Republish
from aggregator.model.topic import Grain

Context = ValidationInfo[dict[str, Path]]
"""`folder`: that of the file, where relative paths begin."""


def _path(value: object, info: Context) -> Path:
    return values.path_in(info.context["folder"], value)


def _store(value: object, info: Context) -> str:
    return values.store_in(info.context["folder"], value)


# What an editor is told of values that are written as text; the validators say the rest.
_TEXT = WithJsonSchema({"type": "string"})


def _one_of(words: type[StrEnum]) -> WithJsonSchema:
    return WithJsonSchema({"enum": [word.value for word in words]})


Line = Annotated[str, AfterValidator(values.line_of_text)]
Paragraph = Annotated[str, AfterValidator(values.paragraph)]
Slug = Annotated[str, AfterValidator(values.slug)]
TopicSlug = Annotated[str, AfterValidator(values.topic_slug)]
FeedId = Annotated[str, AfterValidator(values.iri)]
LanguageTag = Annotated[str, AfterValidator(values.language)]
Timezone = Annotated[str, AfterValidator(values.timezone)]
BaseAddress = Annotated[str, AfterValidator(values.base_address)]
SourceAddress = Annotated[str, AfterValidator(values.source_address)]
Contact = Annotated[str, AfterValidator(values.contact)]
HubAddress = Annotated[str, AfterValidator(values.hub_address)]
AuthVariable = Annotated[str, AfterValidator(values.auth_variable)]
Headers = Annotated[dict[str, str], AfterValidator(values.headers)]
Duration = Annotated[timedelta, PlainValidator(units.duration), WithJsonSchema(units.DURATION_SCHEMA)]
Pause = Annotated[timedelta, PlainValidator(units.pause), WithJsonSchema(units.DURATION_SCHEMA)]
Size = Annotated[int, PlainValidator(units.size), WithJsonSchema(units.SIZE_SCHEMA)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Bound = Annotated[float, Field(ge=0, le=100)]
Rank = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Proxy = Annotated[str | None, PlainValidator(values.proxy), _TEXT]
Listen = Annotated[Address | None, PlainValidator(values.listen), _TEXT]
Network = Annotated[IPv4Network | IPv6Network, PlainValidator(values.network), _TEXT]
Folder = Annotated[Path, PlainValidator(_path), _TEXT]
Store = Annotated[str, PlainValidator(_store), _TEXT]
Right = Annotated[Republish, PlainValidator(values.one_of(Republish)), _one_of(Republish)]
Announcing = Annotated[Announce, PlainValidator(values.one_of(Announce)), _one_of(Announce)]
FulltextWord = Annotated[Fulltext, PlainValidator(values.one_of(Fulltext)), _one_of(Fulltext)]
GrainWord = Annotated[Grain, PlainValidator(values.one_of(Grain)), _one_of(Grain)]

# This machine only: opening it to others is a decision.
DEFAULT_LISTEN = Address(host="127.0.0.1", port=8080)


class Table(BaseModel):
    """One table; a key that it does not name is a mistake (rules R31)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    required: ClassVar[Mapping[str, str]] = {}
    """Keys that must be written, with what to say where they are not."""


class SiteTable(Table):
    title: Line = "Desk feeds"
    author: Line | None = None  # the title: Atom wants an author for an entry that names none (rules R22)
    language: LanguageTag = "en"  # of the words we add; they are English
    base_url: BaseAddress | None = None  # where `web.listen` answers: right on one machine, and nobody else can read it
    contact: Contact = ""  # we do not know one


class StorageTable(Table):
    # Beside the configuration, like `directory` below; in `var/` because it is never in version control.
    url: Store = Field(default="sqlite:///var/aggregator.db", validate_default=True)


class PublishTable(Table):
    directory: Folder = Field(default="feeds", validate_default=True)
    command: list[Line] = []  # none; whoever has the files copied says how
    gzip: bool = False  # our own server packs what is asked for; others need the packed file beside the feed
    extensions: bool = (
        True  # what no other vocabulary has a word for; a feed validator warns of each that it does not know
    )
    pages: bool = False  # `run` serves them; files are for a desk that another web server hosts


class WebTable(Table):
    listen: Listen = DEFAULT_LISTEN
    query_key: AuthVariable | None = None  # a key that is made once and lies in the store


class WebsubTable(Table):
    hubs: list[HubAddress] = []  # none: a hub is somebody else's service, or one to be run beside this


class FetchTable(Table):
    timeout: Duration = timedelta(seconds=20)  # of a whole poll; slow servers answer within 10 s or not at all
    max_body: Size = 10 * 2**20  # bytes after decompression; the largest real feeds have about 5 MiB
    concurrency: Count = 200  # polls at once; mostly waiting, within the usual 1,024 open files
    per_host: Count = 1  # requests to one host at once: what a publisher expects of one reader
    host_pause: Pause = timedelta(seconds=1)  # between two requests to a host: many feeds of one must come in no burst
    proxy: Proxy = None  # straight to the server
    allow_networks: list[Network] = []  # nothing but the public internet: a feed must not reach the local network


class IntervalsTable(Table):
    interval: Duration = timedelta(hours=1)  # cadence before adaptation: what publishers expect of a reader
    min_interval: Duration = timedelta(minutes=15)  # never sooner: the pace that servers with validators bear (R33)
    max_interval: Duration = timedelta(days=1)  # never later: a source that wakes up is noticed within a day


class AgencyTable(Table):
    required: ClassVar[Mapping[str, str]] = {"id": "every agency needs an id"}

    id: Slug = ""
    name: Line | None = None
    forms: list[Line] = []
    republish: Right | None = None  # the right of the source


class RightsTable(Table):
    republish: Right | None = None  # full for folders and files, excerpt for feeds (rules R21)


class SourceTable(Table):
    required: ClassVar[Mapping[str, str]] = {"id": "every source needs an id"}

    id: Slug = ""
    url: SourceAddress | None = None
    path: Folder | None = None
    publisher: Line | None = None
    language: LanguageTag | None = None
    timezone: Timezone | None = None
    priority: Rank = 0  # all equal: the first seen keeps the text (rules R3)
    rights: RightsTable = RightsTable()
    tags: list[Slug] = []
    enabled: bool = True
    auth: AuthVariable | None = None
    headers: Headers = {}
    private: bool = False
    announce: Announcing = Announce.NEW  # a new source must not flood the subscribers (rules R17)
    fulltext: FulltextWord = Fulltext.OFF  # a page more for each entry is the user's decision
    ignore: str = ""  # nothing
    interval: Duration | None = None  # these three: from [defaults]
    min_interval: Duration | None = None
    max_interval: Duration | None = None


class ExpectTable(Table):
    match: bool = True  # what most examples are
    seed: Line | None = None
    text: Paragraph | None = None
    file: Line | None = None


class LearnTable(Table):
    raise_by: Bound = 0.0  # points of a score; with both 0 there is no model
    lower_by: Bound = 0.0


class TopicTable(Table):
    required: ClassVar[Mapping[str, str]] = {
        "id": "every topic needs an id",
        "title": "every topic needs a title",
        "query": "every topic needs a query ('*' is everything)",
    }

    id: TopicSlug = ""
    title: Line = ""
    description: Paragraph | None = None
    sources: list[str] = []  # all
    query: str = ""
    limit: Count = 100  # entries of the live document (rules R14)
    grain: GrainWord = Grain.UNIQUE  # one entry for all copies of a text
    also: list[GrainWord] = []  # no further feeds
    window: Duration = timedelta(hours=72)  # older at first sight is no news: archive only (rules R17)
    max_per_hour: Count = 30  # what a person can follow; the rest waits its turn (rules R18)
    learn: LearnTable = LearnTable()  # nothing: a model is the user's decision
    former: list[TopicSlug] = []  # none: it was always called so
    expect: list[ExpectTable] = []  # none
    feed_id: FeedId | None = None  # one of our own (rules R5)
    legacy_ids: Folder | None = None  # the feed begins here


class Settings(Table):
    """The whole file. The single tables have no default here: read as empty, their own defaults find the folder."""

    site: SiteTable
    storage: StorageTable
    publish: PublishTable
    web: WebTable
    websub: WebsubTable
    fetch: FetchTable
    defaults: IntervalsTable
    agencies: list[AgencyTable] = []
    sources: list[SourceTable] = []
    topics: list[TopicTable] = []


def table_of(annotation: object) -> type[Table] | None:
    """The table that a field holds, or whose list it holds; None for a plain value."""
    inner = get_args(annotation)[0] if is_list(annotation) else annotation
    return inner if isinstance(inner, type) and issubclass(inner, Table) else None


def is_list(annotation: object) -> bool:
    return get_origin(annotation) is list


def documented_keys() -> tuple[str, ...]:
    """Every key that the configuration knows: `fetch.timeout`, `sources.rights.republish`."""
    return tuple(_keys_of(Settings, ""))


def _keys_of(table: type[Table], prefix: str) -> list[str]:
    keys: list[str] = []
    for name, field in table.model_fields.items():
        inner = table_of(field.annotation)
        keys += _keys_of(inner, f"{prefix}{name}.") if inner else [f"{prefix}{name}"]
    return keys
