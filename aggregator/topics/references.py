"""Queries that name packs and other topics -> whether all these names lead somewhere, and the version of each rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from aggregator.errors import QueryError
from aggregator.model.topic import Ignore, Learned, Pack, Topic
from aggregator.text import digest
from aggregator.topics import nodes as n
from aggregator.topics.mistakes import suggestion
from aggregator.topics.query import parse_query
from aggregator.topics.rules import concepts_of
from aggregator.topics.structure import where_always, where_never

MAX_LEVELS = 20
"""Topics that name topics that name topics."""

Graph = Mapping[str, tuple[n.TopicOf, ...]]
"""By topic id the topics that its query names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong with one of several queries; `index` is its place among them."""

    index: int
    error: QueryError


def find_mistakes(queries: Sequence[tuple[str, str]], packs: Sequence[Pack]) -> Iterator[Mistake]:
    """Every mistake of these topics, given as id and query. Of a query that does not parse it is the first one."""
    return _examine(queries, {pack.name: pack for pack in packs}, {})


def read_queries(topics: Sequence[Topic], packs: Mapping[str, Pack]) -> dict[str, n.Query]:
    """The queries by topic id, each after those it names. Raises QueryError for the first mistake."""
    trees: dict[int, n.Query] = {}
    for mistake in _examine([(topic.id, topic.query) for topic in topics], packs, trees):
        raise mistake.error
    by_id = {topics[index].id: query for index, query in trees.items()}
    return {topic_id: by_id[topic_id] for topic_id in _sorter(_graph(by_id)).static_order()}


def _examine(
    queries: Sequence[tuple[str, str]], packs: Mapping[str, Pack], trees: dict[int, n.Query]
) -> Iterator[Mistake]:
    """The mistakes; `trees` is filled with the queries that parse."""
    ids = tuple(topic_id for topic_id, _ in queries if topic_id)
    for index, (_, text) in enumerate(queries):
        try:
            trees[index] = parse_query(text)
        except QueryError as error:
            yield Mistake(index=index, error=error)
        else:
            yield from (Mistake(index=index, error=error) for error in _of_tree(text, trees[index], packs, ids))
    yield from _circles(queries, trees)


def versions(topics: Mapping[str, Topic], queries: Mapping[str, n.Query], packs: Mapping[str, Pack]) -> dict[str, str]:
    """By topic id a digest of its query, its sources, and the packs and topics it uses (rules R27)."""
    found: dict[str, str] = {}
    for topic_id, query in queries.items():
        topic = topics[topic_id]
        parts = [topic.query, *sorted(topic.sources)]
        for named in n.packs_of(query):
            parts += _of_pack(packs[named.name], named.part)
        for other in n.topics_of(query):
            parts += ["topic", other.id, found[other.id]]
        found[topic_id] = digest(*parts).hex()
    return found


def as_topic(ignore: Ignore) -> Topic:
    """What a source ignores as a rule among the topics', under an id that no query can name."""
    return Topic(id=f"ignored of {ignore.source_id}", title="", query=ignore.query)


def with_ignores(topic: Topic, version: str, ignores: Sequence[Ignore], version_of: Mapping[str, str]) -> str:
    """The version of a topic's rule together with those of what its sources ignore; its own where they ignore nothing."""
    of_its_sources = [one for one in ignores if not topic.sources or one.source_id in topic.sources]
    if not of_its_sources:
        return version
    parts = sorted(f"{one.source_id} {version_of[as_topic(one).id]}" for one in of_its_sources)
    return digest(version, *parts).hex()


def with_learning(version: str, learned: Learned | None) -> str:
    """The version of a rule together with that of its trained model and the bounds of that; its own where it has none."""
    if learned is None:
        return version
    numbers = (learned.raise_by, learned.lower_by, learned.bias, learned.weights)
    return digest(version, "learned", repr(numbers)).hex()


def _of_pack(pack: Pack, part: str | None) -> Iterator[str]:
    yield from ("pack", pack.name, *pack.exclusions)
    named = concepts_of(pack, part)
    for concept in named:
        yield from ("concept", concept.id, *concept.forms)
        yield from ("elsewhere", *concept.elsewhere) if concept.elsewhere else ()
    if any(concept.elsewhere for concept in named):
        yield from ("beside", *(form for concept in pack.concepts if concept not in named for form in concept.forms))


