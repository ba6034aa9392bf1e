"""Markup of strangers: what may pass, how it reads as text, and that none of it takes long."""

import re
from collections import Counter
from time import perf_counter

import pytest

from aggregator.html import clean, from_text, plain, printable, to_text, with_addresses, without_pixels

# (what a feed holds, what may be shown, why)
HOSTILE = (
    ("<script>alert(1)</script>Tide", "Tide", "a script goes with what is in it"),
    ("<ScRiPt src=//evil.example></sCrIpT>Tide", "Tide", "in any case of letters"),
    ("<scr<script>ipt>alert(1)</script>Tide", "ipt&gt;alert(1)Tide", "taking one out makes no other"),
    ("<iframe src='https://evil.example'></iframe>Tide", "Tide", "a frame"),
    ("<style>p{position:fixed}</style>Tide", "Tide", "a style sheet goes with what is in it"),
    ("<p style='position:fixed'>Tide</p>", "<p>Tide</p>", "a style"),
    ("<p onclick='steal()'>Tide</p>", "<p>Tide</p>", "a handler"),
    ("<img src=https://a.example/i.png onerror=steal()>", '<img src="https://a.example/i.png">', "a handler without quotes"),
    ("<a href='javascript:steal()'>Tide</a>", '<a rel="noopener noreferrer nofollow">Tide</a>', "a script as an address"),
    ("<a href=' java\tscript:steal()'>Tide</a>", '<a rel="noopener noreferrer nofollow">Tide</a>', "and in disguise"),
    ("<a href='&#106;avascript:steal()'>Tide</a>", '<a rel="noopener noreferrer nofollow">Tide</a>', "and in references"),
    ("<a href='data:text/html,x'>Tide</a>", '<a rel="noopener noreferrer nofollow">Tide</a>', "a document as an address"),
    ("<img src='data:image/png;base64,AAAA'>", "<img>", "a picture as an address"),
    ("<svg onload=steal()><a xlink:href='javascript:x'>x</a></svg>Tide", "Tide", "a drawing can run scripts"),
    ("<math><annotation-xml encoding='text/html'><script>x</script></annotation-xml></math>Tide", "Tide", "so can formulas"),
    ("<form action='https://evil.example'><input name=p><button>Log in</button></form>", "Log in", "a form"),
    ("<object data=x></object><embed src=x><applet code=x></applet>Tide", "Tide", "plug-ins"),
    ("<base href='https://evil.example/'>Tide", "Tide", "it would bend every relative link"),
    ("<meta http-equiv=refresh content='0;url=https://evil.example'>Tide", "Tide", "a jump to another page"),
    ("<!--[if IE]><script>x</script><![endif]-->Tide", "Tide", "comments"),
    ("<template><p>x</p></template>Tide", "Tide", "what is not shown"),
    ("<p>Tide&#x202e;elbat&#1;</p>", "<p>Tideelbat</p>", "forbidden characters in references"),
    ("<video src='https://a.example/v.mp4' onplay=x autoplay></video>",
     '<video src="https://a.example/v.mp4" controls="" preload="none"></video>', "a film does not start by itself"),
    ("<p>Tide", "<p>Tide</p>", "what is open is closed"),
    ("Tide < table & boats", "Tide &lt; table &amp; boats", "plain text with a less-than sign"),
    ("<![CDATA[<p>Tide</p>]]>", "<p>Tide</p>", "a CDATA section that was escaped once too often"),
)  # fmt: skip

