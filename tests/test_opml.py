"""Subscription lists: what is read from those that readers export, and what we write."""

import listparser
import pytest

from aggregator.errors import NotAList
from aggregator.opml import MAX_LIST, Subscription, read_opml, write_opml


def listed(body: str) -> bytes:
    return f'<opml version="2.0"><head><title>x</title></head><body>{body}</body></opml>'.encode()


@pytest.mark.parametrize(
    ("body", "expected", "why"),
    [
        (
            '<outline text="Port" type="rss" xmlUrl="https://example.org/port"/>',
            Subscription(url="https://example.org/port", title="Port"),
            "the plain case",
        ),
        (
            '<outline text="A &amp; B" xmlUrl=" https://example.org/?a=1&amp;copy=2 "/>',
            Subscription(url="https://example.org/?a=1&copy=2", title="A & B"),
            "no type; references are resolved once and `&copy` is not taken for one",
        ),
        (
            '<outline text="الميناء" xmlUrl="https://example.org/مرفأ"/>',
            Subscription(url="https://example.org/مرفأ", title="الميناء"),
            "UTF-8 stays what it is",
        ),
        (
            '<outline text="Sea"><outline text="North"><outline text="P" xmlUrl="https://example.org/"/></outline></outline>',
            Subscription(url="https://example.org/", title="P", categories=("Sea", "North")),
            "folders are categories, outermost first",
        ),
        (
            '<outline text="Port" category="/sea/north,ships" xmlUrl="https://example.org/"/>',
            Subscription(url="https://example.org/", title="Port", categories=("sea", "north", "ships")),
            "categories as OPML 2.0 writes them",
        ),
        (
            '<outline title="The long name" text="Port" xmlUrl="https://example.org/"/>',
            Subscription(url="https://example.org/", title="Port"),
            "`text` is what the reader showed; it is the attribute that OPML demands",
        ),
        (
            '<outline title="Port" xmlUrl="https://example.org/"/>',
            Subscription(url="https://example.org/", title="Port"),
            "no text: the title stands for it",
        ),
        (
            '<outline xmlUrl="https://example.org/"/>',
            Subscription(url="https://example.org/"),
            "neither",
        ),
        (
            '<outline text="A"><outline text="Port" xmlUrl="https://e.org/"/></outline><outline text="B"><outline text="Again" xmlUrl="https://e.org/"/></outline>',
            Subscription(url="https://e.org/", title="Port", categories=("A", "B")),
            "one feed in two folders is one feed of both",
        ),
        (
            '<outline text="Port" xmlUrl="https://example.org/"><outline text="note"/></outline>',
            Subscription(url="https://example.org/", title="Port"),
            "an outline below a feed is no feed",
        ),
    ],
)
def test_a_feed_of_a_list_is_read(body: str, expected: Subscription, why: str) -> None:
    assert read_opml(listed(body)) == (expected,), why


def test_feeds_come_in_document_order_and_each_address_once() -> None:
    body = "".join(f'<outline text="{name}" xmlUrl="https://example.org/{name[0]}"/>' for name in ("b", "a", "b2", "c"))
    assert [(one.url[-1], one.title) for one in read_opml(listed(body))] == [("b", "b"), ("a", "a"), ("c", "c")]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('<outline text="empty"/>', "a folder without feeds"),
        ('<outline type="include" text="more" url="https://example.org/more.opml"/>', "a list in a list"),
        ('<outline type="rss" text="Port" htmlUrl="https://example.org/"/>', "a feed whose address is missing"),
        ('<outline type="rss" text="Port" xmlUrl=" "/>', "a feed whose address is empty"),
    ],
)
def test_what_names_no_feed_is_left_out(body: str, why: str) -> None:
    assert read_opml(listed(body)) == (), why


def test_folders_nest_as_deep_as_people_nest_them_and_no_deeper() -> None:
    def nested(depth: int) -> bytes:
        feed = '<outline text="x" xmlUrl="https://example.org/"/>'
        return listed('<outline text="f">' * depth + feed + "</outline>" * depth)

    assert [one.url for one in read_opml(nested(90))] == ["https://example.org/"]
    with pytest.raises(NotAList, match="inside each other"):
        read_opml(nested(20_000))


def test_a_list_beyond_its_bound_is_refused_unread() -> None:
    with pytest.raises(NotAList, match="larger than 16 MiB"):
        read_opml(listed(" " * MAX_LIST))


def test_another_encoding_is_read_as_declared() -> None:
    document = '<?xml version="1.0" encoding="windows-1251"?><opml><body><outline text="Порт" xmlUrl="https://e.org/"/></body></opml>'
    assert read_opml(document.encode("cp1251"))[0].title == "Порт"


def test_the_namespace_that_some_write_is_taken() -> None:
    document = b'<opml xmlns="http://opml.org/spec2"><body><outline text="x" xmlUrl="https://e.org/"/></body></opml>'
    assert [one.url for one in read_opml(document)] == ["https://e.org/"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (listed('<outline text="a" xmlUrl="https://e.org/a"/><outline text="b" xmlUrl="https://e.o')[:-30], "line 1"),
        (b"", "no element found"),
        (b"https://example.org/feed", "not well-formed"),
        (b"<rss version='2.0'/>", "its root is <rss>"),
        (b'<?xml version="1.0" encoding="klingon"?><opml/>', "unknown encoding"),
    ],
)
def test_what_is_no_whole_list_is_refused_with_the_reason(document: bytes, message: str) -> None:
    with pytest.raises(NotAList, match=message):
        read_opml(document)


def test_entities_are_not_expanded_without_bound() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 12))
    document = f'<!DOCTYPE opml [<!ENTITY e0 "0123456789">{entities}]><opml><head><title>&e11;</title></head></opml>'
    with pytest.raises(NotAList):
        read_opml(document.encode())


def test_what_is_written_is_read_back() -> None:
    written = (
        Subscription(url="https://example.org/?a=1&b=2", title='The "Port" <daily>', categories=("ports", "sea")),
        Subscription(url="https://example.org/مرفأ", title="الميناء"),
    )
    assert read_opml(write_opml("Desk & co", written)) == written


def test_equal_input_gives_equal_bytes_as_others_read_them() -> None:
    one = Subscription(
        url="https://example.org/port",
        title="Port",
        page_url="https://example.org/",
        language="en",
        categories=("sea",),
    )
    assert write_opml("Desk", [one]) == (
        b"<?xml version='1.0' encoding='utf-8'?>\n"
        b'<opml version="2.0">\n'
        b"  <head>\n"
        b"    <title>Desk</title>\n"
        b"  </head>\n"
        b"  <body>\n"
        b'    <outline type="rss" text="Port" title="Port" xmlUrl="https://example.org/port" '
        b'htmlUrl="https://example.org/" language="en" category="/sea" />\n'
        b"  </body>\n"
        b"</opml>\n"
    )


def test_a_feed_without_a_title_is_listed_under_its_address() -> None:
    assert b'text="https://example.org/"' in write_opml("Desk", [Subscription(url="https://example.org/")])


def test_listparser_still_needs_ascii() -> None:
    """Why `read_opml` hands it character references: when this fails the detour can go."""
    document = listed('<outline text="é" xmlUrl="https://example.org/"/>')
    assert listparser.parse(document)["feeds"][0]["title"] != "é"