def _of_tree(text: str, query: n.Query, packs: Mapping[str, Pack], topics: tuple[str, ...]) -> Iterator[QueryError]:
    for node in n.walk(query):
        match node:
            case n.PackOf(name=name) if name not in packs:
                message = f"unknown pack '{name}'{suggestion(name, tuple(packs))}"
                yield QueryError(text, node.position, message)
            case n.PackOf(name=name, part=str(part)) if not concepts_of(packs[name], part):
                message = f"pack '{name}' has no group or concept '{part}'{suggestion(part, _parts(packs[name]))}"
                yield QueryError(text, node.position, message)
            case n.TopicOf(id=topic_id) if topic_id not in topics:
                yield QueryError(text, node.position, f"unknown topic '{topic_id}'{suggestion(topic_id, topics)}")
            case n.AtLeast() if (most := _most(node.part, packs)) is not None and most < node.count:
                message = f"atleast:{node.count} has only {most} alternatives"
                yield QueryError(text, node.position, message)
    yield from _of_structure(text, query)


def _of_structure(text: str, query: n.Query) -> Iterator[QueryError]:
    always, never = where_always(query), where_never(query)
    if always is not None and not isinstance(query, n.All):
        yield QueryError(text, always, "this makes the query hold for every text (write * alone if that is meant)")
    if never is not None:
        yield QueryError(text, never, "this keeps the query from holding for any text")


def _most(query: n.Query, packs: Mapping[str, Pack]) -> int | None:
    """How many alternatives there are, the concepts of packs each for one; None where a pack is not known."""
    most = 0
    for part in n.alternatives(query):
        named = n.pack_in(part)
        if named and named.name not in packs:
            return None
        most += len(concepts_of(packs[named.name], named.part)) if named else 1
    return most


def _parts(pack: Pack) -> tuple[str, ...]:
    """The groups of a pack, or if it has none its concepts: what may stand behind its name."""
    groups = tuple(dict.fromkeys(concept.group for concept in pack.concepts if concept.group))
    return (*groups, *(concept.id for concept in pack.concepts))


def _graph(trees: Mapping[str, n.Query]) -> Graph:
    return {
        topic_id: tuple(named for named in n.topics_of(query) if named.id in trees) for topic_id, query in trees.items()
    }


def _sorter(graph: Graph) -> TopologicalSorter[str]:
    return TopologicalSorter({topic_id: [other.id for other in named] for topic_id, named in graph.items()})


def _circles(queries: Sequence[tuple[str, str]], trees: Mapping[int, n.Query]) -> Iterator[Mistake]:
    """One mistake a circle of topics that name one another, told at the first of them; and one for each too long chain."""
    first: dict[str, int] = {}
    for index in trees:
        first.setdefault(queries[index][0], index)
    graph = dict(_graph({topic_id: trees[index] for topic_id, index in first.items()}))
    while (circle := _circle(graph, tuple(first))) is not None:
        topic_id, following = circle[0], circle[1]
        named = next(node for node in graph[topic_id] if node.id == following)
        shown = " -> ".join(circle)
        error = QueryError(queries[first[topic_id]][1], named.position, f"topics name one another in a circle: {shown}")
        yield Mistake(index=first[topic_id], error=error)
        graph[topic_id] = tuple(node for node in graph[topic_id] if node.id != following)
    levels: dict[str, int] = {}
    for topic_id in _sorter(graph).static_order():
        levels[topic_id] = 1 + max((levels[node.id] for node in graph[topic_id]), default=0)
        if levels[topic_id] == MAX_LEVELS + 1:
            place = graph[topic_id][0].position
            message = f"topics name one another more than {MAX_LEVELS} deep"
            yield Mistake(index=first[topic_id], error=QueryError(queries[first[topic_id]][1], place, message))


def _circle(graph: Graph, order: tuple[str, ...]) -> list[str] | None:
    """A circle from the topic that stands first back to itself, each followed by one that it names."""
    try:
        _sorter(graph).prepare()
    except CycleError as error:
        backwards: list[str] = error.args[1][1:]
        at = min(range(len(backwards)), key=lambda place: order.index(backwards[place]))
        turned = [*backwards[at + 1 :], *backwards[: at + 1]]
        return [*reversed(turned), turned[-1]]
    return None
