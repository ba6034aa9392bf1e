"""Reads feedparser's own test documents through our parser and holds what we keep of them against its expectations.

    .venv/bin/python bench/feedparser_tests.py DATA

DATA holds `feedparser_tests/`. An expectation is an expression over feedparser's result: it is read as a syntax tree, never
run, and each of its comparisons is asked of a view of our `ParsedFeed` under feedparser's names. A comparison that concerns
what we do not keep counts as not asked; markup counts as equal where both sides are, once sanitised by us. Where an answer
has a Content-Location, that is the address of the document.
The first table is by folder of the tests, the second by field, without the folders about feedparser's sanitiser; each expectation that is not met is listed under its reason.
The last line is JSON. Exit 1 on an expectation that is missed without a reason.
"""

import ast
import json
import re
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aggregator.dates import parse_date
from aggregator.errors import AggregatorError
from aggregator.html import clean
from aggregator.model.fetch import Document
from aggregator.model.parsed import Category, Entry, Link, MediaRole, OriginSource, ParsedFeed, Person, Text, TextType
from aggregator.parse.feeds import parse_feed
from aggregator.urls import absolute

HOST = "http://127.0.0.1:8097/"
"""The server of feedparser's own test run; its expectations name it."""

REASONS = (
    (
        r"a DOCTYPE with an internal subset is refused",
        "entities that a document defines itself are refused with it: they can be made to explode, and no feed has them",
    ),
    (
        r"rss_version_091_netscape",
        "the DOCTYPE that tells Netscape's RSS 0.91 from Userland's is taken out before parsing",
    ),
    (
        r"wellformed/sanitize/",
        "feedparser's sanitiser, which is not used; ours reads markup as a browser does: a comment without end takes the rest",
    ),
    (
        r"feed_copyright_.*base",
        "a notice is kept as one line of plain text: it has no links to resolve",
    ),
    (
        r"link_(?:rel_(?:license|other|self|related|via)|multiple|length)|item_enclosure_url",
        "kept, the page first: an entry's page, enclosures, related and via links, of a head self and alternate; no other kind",
    ),
    (
        r"http_content_language",
        "the server's Content-Language names readers, not the text (RFC 9110 8.5), and is mostly a default; a language is detected",
    ),
    (r"media-rss/media_group", "a credit without picture, sound or film credits nothing"),
    (r"bozo_linenoise", "a broken character of UTF-8 is replaced and the others are kept as they were meant"),
)
"""Why an expectation is missed: the first whose pattern is in its file's name, or in what the parser said."""

