"""Configuration: every mistake at its line, every key with its effect, nothing read but the file and what is handed in.

`config/mistakes/*.toml`: each mistake stands behind ` #! ` in the line at which it must be told.
`config/lines/*.toml`: each line names, behind `#@`, the places that begin there.
"""

import re
import tomllib
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from aggregator import __version__
from aggregator.config import Address, Configuration, documented_keys, find, load
from aggregator.config.findings import path_text
from aggregator.config.lines import find_lines
from aggregator.config.units import duration, duration_text, size
from aggregator.errors import ConfigError
from aggregator.model.source import AgencyName, Announce, Republish, Source, SourceKind
from aggregator.model.topic import Expectation, Grain, Ignore, Topic

CASES = Path(__file__).parent / "config"
ENVIRONMENT = {
    "SET": "reader:k3y",
    "ODD": "k3y k3y",
    "HILL_AUTH": "reader:pässword",
    "QUERY_KEY": "q" * 32,
    "SHORT": "k3y",
}
SOURCE = '[[sources]]\nid = "one"\nurl = "https://example.org/one"\n'
TOPIC = '[[topics]]\nid = "ports"\ntitle = "Ports"\nquery = "*"\n'


def cases(folder: str) -> list[Path]:
    found = sorted((CASES / folder).glob("*.toml"))
    assert found, folder
    return found


def configured(folder: Path, text: str, environment: dict[str, str] | None = None) -> Configuration:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environment or {})