# (HTML, its text, why)
TEXTS = (
    ("<p>One</p><p>Two</p>", "One\n\nTwo", "a paragraph each"),
    ("<p>One</p>\n\n  <p>Two</p>", "One\n\nTwo", "whatever stands between the tags"),
    ("un<b>believ</b>able", "unbelievable", "an inline tag inside a word"),
    ("<p>one\ntwo</p>", "one two", "a line break of the source is a space"),
    ("<p>one <br> two</p>", "one\ntwo", "a line break of the page is one"),
    ("Talks<ul><li>first</li><li>second</li></ul>end", "Talks\n\nfirst\n\nsecond\n\nend", "a list begins a paragraph"),
    ("Intro<p>text", "Intro\n\ntext", "an opening tag ends the paragraph before it"),
    ("<h2>Title</h2>text", "Title\n\ntext", "a heading stands alone"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc", "cells are words, rows are lines"),
    ("one<hr>two", "one\n\ntwo", "a rule"),
    ("a &lt; b &amp;amp; c", "a < b &amp; c", "references once"),
    ("a &lt; b", "a < b", "without any tag too"),
    ("one&nbsp;two", "one two", "a fixed space is a space"),
    ("<p>الليبي\u200fة</p>", "الليبي\u200fة", "the mark that Arabic needs stays"),
    ("", "", "nothing"),
)

# (title, is markup, one line, why)
LINES = (
    ("Tide &amp; time", True, "Tide & time", "escaped once"),
    ("Tide &amp;amp; time", True, "Tide & time", "escaped twice"),
    ("Tide &amp; time", False, "Tide & time", "plain text that is escaped all the same"),
    ("&lt;b&gt;Tide&lt;/b&gt;", True, "<b>Tide</b>", "markup that is spoken of"),
    ("<b>Tide</b> &amp; time", True, "Tide & time", "markup"),
    ("<b>Tide</b>", False, "<b>Tide</b>", "no markup: the writer means the signs"),
    ("<![CDATA[Tide <b>table</b>]]>", True, "Tide table", "a CDATA section in a text"),
    ("a < b", True, "a < b", "a less-than sign"),
    ("a < b and c > d", True, "a < b and c > d", "two signs that look like a tag"),
    ("I <3 boats", True, "I <3 boats", "a heart"),
    ("R&D, Q&A, AT&T", True, "R&D, Q&A, AT&T", "an ampersand in a name"),
    ("R&D &para it", False, "R&D &para it", "a reference ends with a semicolon"),
    ("Caf&eacute; &#8211; caf&#xe9;", True, "Café – café", "references by name and number"),
    ("Tide<br>table", True, "Tide table", "a line break inside"),
    (" Tide \n\t table ", True, "Tide table", "one line, single spaces"),
    ("Tide\u202eelbat\u200b", True, "Tideelbat", "overrides and hidden characters go"),
    ("سفير\u200f!", True, "سفير\u200f!", "U+200F stays"),
    ("<script>x</script>", True, "", "nothing is left"),
    ("Tide\x00\x0b\x93", False, "Tide", "control characters"),
    ("e\u0301", False, "é", "composed form"),
)

DEEP = {
    "<div>" * 20_000: "nested without end",
    "<p><b><i>" * 20_000: "formatting that has to be opened again",
    "<table><tr><td>" * 10_000: "tables in tables",
    "<a href=x>" * 20_000: "links in links",
    "<div></div>" * 20_000: "one after the other",
    "<b><p></b>" * 20_000: "crossed",
    "<" * 200_000: "no tag at all",
    "<a x='" * 40_000: "a quotation mark that does not close",
    "<!--" * 50_000: "a comment that does not close",
    "&amp;" * 50_000: "references",
    "<img data-src=" * 20_000: "images that do not end",
    "<img " + "data-src='x' src='y' " * 10_000 + ">": "an image with many addresses",
    "<p>Tide</p>" * 400_000: "more than any article",
}


# (image of a script's loader, what is shown, why)
LAZY = (
    (
        "<img data-src='https://a.example/i.png' alt=Bay>",
        '<img src="https://a.example/i.png" alt="Bay">',
        "no placeholder",
    ),
    (
        '<img src="data:image/gif;base64,R0" data-src="https://a.example/i.png">',
        '<img src="https://a.example/i.png">',
        "one",
    ),
    (
        '<img class="x"data-lazy-src="https://a.example/i.png" src=p.gif>',
        '<img src="https://a.example/i.png">',
        "of WordPress",
    ),
    ("<IMG data-original=https://a.example/i.png>", '<img src="https://a.example/i.png">', "of jQuery"),
    ("<img data-src='javascript:steal()'>", "<img>", "the scheme counts as in any other"),
    ("<img data-src='x\" onerror=\"steal()'>", "<img>", "it cannot break out"),
    (
        '<img src="https://a.example/i.png" alt="data-src=1">',
        '<img src="https://a.example/i.png" alt="data-src=1">',
        "no name",
    ),
    ('<a data-src="https://a.example/">Bay</a>', '<a rel="noopener noreferrer nofollow">Bay</a>', "no image"),
)

# (sanitised HTML, what is left, why); images of pixel.example count who looks
PIXELS = (
    ('<p>One<img src="https://a.example/i.png" width="1" height="1"></p>', "<p>One</p>", "a point"),
    ('<img height="0px" src="https://a.example/i.png">', "", "less than that"),
    ('<img src="https://pixel.example/i?a=1&amp;b=2" alt="x">', "", "one that is known"),
    ('<img src="https://a.example/i.png" width="600" height="1">', None, "a line is seen"),
    ('<img src="https://a.example/i.png" width="100%" alt="width=&quot;1&quot;">', None, "the whole width"),
    ('<img src="https://a.example/i.png" alt="1 > 0" width="10">', None, "a sign in a text"),
    ("<p>An <b>image</b></p>", None, "none"),
)


@pytest.mark.parametrize(("markup", "expected", "why"), LAZY)
def test_an_image_that_a_script_would_load_is_shown(markup: str, expected: str, why: str) -> None:
    assert clean(markup) == expected, why


@pytest.mark.parametrize(("cleaned", "expected", "why"), PIXELS)
def test_images_that_show_nothing_go(cleaned: str, expected: str | None, why: str) -> None:
    found = without_pixels(cleaned, lambda url: url.startswith("https://pixel.example/i?a=1&b"))
    assert found == (cleaned if expected is None else expected), why


def test_addresses_are_changed_in_tags_alone_and_stay_escaped() -> None:
    cleaned = (
        '<p>href="https://a.example/?x=1" <a href="https://a.example/?x=1&amp;y=2" rel="r">one</a>'
        '<img src="https://a.example/i?x=1" alt="?x=1"><a href="https://a.example/x=1">two</a></p>'
    )
    changed = with_addresses(cleaned, lambda url: url.replace("x=1", 'x="<>'))
    assert changed == (
        '<p>href="https://a.example/?x=1" <a href="https://a.example/?x=&quot;&lt;&gt;&amp;y=2" rel="r">one</a>'
        '<img src="https://a.example/i?x=&quot;&lt;&gt;" alt="?x=1"><a href="https://a.example/x=1">two</a></p>'
    )


def test_an_address_that_is_not_whole_leads_nowhere_else() -> None:
    assert clean('<a href="/tide">Tide</a><img src="i.png" alt="Bay">') == (
        '<a rel="noopener noreferrer nofollow">Tide</a><img alt="Bay">'
    )


@pytest.mark.parametrize(("markup", "expected", "why"), HOSTILE)
def test_markup_is_made_safe(markup: str, expected: str, why: str) -> None:
    assert clean(markup) == expected, why


@pytest.mark.parametrize(("markup", "expected", "why"), HOSTILE)
def test_what_is_safe_stays_as_it_is(markup: str, expected: str, why: str) -> None:
    assert clean(expected) == expected, why


@pytest.mark.parametrize(("cleaned", "expected", "why"), TEXTS)
def test_markup_reads_as_text(cleaned: str, expected: str, why: str) -> None:
    assert to_text(cleaned) == expected, why


@pytest.mark.parametrize(("value", "is_markup", "expected", "why"), LINES)
def test_a_title_is_one_plain_line(value: str, is_markup: bool, expected: str, why: str) -> None:
    assert plain(value, is_markup=is_markup) == expected, why


@pytest.mark.parametrize("markup", DEEP, ids=DEEP.values())
def test_no_markup_takes_long(markup: str) -> None:
    began = perf_counter()
    cleaned = clean(markup)
    to_text(cleaned)
    plain(markup, is_markup=True)
    assert perf_counter() - began < 3
    # Escaping makes four characters of one.
    assert len(cleaned) <= 4 * 262_144 + 100


def test_markup_nested_beyond_reason_keeps_its_words() -> None:
    assert clean("<div>" * 20_000 + "Tide < table").split() == ["Tide", "&lt;", "table"]


def test_ordinary_markup_is_not_taken_for_deep() -> None:
    page = "<p>Tide <b>table</b><br><img src='https://a.example/i.png'></p>" * 600
    assert Counter(re.findall(r"<(\w+)", clean(page))) == {"p": 600, "b": 600, "br": 600, "img": 600}


def test_text_becomes_paragraphs_and_nothing_in_it_markup() -> None:
    assert from_text("One <b>line</b>\nof text.\n\n\n\nAnother & more.") == (
        "<p>One &lt;b&gt;line&lt;/b&gt; of text.</p><p>Another &amp; more.</p>"
    )
    assert from_text(" \n\n ") == ""


def test_text_survives_the_way_to_markup_and_back() -> None:
    text = 'One < two & three.\n\n«Четыре» "five".'
    assert to_text(clean(from_text(text))) == text


def test_printable_keeps_what_xml_allows_and_people_read() -> None:
    assert printable("a\tb\nc\rd \u200e\u200f\u200d\u00a0😀") == "a\tb\nc\rd \u200e\u200f\u200d\u00a0😀"
    assert printable("\x00\x08\x0b\x1f\x7f\x80\x9f\ud800\ufffe\uffff\ufeff\u200b\u202a\u202e\u2066\u2069") == ""