_ENTRY = re.compile(rb"<(?:item|entry)(?:\s[^<>]*)?>", re.IGNORECASE)
_SOURCE = re.compile(rb"<source>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r' [a-z]+="[^"]*"')
_ATTRIBUTES = re.compile(rf"(?:{_ATTRIBUTE.pattern})+")
_APART = ("wellformed/sanitize", "wellformed/amp")
"""Folders about feedparser's own sanitiser: not in the table by field."""
# What an expectation may ask for that says nothing of entries or head.
_NOT_OF_THE_FEED = frozenset(
    ("bozo", "bozo_exception", "encoding", "etag", "feedparser", "headers", "locals", "modified", "modified_parsed")
)
_OPERATORS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda one, other: bool(_is_same(one, other)),
    ast.NotEq: lambda one, other: not _is_same(one, other),
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
    ast.Is: lambda one, other: one is other,
    ast.GtE: lambda one, other: bool(one >= other),
    ast.Gt: lambda one, other: bool(one > other),
}


class _NotKept(Exception):
    """The expectation concerns something that we do not keep; the message is its name."""


class _View(dict[str, Any]):
    """Values under feedparser's names. A name that is here with None is kept and was not found."""

    def __missing__(self, name: str) -> Any:
        raise _NotKept(name)

    def __contains__(self, name: object) -> bool:
        return self[str(name)] is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One of feedparser's, with its document."""

    file: str
    group: str
    expression: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Group:
    """How a folder of tests, or a field, did."""

    asked: int = 0
    met: int = 0
    documents: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Result:
    """All of it."""

    by_folder: dict[str, Group] = field(default_factory=lambda: defaultdict(Group))
    by_field: dict[str, Group] = field(default_factory=lambda: defaultdict(Group))
    missed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    not_kept: Counter[str] = field(default_factory=Counter)
    exceptions: list[str] = field(default_factory=list)


def expectations(folder: Path) -> Iterator[Expectation]:
    """Every expectation, in the order of the list."""
    with tarfile.open(folder / "feedparser_tests.tar.gz") as tar:
        files = {member.name.removeprefix("./"): tar.extractfile(member) for member in tar if member.isfile()}
        bodies = {name.removeprefix("tests/"): file.read() for name, file in files.items() if file}
    for line in (folder / "expectations.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield Expectation(
            file=row["file"],
            group=row["section"].strip("/"),
            expression=row["expect"],
            headers={name.lower(): value for name, value in row["headers"].items()},
            body=bodies[row["file"]],
        )


def parsed(expectation: Expectation) -> ParsedFeed:
    """The document. Where what is asked for is all that an entry or a source has, it is left out: then once more with a title in
    each entry and an id in each source.
    """
    is_local = not expectation.headers and HOST not in expectation.expression
    url = None if is_local else HOST + expectation.file
    url = absolute(url, expectation.headers.get("content-location")) or url
    document = Document(
        key=expectation.file, body=expectation.body, content_type=expectation.headers.get("content-type"), digest=b""
    )
    feed = parse_feed(document, url)
    if not any("nothing in it" in defect.detail for defect in feed.defects):
        return feed
    body = _ENTRY.sub(rb"\g<0><title>Something</title>", document.body)
    return parse_feed(replace(document, body=_SOURCE.sub(rb"\g<0><id>urn:x:1</id>", body)), url)


def view_of(feed: ParsedFeed) -> _View:
    """The document under feedparser's names."""
    head = _head(feed.head)
    head["language"] = feed.language
    entries = [_entry(entry) for entry in feed.entries]
    return _View(feed=head, channel=head, entries=entries, items=entries, version=feed.format)


def _head(head: OriginSource) -> _View:
    links = [
        _View(rel=rel, href=href, url=href)
        for rel, href in (("alternate", head.link_alternate), ("self", head.link_self))
        if href
    ]
    authors = _people((*filter(None, (head.author,)), *head.more_authors))
    del authors["contributors"]
    return _View(
        id=head.id,
        guid=head.id,
        title=head.title,
        title_detail=_View(value=head.title),
        link=head.link_alternate,
        links=links,
        href=head.link_self,
        rights=head.rights,
        copyright=head.rights,
        rights_detail=_View(value=head.rights),
        copyright_detail=_View(value=head.rights),
        **authors,
        **_dated("updated", head.updated),
        **_dated("modified", head.updated),
        **_dated("published", head.updated),
    )


def _entry(entry: Entry) -> _View:
    summary = entry.summary or entry.content
    enclosures = [_link(link) for link in entry.links if link.rel == "enclosure" and link.role is None]
    thumbnails = [_link(link) for link in entry.links if link.role is MediaRole.THUMBNAIL]
    credited = [link.credit for link in entry.links if link.credit]
    alternate = [_View(rel="alternate", href=entry.link, url=entry.link)] if entry.link else []
    return _View(
        id=entry.guid,
        guid=entry.guid,
        title=entry.title.value if entry.title else None,
        title_detail=_text(entry.title),
        link=entry.link,
        links=[*alternate, *map(_link, entry.links)],
        enclosures=enclosures,
        media_thumbnail=thumbnails,
        image=thumbnails[0] if thumbnails else None,
        media_credit=[_View(content=name) for credit in credited for name in credit.split(", ")],
        summary=summary.value if summary else None,
        summary_detail=_text(summary),
        description=summary.value if summary else None,
        content=[_text(entry.content or entry.summary) or _View(src=enclosures[0]["href"] if enclosures else None)],
        language=entry.language,
        tags=[_tag(category) for category in entry.categories],
        category=entry.categories[0].term if entry.categories else None,
        rights=entry.rights,
        copyright=entry.rights,
        rights_detail=_View(value=entry.rights),
        source=_head(entry.origin) if entry.origin else None,
        **_people(entry.authors),
        **_dated("published", entry.published),
        **_dated("created", entry.published),
        **_dated("updated", entry.updated),
        **_dated("modified", entry.updated),
    )


def _people(everybody: tuple[Person, ...]) -> dict[str, Any]:
    authors = [person for person in everybody if person.role != "contributor"]
    first = authors[0] if authors else None
    return {
        "author": _printed(first) if first else None,
        "author_detail": _person(first) if first else None,
        "authors": [_person(person) for person in authors],
        "contributors": [_person(person) for person in everybody if person.role == "contributor"],
    }


def _printed(person: Person) -> str:
    return person.name if person.email in (None, person.name) else f"{person.name} ({person.email})"


def _person(person: Person) -> _View:
    return _View(name=person.name, email=person.email, href=person.uri, url=person.uri)


def _dated(name: str, printed: str | None) -> dict[str, Any]:
    date = parse_date(printed) if printed else None
    return {name: printed, f"{name}_parsed": tuple(date.value.utctimetuple()) if date else None}


def _text(text: Text | None) -> _View | None:
    if text is None:
        return None
    is_plain = text.type is TextType.PLAIN
    return _View(value=text.value, type="text/plain" if is_plain else "text/html", language=text.language)


def _link(link: Link) -> _View:
    length = None if link.length is None else str(link.length)
    width, height = (None if size is None else str(size) for size in (link.width, link.height))
    named = {"rel": link.rel, "href": link.href, "url": link.href, "type": link.type, "title": link.title}
    return _View(named, length=length, width=width, height=height)


def _tag(category: Category) -> _View:
    return _View(term=category.term, scheme=category.scheme, label=category.label)


def _is_same(found: Any, wanted: Any) -> bool:
    if isinstance(found, _View) and isinstance(wanted, dict):
        return all(_is_same(found[name], value) for name, value in wanted.items() if dict.__contains__(found, name))
    if isinstance(found, list | tuple) and isinstance(wanted, list | tuple):
        return len(found) == len(wanted) and all(map(_is_same, found, wanted))
    if isinstance(found, str) and isinstance(wanted, str):
        return found == wanted or (re.search("[<&]", found + wanted) is not None and _shown(found) == _shown(wanted))
    return bool(found == wanted)


def _shown(markup: str) -> str:
    """The markup as we would show it, the attributes of each tag in order."""
    return _ATTRIBUTES.sub(lambda found: "".join(sorted(_ATTRIBUTE.findall(found[0]))), clean(markup))


class _Reader:
    """Says what an expression's conjuncts come to; only names, keys, numbers and comparisons are known."""

    def __init__(self, view: _View) -> None:
        self._view = view

    def conjuncts(self, node: ast.expr) -> Iterator[tuple[str, bool | None]]:
        """(field, whether it is met; None where it concerns what is not kept)."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            for value in node.values:
                yield from self.conjuncts(value)
            return
        if isinstance(node, ast.Constant):
            return  # "1": it can be read
        try:
            yield _field(node), bool(self.value(node))
        except _NotKept as name:
            yield str(name), None
        except (IndexError, TypeError):
            yield _field(node), False  # the list is shorter, the value is not there

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=constant):
                return "text/html" if constant == "application/xhtml+xml" else constant
            case ast.Name(id=name):
                if name in _NOT_OF_THE_FEED:
                    raise _NotKept(name)
                return self._view[name]
            case ast.Attribute(value=inner, attr=name):
                return self.value(inner)[name]
            case ast.Subscript(value=inner, slice=key):
                return self.value(inner)[self.value(key)]
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return [self.value(part) for part in parts]
            case ast.Dict(keys=keys, values=values):
                return {self.value(key): self.value(value) for key, value in zip(keys, values, strict=True) if key}
            case ast.Compare() | ast.UnaryOp() | ast.BinOp() | ast.Call():
                return self._computed(node)
        raise _NotKept(ast.unparse(node))

    def _computed(self, node: ast.expr) -> Any:
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                values = [self.value(part) for part in (left, *others)]
                return all(
                    _OPERATORS[type(operator)](one, other)
                    for operator, one, other in zip(operators, values, values[1:], strict=False)
                )
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.value(left) + self.value(right)
            case ast.Call(func=ast.Name(id="len"), args=[argument]):
                return len(self.value(argument))
            case ast.Call(func=ast.Name(id="ord"), args=[argument]):
                return ord(self.value(argument))
            case ast.Call(func=ast.Attribute(value=inner, attr="has_key"), args=[argument]):
                return self.value(argument) in self.value(inner)
        raise _NotKept(ast.unparse(node))


def _field(node: ast.expr) -> str:
    """The name that an expression asks for: `title` of `entries[0]['title_detail']['value']`."""
    printed = ast.unparse(node)
    found = re.search(r"(?:feed|entries\[\d+\])(?:\.has_key\('|\.|\[')([\w-]+)", printed)
    if found is None:
        return printed.partition(" ")[0][:40]
    for inner in ("language", "links"):  # of a title or a source
        if f"['{inner}']" in printed:
            return _SAME_FIELD.get(inner, inner)
    name = found.group(1).removesuffix("_detail").removesuffix("_parsed")
    return _SAME_FIELD.get(name, name)


_SAME_FIELD = {
    "description": "summary/content",
    "summary": "summary/content",
    "content": "summary/content",
    "authors": "author",
    "guid": "id",
    "modified": "updated",
    "created": "published",
    "links": "other links",
    "media_thumbnail": "media",
    "media_credit": "media",
    "image": "media",
    "tags": "category",
    "copyright": "rights",
}


def hold(expectation: Expectation, result: Result) -> None:
    """Ask one expectation and count it."""
    try:
        view = view_of(parsed(expectation))
        refused = ""
    except AggregatorError as error:
        view, refused = _View(feed=_head(OriginSource()), entries=[], version=""), str(error)
    except Exception as error:  # noqa: BLE001  what this looks for
        result.exceptions.append(f"{expectation.file}: {type(error).__name__}: {error}"[:200])
        return
    answers = list(_Reader(view).conjuncts(ast.parse(expectation.expression, mode="eval").body))
    result.by_folder[expectation.group].documents.add(expectation.file)
    asked = [(name, is_met) for name, is_met in answers if is_met is not None]
    if not asked:
        result.not_kept.update({name for name, _ in answers} - _NOT_OF_THE_FEED)
        return
    is_met = all(is_met for _, is_met in asked)
    _count(result.by_folder[expectation.group], expectation, is_met)
    for name in {name for name, _ in asked} if expectation.group not in _APART else ():
        _count(result.by_field[name], expectation, all(one for other, one in asked if other == name))
    if not is_met:
        what = refused or expectation.expression
        result.missed[_reason(expectation, refused)].append(f"{expectation.file}: {what}"[:160])


def _count(group: Group, expectation: Expectation, is_met: bool) -> None:
    group.documents.add(expectation.file)
    group.asked += 1
    group.met += is_met


def _reason(expectation: Expectation, refused: str) -> str:
    place = f"{expectation.file} {refused}"
    return next((reason for pattern, reason in REASONS if re.search(pattern, place)), "")


def _print_groups(title: str, groups: Mapping[str, Group]) -> None:
    print(f"{title:24}{'documents':>10}{'applicable':>12}{'met':>7}{'share':>9}")
    for name, group in sorted(groups.items(), key=lambda item: -item[1].asked):
        if group.asked:
            share = f"{group.met / group.asked:.1%}"
            print(f"{name[:23]:24}{len(group.documents):>10}{group.asked:>12}{group.met:>7}{share:>9}")


def _print_missed(missed: Mapping[str, list[str]]) -> None:
    for reason, lines in sorted(missed.items(), key=lambda item: -len(item[1])):
        print(f"\n{len(lines)} not met: {reason or 'NO REASON KNOWN'}")
        _print_some(lines, 4 if reason else 400)


def _print_some(lines: Iterable[str], most: int) -> None:
    for line in list(lines)[:most]:
        print(f"    {line}")


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) / "feedparser_tests" if arguments else Path("feedparser_tests")
    if not folder.is_dir():
        print("no feedparser_tests here: give the folder that holds them")
        return 0
    result = Result()
    for expectation in expectations(folder):
        hold(expectation, result)
    _print_groups("folder", result.by_folder)
    print()
    _print_groups("field", result.by_field)
    _print_missed(result.missed)
    print("\nnot kept:", ", ".join(f"{name} {count}" for name, count in sorted(result.not_kept.items())))
    _print_some(result.exceptions, 20)
    asked, met = (sum(getattr(group, name) for group in result.by_folder.values()) for name in ("asked", "met"))
    unexplained = len(result.missed.get("", ()))
    summary = {"asked": asked, "met": met, "unexplained": unexplained, "exceptions": len(result.exceptions)}
    fields = {name: [group.asked, group.met] for name, group in sorted(result.by_field.items())}
    print(json.dumps({"feedparser_tests": summary, "fields": fields}))
    return 1 if unexplained or result.exceptions else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