def told(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        configured(folder, text, environment)
    assert caught.value.exit_code == 78
    return [f"{mistake.line}: {mistake.path}: {mistake.message}" for mistake in caught.value.mistakes]


@pytest.mark.parametrize("case", cases("mistakes"), ids=lambda case: case.stem)
def test_every_mistake_is_told_at_its_line(case: Path, tmp_path: Path) -> None:
    text = case.read_text(encoding="utf-8")
    expected = [
        f"{number}: {mistake}"
        for number, line in enumerate(text.splitlines(), start=1)
        for mistake in line.split(" #! ")[1:]
    ]
    assert told(tmp_path, text, ENVIRONMENT) == expected


@pytest.mark.parametrize("case", cases("mistakes"), ids=lambda case: case.stem)
def test_no_secret_stands_in_a_message(case: Path, tmp_path: Path) -> None:
    assert "k3y" not in "".join(told(tmp_path, case.read_text(encoding="utf-8"), ENVIRONMENT))


@pytest.mark.parametrize("case", cases("lines"), ids=lambda case: case.stem)
def test_the_scanner_finds_each_key_and_header_once(case: Path) -> None:
    text = case.read_bytes().decode()
    tomllib.loads(text)
    expected = {
        place.strip(): number
        for number, line in enumerate(text.splitlines(), start=1)
        for marks in line.split("#@")[1:]
        for place in marks.split(";")
    }
    assert {path_text(place): line for place, line in find_lines(text).items()} == expected


@pytest.mark.parametrize("key", documented_keys())
def test_any_value_of_any_key_is_taken_or_refused_in_our_words(key: str, tmp_path: Path) -> None:
    section, *rest = key.split(".")
    header = f"[[{section}]]" if section in ("sources", "topics", "agencies") else f"[{section}]"
    for value in ("1", "-1", "true", "1.5", '"?"', '""', "[1]", '["?"]', "{ a = 1 }", "1979-05-27", "07:32:00"):
        try:
            configured(tmp_path, f"{header}\n{'.'.join(rest)} = {value}\n")
        except ConfigError as error:
            assert not re.search(r"[Ii]nput|valid|pydantic", str(error)), value  # noqa: PT017


def test_a_mistake_in_the_file_names_the_file_as_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    path.write_text("\n[site]\ntitle = 5\n")
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert str(caught.value) == f"{path}:3: site.title: must be a string, not a number"


def test_a_syntax_error_at_the_end_has_the_last_line(tmp_path: Path) -> None:
    assert told(tmp_path, '[fetch]\nallow_networks = [\n    "127.0.0.0/8",\n') == ["4: TOML: invalid value"]


def test_text_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes('[site]\ntitle = "Café"\n'.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert str(caught.value) == f"{path}:2: file: is not UTF-8; save it in that encoding"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert configured(tmp_path, '\ufeff[site]\ntitle = "Marked"\n').site.title == "Marked"


@pytest.mark.parametrize(("make", "reason"), [("nothing", "no such file or directory"), ("folder", "is a directory")])
def test_a_file_that_cannot_be_read_is_told(make: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    if make == "folder":
        path.mkdir()
    with pytest.raises(ConfigError, match=f"file: cannot be read: {reason}"):
        load(path, {})


def test_the_full_file_holds_every_key() -> None:
    written = tomllib.loads((CASES / "full.toml").read_text(encoding="utf-8"))
    for key in documented_keys():
        section, *rest = key.split(".")
        tables = written[section] if isinstance(written[section], list) else [written[section]]
        # `path` and `url` exclude each other, so any table of the section will do.
        assert any(_holds(table, rest) for table in tables), key


def _holds(table: dict[str, object], keys: list[str]) -> bool:
    inner = table.get(keys[0])
    if isinstance(inner, list) and len(keys) > 1:
        return any(_holds(item, keys[1:]) for item in inner)
    return inner is not None if len(keys) == 1 else isinstance(inner, dict) and _holds(inner, keys[1:])


@pytest.fixture
def full(tmp_path: Path) -> Configuration:
    (tmp_path / "seeds").mkdir()
    return configured(tmp_path, (CASES / "full.toml").read_text(encoding="utf-8"), ENVIRONMENT)


def test_the_single_tables_arrive_resolved(full: Configuration, tmp_path: Path) -> None:
    assert full.file == tmp_path / "config.toml"
    assert (full.site.title, full.site.author, full.site.language) == ("Harbour desk", "The desk", "fr")
    assert (full.site.base_url, full.site.contact) == ("https://example.org/news", "https://example.org/about")
    assert full.storage.url == f"sqlite:///{tmp_path}/data/store.db"
    assert full.storage.sqlite_file == tmp_path / "data/store.db"
    assert full.publish.directory == tmp_path / "public/feeds"
    assert full.publish.command == ("rsync", "-a", ".", "mirror:/srv/feeds/")
    assert full.publish.gzip
    assert not full.publish.extensions
    assert full.publish.pages
    assert full.web.listen == Address(host="::1", port=9000)
    assert full.web.query_key == "q" * 32
    assert "qq" not in repr(full.web)
    assert full.websub.hubs == ("https://hub.example.org/", "https://other.example.org/")
    assert full.fetch.timeout == timedelta(seconds=5)
    assert (full.fetch.max_body_bytes, full.fetch.concurrency) == (512 * 1024, 7)
    assert (full.fetch.per_host, full.fetch.host_pause) == (2, timedelta(0))
    assert full.fetch.proxy == "http://desk:word@127.0.0.1:3128"
    assert "word" not in repr(full.fetch)
    assert full.fetch.allow_networks == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert full.fetch.user_agent == f"aggregator/{__version__} (+https://example.org/about)"
    assert full.defaults.interval == timedelta(hours=2)
    assert full.defaults.min_interval == timedelta(minutes=30)
    assert full.defaults.max_interval == timedelta(days=2)
    assert [warning.partition(": ")[2] for warning in full.warnings] == [
        "topics[0].learn: has no effect yet: `aggregator topics learn ports` trains the model"
    ]


def test_hubs_that_cannot_reach_the_feeds_are_told(tmp_path: Path) -> None:
    (warning,) = configured(tmp_path, f'{SOURCE}{TOPIC}[websub]\nhubs = ["https://hub.example.org/"]\n').warnings
    assert "websub.hubs: no hub out there can fetch the feeds: [site] base_url" in warning


def test_sources_arrive_as_written_and_without_the_disabled(full: Configuration, tmp_path: Path) -> None:
    assert full.sources == (
        Source(
            id="hill-news",
            kind=SourceKind.FEED,
            url="https://example.org/hill.xml",
            publisher="Hill News",
            language="ar",
            timezone="Africa/Tripoli",
            priority=10,
            republish=Republish.HEADLINE,
            announce=Announce.ALL,
            ignore="football OR tag:sport",
            tags=("official", "hill"),
            private=True,
            headers=(("X-Key", "1"),),
            authorization="Basic cmVhZGVyOnDDpHNzd29yZA==",
            interval=timedelta(seconds=90),
            min_interval=timedelta(seconds=1),
            max_interval=timedelta(hours=1),
            min_interval_is_chosen=True,
        ),
        Source(
            id="wire-desk",
            kind=SourceKind.FOLDER,
            path=tmp_path / "seeds",
            republish=Republish.FULL,
            interval=timedelta(hours=2),
            min_interval=timedelta(minutes=30),
            max_interval=timedelta(days=2),
            min_interval_is_chosen=True,
        ),
    )


def test_a_topic_of_a_tag_has_the_ids_even_of_disabled_sources(full: Configuration) -> None:
    assert full.topics == (
        Topic(
            id="ports",
            title="Ports",
            description="What happens in ports.\nAnd at sea.",
            sources=("hill-news", "old-news"),
            query="port OR harbour",
            limit=10,
            grain=Grain.ARTICLES,
            also=(Grain.STORIES, Grain.CORRECTIONS),
            window=timedelta(days=2),
            max_per_hour=20,
            feed_id="tag:planet.example.org,2020:ports",
            legacy_ids=full.file.parent / "old/ports.atom",
            raise_by=1.0,
            lower_by=2.5,
            former=("quays", "old-ports"),
            expect=(
                Expectation(matches=True, seed="arrival.txt"),
                Expectation(matches=False, text="A holiday by the sea"),
                Expectation(matches=True, file="labelled.jsonl"),
            ),
        ),
    )


def test_an_empty_file_has_the_defaults(tmp_path: Path) -> None:
    empty = configured(tmp_path, "")
    assert (empty.site.title, empty.site.author, empty.site.language) == ("Desk feeds", "Desk feeds", "en")
    assert (empty.site.base_url, empty.site.contact) == ("http://127.0.0.1:8080", None)
    assert empty.storage.sqlite_file == tmp_path / "var/aggregator.db"
    assert empty.publish.directory == tmp_path / "feeds"
    assert empty.web.listen == Address(host="127.0.0.1", port=8080)
    assert (empty.fetch.timeout, empty.fetch.max_body_bytes) == (timedelta(seconds=20), 10_485_760)
    assert (empty.fetch.concurrency, empty.fetch.allow_networks) == (200, ())
    assert (empty.fetch.per_host, empty.fetch.host_pause, empty.fetch.proxy) == (1, timedelta(seconds=1), None)
    assert empty.fetch.user_agent == f"aggregator/{__version__}"
    assert empty.defaults.interval == timedelta(hours=1)
    assert empty.defaults.min_interval == timedelta(minutes=15)
    assert empty.defaults.max_interval == timedelta(days=1)
    assert (empty.sources, empty.topics) == ((), ())


def test_a_source_and_a_topic_need_little(tmp_path: Path) -> None:
    small = configured(tmp_path, SOURCE + TOPIC)
    assert small.sources == (Source(id="one", kind=SourceKind.FEED, url="https://example.org/one"),)
    assert small.topics == (Topic(id="ports", title="Ports", query="*"),)
    assert small.warnings == ()


@pytest.mark.parametrize(
    ("defaults", "source", "chosen"),
    [("", "", False), ('min_interval = "15m"', "", True), ("", 'min_interval = "15m"', True)],
)
def test_a_min_interval_is_chosen_where_it_is_written(defaults: str, source: str, chosen: bool, tmp_path: Path) -> None:
    loaded = configured(tmp_path, f"[defaults]\n{defaults}\n{SOURCE}{source}\n")
    assert [source.min_interval_is_chosen for source in loaded.sources] == [chosen]


@pytest.mark.parametrize(
    ("listen", "base_url"),
    [
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("localhost:80", "http://localhost:80"),
        ("[::1]:81", "http://[::1]:81"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("", "http://127.0.0.1:8080"),
    ],
)
def test_the_base_address_follows_the_listening_one(listen: str, base_url: str, tmp_path: Path) -> None:
    assert configured(tmp_path, f'web.listen = "{listen}"').site.base_url == base_url


@pytest.mark.parametrize(
    ("contact", "comment"),
    [("", ""), ("desk@example.org", " (+desk@example.org)"), ("https://example.org/", " (+https://example.org/)")],
)
def test_the_user_agent_says_who_asks(contact: str, comment: str, tmp_path: Path) -> None:
    loaded = configured(tmp_path, f'site.contact = "{contact}"')
    assert loaded.fetch.user_agent == f"aggregator/{__version__}{comment}"


@pytest.mark.parametrize(
    "address",
    ["proxy:3128", "ftp://proxy", "http://proxy/path", "http://", "http://proxy:99999", "socks5://proxy:1080"],
)
def test_a_proxy_is_an_http_address_of_a_host(address: str, tmp_path: Path) -> None:
    assert told(tmp_path, f'fetch.proxy = "{address}"')[0].startswith("1: fetch.proxy: must be a")


def test_no_proxy_is_the_empty_text(tmp_path: Path) -> None:
    assert configured(tmp_path, 'fetch.proxy = ""').fetch.proxy is None


def test_nothing_is_served_at_an_empty_address(tmp_path: Path) -> None:
    assert configured(tmp_path, 'web.listen = ""').web.listen is None


@pytest.mark.parametrize(
    ("made", "path", "kind", "is_warned"),
    [
        ("folder", "seeds.d", SourceKind.FOLDER, False),
        ("file", "seed", SourceKind.FILE, False),
        (None, "seeds", SourceKind.FOLDER, True),
        (None, "seed.txt", SourceKind.FILE, True),
    ],
)
def test_a_path_is_what_lies_there_or_what_its_name_says(
    made: str | None, path: str, kind: SourceKind, is_warned: bool, tmp_path: Path
) -> None:
    if made == "folder":
        (tmp_path / path).mkdir()
    elif made == "file":
        (tmp_path / path).touch()
    loaded = configured(tmp_path, f'{TOPIC}[[sources]]\nid = "local"\npath = "{path}"\n')
    assert [(source.kind, source.path) for source in loaded.sources] == [(kind, tmp_path / path)]
    warning = f"{tmp_path}/config.toml:7: sources[0].path: '{tmp_path / path}' is not there; taken for a {kind}"
    assert loaded.warnings == ((warning,) if is_warned else ())


def test_what_is_odd_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert configured(tmp_path, 'web.listen = "0.0.0.0:80"').warnings == (
        f"{file}: sources: none are configured: nothing will be published",
        f"{file}: topics: none are configured: nothing will be published",
        f"{file}: site.base_url: is not set: links in the feeds will lead nowhere outside this machine",
    )


@pytest.mark.parametrize(
    ("secret", "authorization"),
    [("reader:pass:word", "Basic cmVhZGVyOnBhc3M6d29yZA=="), (" t0ken.of-letters \n", "Bearer t0ken.of-letters")],
)
def test_a_secret_comes_from_its_variable(secret: str, authorization: str, tmp_path: Path) -> None:
    loaded = configured(tmp_path, f'{SOURCE}auth = "env:NAME"', {"NAME": secret})
    assert [source.authorization for source in loaded.sources] == [authorization]


def test_a_disabled_source_needs_no_variable(tmp_path: Path) -> None:
    assert configured(tmp_path, f'{SOURCE}auth = "env:NAME"\nenabled = false').sources == ()


def test_agencies_ship_and_can_be_changed_and_added(tmp_path: Path) -> None:
    shipped = {agency.id: agency for agency in configured(tmp_path, "").agencies}
    loaded = configured(
        tmp_path,
        '[[agencies]]\nid = "tass"\nforms = ["Tass desk", "TASS"]\nrepublish = "none"\n'
        '[[agencies]]\nid = "harbour-wire"\nname = "Harbour Wire"\nforms = ["HW"]\n',
    )
    changed = {agency.id: agency for agency in loaded.agencies}
    assert changed.pop("harbour-wire") == AgencyName(id="harbour-wire", name="Harbour Wire", forms=("HW",))
    tass = changed.pop("tass")
    assert (tass.name, tass.republish) == (shipped["tass"].name, Republish.NONE)
    assert tass.forms == (*shipped["tass"].forms, "Tass desk")
    del shipped["tass"]
    assert changed == shipped


def test_packs_ship_and_can_be_asked_for(tmp_path: Path) -> None:
    loaded = configured(tmp_path, TOPIC.replace("*", "pack:libya AND pack:diplomacy"))
    assert {"libya", "diplomacy"} <= {pack.name for pack in loaded.packs}


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    environment = {
        "AGGREGATOR_CONFIG": "no override: it has no section",
        "AGGREGATOR_FETCH__TIMEOUT": "5s",
        "AGGREGATOR_FETCH__CONCURRENCY": "3",
        "AGGREGATOR_FETCH__ALLOW_NETWORKS": "127.0.0.0/8, ::1/128",
        "AGGREGATOR_WEB__LISTEN": "",
        "AGGREGATOR_PUBLISH__DIRECTORY": "elsewhere",
        "AGGREGATOR_DEFAULTS__MIN_INTERVAL": "1s",
        "OTHER__THING": "not ours",
    }
    loaded = configured(tmp_path, f'{SOURCE}[fetch]\ntimeout = "7s"\nmax_body = "1 MiB"\n', environment)
    assert (loaded.fetch.timeout, loaded.fetch.max_body_bytes) == (timedelta(seconds=5), 1024**2)
    assert loaded.fetch.concurrency == 3
    assert loaded.fetch.allow_networks == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert loaded.web.listen is None
    assert loaded.publish.directory == tmp_path / "elsewhere"
    assert [source.min_interval_is_chosen for source in loaded.sources] == [True]


BAD_RULES = tomllib.loads((Path(__file__).parent / "topics" / "bad_rules.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", BAD_RULES, ids=lambda case: case["query"])
def test_a_bad_rule_is_told_with_its_line_its_place_and_a_way_out(case: dict[str, str], tmp_path: Path) -> None:
    text = f"{SOURCE}\n[[topics]]\nid = 'bad'\ntitle = 'Bad'\nquery = '''{case['query']}'''\n"
    line = text[: text.index("query =")].count("\n") + 1
    assert told(tmp_path, text) == [f"{line}: topics[0].query: {case['says']}"]


def test_what_a_source_ignores_is_read_like_the_query_of_a_topic(tmp_path: Path) -> None:
    text = f"{SOURCE}ignore = 'pack:libia OR topic:ports OR NOT sea'\n{TOPIC}"
    line = text[: text.index("ignore")].count("\n") + 1
    assert told(tmp_path, text) == [
        f"{line}: sources[0].ignore: unknown pack 'libia' (did you mean 'libya'?) at character 1"
    ]
    found = configured(tmp_path, f"{SOURCE}ignore = 'topic:ports'\n{TOPIC}")
    assert found.ignores == (Ignore(source_id="one", query="topic:ports"),)


def test_mistakes_of_the_environment_are_told_by_variable(tmp_path: Path) -> None:
    environment = {
        "AGGREGATOR_FETCH__TIMEOUTT": "5s",
        "AGGREGATOR_FETCH__CONCURRENCY": "many",
        "AGGREGATOR_FETCH__ALLOW_NETWORKS": "127.0.0.0/8,here",
        "AGGREGATOR_TOPICS__0__ID": "ports",
    }
    many = "lists of tables are written in the file only"
    assert told(tmp_path, '[fetch]\nconcurrency = 1\n[site]\ntitle = ""\n', environment) == [
        "4: site.title: must not be empty",
        f"None: AGGREGATOR_FETCH__TIMEOUTT: unknown variable (did you mean 'AGGREGATOR_FETCH__TIMEOUT'?); {many}",
        f"None: AGGREGATOR_TOPICS__0__ID: unknown variable; {many}",
        "None: AGGREGATOR_FETCH__CONCURRENCY: must be a whole number, not a string",
        "None: AGGREGATOR_FETCH__ALLOW_NETWORKS: must be a network such as '127.0.0.0/8' or '::1/128', not 'here'",
    ]


def test_a_folder_of_time_zones_is_no_time_zone(tmp_path: Path) -> None:
    [mistake] = told(tmp_path, f'{SOURCE}timezone = "America"')
    assert mistake.startswith("4: sources[0].timezone: must be an IANA time zone")


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("90s", 90), ("15m", 900), ("1h", 3600), ("2d", 172_800), ("15 m", 900)]
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["1s", "90s", "15m", "1h", "36h", "2d"])
def test_a_duration_is_written_as_it_was_read(text: str) -> None:
    assert duration_text(duration(text)) == text


@pytest.mark.parametrize(("text", "size_bytes"), [("1 KiB", 1024), ("10 MiB", 10_485_760), ("1GiB", 1_073_741_824)])
def test_a_size_is_read(text: str, size_bytes: int) -> None:
    assert size(text) == size_bytes


@pytest.mark.parametrize(
    ("here", "found"),
    [
        (("named", "variable", "work", "user", "system"), "named"),
        (("variable", "work", "user", "system"), "variable"),
        (("work", "user", "system"), "work"),
        (("user", "system"), "user"),
        (("system",), "system"),
    ],
)
def test_the_first_place_wins(here: tuple[str, ...], found: str, tmp_path: Path) -> None:
    places = {
        "named": tmp_path / "work/named.toml",
        "variable": tmp_path / "work/variable.toml",
        "work": tmp_path / "work/config.toml",
        "user": tmp_path / "xdg/aggregator/config.toml",
        "system": tmp_path / "system/config.toml",
    }
    for name, path in places.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in here:
            path.touch()
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": "/nowhere"}
    if "variable" in here:
        environment["AGGREGATOR_CONFIG"] = "variable.toml"
    explicit = Path("named.toml") if "named" in here else None
    assert find(explicit, environment, tmp_path / "work", system_folder=tmp_path / "system") == places[found]


@pytest.mark.parametrize("xdg", [{}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "relative"}])
def test_the_home_folder_stands_in_for_the_xdg_one(xdg: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / ".config/aggregator/config.toml"
    path.parent.mkdir(parents=True)
    path.touch()
    assert find(None, {"HOME": str(tmp_path), **xdg}, tmp_path, system_folder=tmp_path) == path


def test_all_places_are_named_where_there_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find(None, {"HOME": "/home/reader", "AGGREGATOR_CONFIG": ""}, tmp_path, system_folder=Path("/etc/aggregator"))
    places = "config.toml, /home/reader/.config/aggregator/config.toml, /etc/aggregator/config.toml"
    assert f"not found; looked at {places}." in str(caught.value)


@pytest.mark.parametrize(("explicit", "variable"), [(Path("gone.toml"), ""), (None, "gone.toml")])
def test_a_named_file_that_is_not_there_is_not_replaced(explicit: Path | None, variable: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    with pytest.raises(ConfigError, match=r"not found; looked at gone\.toml\."):
        find(explicit, {"AGGREGATOR_CONFIG": variable}, tmp_path)
