"""`status` and `healthcheck`: how it goes, for people and for what restarts containers."""

import http.client
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from aggregator.cli.app import AsJson, app, clock, configuration, print_json, reading
from aggregator.cli.output import ago, ahead, print_table, say
from aggregator.health import health_of, notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.config import Address, Configuration
    from aggregator.model.source import SourceState
    from aggregator.storage import Reader

_TIMEOUT_S = 5.0
# A tick comes every second; a busy host may make a source wait for minutes, a stopped daemon for ever.
_OVERDUE = timedelta(minutes=15)
# It answers; what it sends is another matter.
_WORKS = ("ok", "noted", "silent")
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  where to ask what listens everywhere


@app.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Sources, topics and last polls at a glance. Exit 1 when no source works."""
    found = configuration(context)
    with reading(found) as reader:
        sources = _source_rows(found, reader)
        topic_rows = _topic_rows(found, reader)
    if as_json:
        for row in (*sources, *topic_rows):
            print_json(row)
    else:
        _print_status(sources, topic_rows)
    if sources and not any(row["health"] in _WORKS for row in sources):
        raise typer.Exit(1)


@app.command()
def healthcheck(context: typer.Context) -> None:
    """Ask the daemon whether it works: its /readyz, or without [web] the store. Exit 1 when it does not."""
    found = configuration(context)
    listen = found.web.listen
    complaint = _ask_web(listen) if listen and listen.port else _ask_store(found, clock())
    typer.echo(complaint or "ok")
    if complaint:
        raise typer.Exit(1)


def _source_rows(found: "Configuration", reader: "Reader") -> list[dict[str, Any]]:
    states, counts, polls = reader.source_states(), reader.articles_by_source(), reader.last_polls()
    told = notes_by_source(found, reader, states)
    rows = []
    for source in found.sources:
        state, poll = states.get(source.id), polls.get(source.id)
        rows.append(
            {
                "source": source.id,
                "health": health_of(state).value,
                "last_poll": state.last_poll_at if state else None,
                "last_good_poll": state.last_good_poll_at if state else None,
                "next_poll": state.next_poll_at if state and not state.is_gone else None,
                "failures": state.failures if state else 0,
                "articles": counts.get(source.id, 0),
                "outcome": poll.outcome if poll else None,
                "gaps": state.gaps if state else 0,
                "note": "; ".join(told[source.id]) or None,
            }
        )
    return rows


def notes_by_source(
    found: "Configuration", reader: "Reader | None", states: "Mapping[str, SourceState]"
) -> dict[str, tuple[str, ...]]:
    """What is to be said of each configured source, its push among it, one line each."""
    from aggregator.websub import is_public

    told = {source.id: notes(states.get(source.id), is_private=source.private) for source in found.sources}
    if reader and is_public(found.site.base_url):
        from aggregator.pipeline.push import push_notes

        for source_id, line in push_notes(reader, found.site.base_url, clock()).items():
            if source_id in told:
                told[source_id] = (*told[source_id], line)
    return told


def _topic_rows(found: "Configuration", reader: "Reader") -> list[dict[str, Any]]:
    counts = reader.row_counts()
    updated = {(feed.topic_id, feed.grain): feed.updated_at for feed in reader.topic_feeds()}
    return [
        {
            "topic": topic.id,
            "live": counts.get((topic.id, "live"), 0),
            "queued": counts.get((topic.id, "queued"), 0),
            "archived": counts.get((topic.id, "archived"), 0),
            "held": counts.get((topic.id, "held"), 0),
            "updated": updated.get((topic.id, topic.grain)),
        }
        for topic in found.topics
    ]


def _print_status(sources: list[dict[str, Any]], topic_rows: list[dict[str, Any]]) -> None:
    now = clock()
    print_table(
        ("source", "health", "polled", "next", "articles"),
        (
            (
                row["source"],
                row["health"],
                ago(row["last_poll"], now),
                "never" if row["health"] == "gone" else ahead(row["next_poll"], now),
                str(row["articles"]),
            )
            for row in sources
        ),
    )
    notes = [row for row in sources if row["note"]]
    if notes:
        typer.echo("")
    for row in notes:
        say(f"{row['source']}: {row['note']}")
    typer.echo("")
    for row in topic_rows:
        say(f"topic {row['topic']}: {counts_in_words(row)}")


def counts_in_words(row: dict[str, Any]) -> str:
    """`12 live, 3 archived`; what is 0 is left out but `live`."""
    names = ("live", "queued", "archived", "held")
    return ", ".join(f"{row[name]} {name}" for name in names if row[name] or name == "live")


def _ask_web(address: "Address") -> str | None:
    """What is wrong, or None."""
    host = _ANYWHERE.get(address.host, address.host)
    connection = http.client.HTTPConnection(host, address.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read(1000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"nobody answers on {host}:{address.port}: {error}"
    finally:
        connection.close()
    return None if answer.status == http.client.OK else f"not ready ({answer.status}): {text}"


def _ask_store(found: "Configuration", now: datetime) -> str | None:
    """Without [web] there is nobody to ask: a daemon that ticks leaves no source overdue."""
    with reading(found) as reader:
        states = reader.source_states()
    polled = [(source, states[source.id]) for source in found.sources if source.id in states]
    due = {source.id: state.next_poll_at for source, state in polled if not state.is_over(source)}
    if found.sources and not polled:
        return "no source was ever polled"
    late = {source_id: at for source_id, at in due.items() if at and at < now - _OVERDUE}
    if late:
        source_id = min(late, key=lambda one: late[one])
        return f"nothing polls: {source_id} was due {ago(late[source_id], now)}"
    return None
