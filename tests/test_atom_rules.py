"""The checker of Atom documents finds each fault, and nothing in a document that has none."""

import pytest

from tests.atom_rules import advice, problems

FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="urn:example:extension" xml:lang="en-GB">
  <id>urn:uuid:5b1d2c1e-2f57-4b6b-9a0e-0c8a3a6d5f10</id>
  <title>Harbour news</title>
  <subtitle type="html">News of the &lt;b>harbour&lt;/b></subtitle>
  <updated>2026-11-25T10:00:00Z</updated>
  <author><name>The desk</name><uri>https://example.org/desk</uri><email>desk@example.org</email></author>
  <link rel="self" type="application/atom+xml" href="https://example.org/feeds/harbour.atom"/>
  <link href="https://example.org/topics/harbour"/>
  <generator uri="https://example.org/software" version="1">machine</generator>
  <x:shelf><x:board>1</x:board></x:shelf>
  <entry>
    <id>tag:example.org,2026-11:ferry</id>
    <title type="text">A ferry is late</title>
    <updated>2026-11-25T09:00:00.25+02:00</updated>
    <published>2026-11-25T08:00:00Z</published>
    <link rel="alternate" type="text/html" hreflang="en" href="https://example.org/ferry"/>
    <link rel="alternate" type="text/html" hreflang="ar" href="https://example.org/ar/ferry"/>
    <link rel="enclosure" type="audio/mpeg" length="4096" title="Listen" href="https://example.org/ferry.mp3"/>
    <category term="ferries" scheme="https://example.org/subjects" label="Ferries"/>
    <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">It <em>waits</em>.</div></summary>
    <content type="html">&lt;p>It waits outside.&lt;/p></content>
    <source>
      <id>https://example.net/feed</id><title>Port</title><updated>2026-11-25T07:00:00Z</updated>
    </source>
  </entry>
  <entry>
    <title>لا رحلات اليوم</title>
    <content src="https://example.org/film.mp4" type="video/mp4"/>
    <summary>A film.</summary>
    <x:place/>
    <author><name>A. Writer</name></author>
    <updated>2026-11-25T10:00:00Z</updated>
    <id>urn:uuid:0c8a3a6d-2f57-4b6b-9a0e-5b1d2c1e5f11</id>
  </entry>
</feed>
"""
FERRY = '<content type="html">&lt;p>It waits outside.&lt;/p></content>'
SUMMARY = '<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">It <em>waits</em>.</div></summary>'
ENCLOSURE = (
    '<link rel="enclosure" type="audio/mpeg" length="4096" title="Listen" href="https://example.org/ferry.mp3"/>'
)
DATE = "<published>2026-11-25T08:00:00Z</published>"
AUTHOR = "<author><name>The desk</name><uri>https://example.org/desk</uri><email>desk@example.org</email></author>"

# (what stands in the document, what is put in its place, a part of the problem that must be found)
FAULTS = (
    ("</feed>", "", "not well-formed"),
    ("Harbour news", "Harbour & news", "not well-formed"),
    ("Harbour news", "Harbour \x0b news", "not well-formed"),
    ("http://www.w3.org/2005/Atom", "http://www.w3.org/2005/atom", "not feed in the Atom namespace"),
    ("<id>urn:uuid:5b1d2c1e-2f57-4b6b-9a0e-0c8a3a6d5f10</id>", "", "feed: no id"),
    ("<title>Harbour news</title>", "", "feed: no title"),
    ("<updated>2026-11-25T10:00:00Z</updated>\n  <author>", "<author>", "feed: no updated"),
    ("<title>Harbour news</title>", "<title>One</title><title>Two</title>", "feed: 2 title elements"),
    ("<generator uri", "<generator>other</generator><generator uri", "feed: 2 generator elements"),
    ("<x:shelf>", "<icon>i.png</icon><icon>i.png</icon><x:shelf>", "feed: 2 icon elements"),
    ("<x:shelf>", "<logo>i.png</logo><logo>i.png</logo><x:shelf>", "feed: 2 logo elements"),
    ("<x:shelf>", "<rights>a</rights><rights>b</rights><x:shelf>", "feed: 2 rights elements"),
    ("<x:shelf>", "<subtitle>again</subtitle><x:shelf>", "feed: 2 subtitle elements"),
    ("<id>tag:example.org,2026-11:ferry</id>", "", "feed/entry[1]: no id"),
    ('<title type="text">A ferry is late</title>', "", "feed/entry[1]: no title"),
    ("<updated>2026-11-25T09:00:00.25+02:00</updated>", "", "feed/entry[1]: no updated"),
    (DATE, DATE + DATE, "feed/entry[1]: 2 published elements"),
    (FERRY, FERRY + FERRY, "feed/entry[1]: 2 content elements"),
    ("<summary>A film.</summary>", "<summary>A</summary><summary>B</summary>", "feed/entry[2]: 2 summary elements"),
    ("<source>", "<source/><source>", "feed/entry[1]: 2 source elements"),
    ("<title>Port</title>", "<title>P</title><title>Q</title>", "feed/entry[1]/source: 2 title elements"),
    ("<title>Port</title>", "<entry/>", "entry has no place in source"),
    (AUTHOR, "", "feed: no author"),
    ("<name>A. Writer</name>", "", "feed/entry[2]/author: no name"),
    ("<name>A. Writer</name>", "<name>A</name><name>B</name>", "feed/entry[2]/author: 2 name elements"),
    ("<name>A. Writer</name>", "<name> </name>", "feed/entry[2]/author/name: blank"),
    ("<uri>https://example.org/desk</uri>", "<uri>the desk</uri>", "feed/author/uri: 'the desk'"),
    ("<email>desk@example.org</email>", "<email>desk</email>", "feed/author/email: 'desk'"),
    ("<email>desk@example.org</email>", "<email>a@b.org (A)</email>", "feed/author/email"),
    ("<name>A. Writer</name>", "<name>A</name><fax>1</fax>", "fax has no place in author"),
    ("<name>A. Writer</name>", "<name>A</name>, editor", "feed/entry[2]/author: text between the elements"),
    ("<content src", "lost words <content src", "feed/entry[2]: text between the elements"),
    ("<content src", "<pubDate>now</pubDate><content src", "pubDate has no place in entry"),
    ("<content src", '<content mode="escaped" src', "unknown attribute mode"),
    ('xml:lang="en-GB"', 'xml:lang="en_GB"', "xml:lang 'en_GB'"),
    ('xml:lang="en-GB"', 'xml:lang="english language"', "xml:lang"),
    ('xml:lang="en-GB"', 'xml:base="http://example.org/a b"', "xml:base"),
    (DATE, "<published>2026-11-25</published>", "no RFC 3339"),
    (DATE, "<published>2026-11-25T08:00Z</published>", "no RFC 3339"),
    (DATE, "<published>2026-11-25T08:00:00</published>", "no RFC 3339"),
    (DATE, "<published>2026-11-25t08:00:00z</published>", "no RFC 3339"),
    (DATE, "<published>2026-11-25 08:00:00Z</published>", "no RFC 3339"),
    (DATE, "<published>2026-11-25T08:00:00+0200</published>", "no RFC 3339"),
    (DATE, "<published>2026-11-25T08:00:00+25:00</published>", "no RFC 3339"),
    (DATE, "<published> 2026-11-25T08:00:00Z</published>", "no RFC 3339"),
    (DATE, "<published>2026-02-29T08:00:00Z</published>", "no RFC 3339"),
    (DATE, "<published>2026-11-25T24:00:00Z</published>", "no RFC 3339"),
    (DATE, "<published>2026-11-25T08:00:61Z</published>", "no RFC 3339"),
    (DATE, "<published>Wed, 25 Nov 2026 08:00:00 GMT</published>", "no RFC 3339"),
    (DATE, "<published/>", "no RFC 3339"),
    ("tag:example.org,2026-11:ferry", "ferry-1", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "/ferry", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "//example.org/ferry", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", " tag:example.org,2026-11:ferry", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "tag:example.org,26:ferry", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "tag:example.org:ferry", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "urn:uuid:1234", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "urn:ferry", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "http:///ferry", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "http://example.org/a%zz", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "http://example.org/?a[]=1", "no absolute IRI"),
    ("tag:example.org,2026-11:ferry", "urn:uuid:0c8a3a6d-2f57-4b6b-9a0e-5b1d2c1e5f11", "2 entries have the id"),
    ('title type="text"', 'title type="text/plain"', "type 'text/plain' is not text, html or xhtml"),
    ('title type="text"', 'title type=""', "type '' is not text, html or xhtml"),
    ("A ferry is late", "A <b>ferry</b>", "an element inside"),
    (FERRY, '<content type="html"><p>bare</p></content>', "an element inside"),
    (FERRY, "<content><p>bare</p></content>", "an element inside"),
    (FERRY, '<content type="text/plain"><p>bare</p></content>', "an element inside"),
    (SUMMARY, '<summary type="xhtml">It waits.</summary>', "exactly one XHTML div"),
    (SUMMARY, '<summary type="xhtml"><div>It waits.</div></summary>', "exactly one XHTML div"),
    (SUMMARY, SUMMARY.replace("</summary>", " and more</summary>"), "exactly one XHTML div"),
    (SUMMARY, SUMMARY.replace("em>", "x:em>"), "is no XHTML"),
    (FERRY, '<content type="multipart/mixed">x</content>', "no media type that content may have"),
    (FERRY, '<content type="markdown">x</content>', "no media type that content may have"),
    (SUMMARY + "\n    " + FERRY, '<content type="image/png">iVBORw0KGgo=</content>', "needs a summary"),
    (FERRY, '<content type="image/png">not base sixty-four</content>', "not base64"),
    ("<summary>A film.</summary>", "", "feed/entry[2]: content that is elsewhere or base64 needs a summary"),
    ('type="video/mp4"/>', 'type="video/mp4">words</content>', "content with src must be empty"),
    ('type="video/mp4"/>', 'type="html"/>', "type 'html' with src"),
    ('src="https://example.org/film.mp4"', 'src="https://example.org/a film.mp4"', "no IRI reference"),
    ('<content src="https://example.org/film.mp4" type="video/mp4"/>', "", "neither content nor an alternate link"),
    ('hreflang="ar" href', 'hreflang="en" href', "2 alternate links with type text/html, hreflang en"),
    ('<link href="https://example.org/topics/harbour"/>', '<link href="a"/><link href="b"/>', "2 alternate links"),
    (ENCLOSURE, '<link rel="enclosure"/>', "no href"),
    (ENCLOSURE, '<link rel="enclosure" href=""/>', "no href"),
    (ENCLOSURE, '<link rel="enclosure" href="a b.mp3"/>', "no IRI reference"),
    (ENCLOSURE, '<link rel="enclosure" href="{file}.mp3"/>', "no IRI reference"),
    (ENCLOSURE, '<link rel="audio" href="a.mp3"/>', "rel 'audio'"),
    (ENCLOSURE, '<link rel="" href="a.mp3"/>', "rel ''"),
    (ENCLOSURE, '<link rel=" self" href="a.mp3"/>', "rel ' self'"),
    (ENCLOSURE, '<link rel="enclosure" type="audio" href="a.mp3"/>', "type 'audio' is no media type"),
    (ENCLOSURE, '<link rel="enclosure" length="4 KB" href="a.mp3"/>', "length '4 KB'"),
    (ENCLOSURE, '<link rel="enclosure" length="-1" href="a.mp3"/>', "length '-1'"),
    (ENCLOSURE, '<link rel="enclosure" hreflang="e" href="a.mp3"/>', "hreflang 'e'"),
    (ENCLOSURE, '<link rel="enclosure" title="" href="a.mp3"/>', "blank title"),
    ('<category term="ferries"', "<category", "no term"),
    ('<category term="ferries"', '<category term=""', "no term"),
    ('scheme="https://example.org/subjects"', 'scheme="News/Sea"', "scheme 'News/Sea'"),
    (">machine</generator>", "/>", "feed/generator: blank"),
    ('uri="https://example.org/software"', 'uri="my software"', "feed/generator: uri"),
    ("Harbour news", "Harbour \u0093news\u0094", "feed/title: control character U+0093"),
    ("Harbour news", "Harbour \u202enews", "feed/title: control character U+202E"),
    ('label="Ferries"', 'label="Ferries\u202e"', "feed/entry[1]/category: control character U+202E"),
)  # fmt: skip

# Changes that leave the document valid.
VALID = (
    (ENCLOSURE, "", "an entry needs no enclosure"),
    (DATE, "<published>2016-12-31T23:59:60Z</published>", "a leap second"),
    (DATE, "<published>1996-12-19T16:39:57-08:00</published>", "an offset"),
    (AUTHOR, "<author><name>The desk</name></author><author><name>B</name></author>", "two authors"),
    (SUMMARY, "", "a summary is no must beside inline content"),
    (FERRY, '<content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg"/></content>', "inline XML"),
    (FERRY, '<content type="image/png">iVBO\n Rw0KGgo=</content>', "base64 may be broken into lines"),
    (FERRY, '<content type="text/csv; charset=utf-8">a,b</content>', "another text type with a parameter"),
    (FERRY, "<content>a &lt; b <!-- aside -->and</content>", "text is the default type; a comment is no element"),
    ('rel="enclosure"', 'rel="https://example.org/rel/audio"', "a relation of one's own is an IRI"),
    ('rel="enclosure"', 'rel="http://www.iana.org/assignments/relation/enclosure"', "a relation in its long form"),
    ("https://example.org/ferry.mp3", "audio/ferry.mp3", "a relative reference"),
    ("https://example.org/ferry.mp3", "https://مثال.example/عبارة", "an IRI"),
    ("https://example.org/ferry.mp3", "http://[2001:db8::1]:8080/a.mp3", "an IPv6 literal"),
    ('xml:lang="en-GB"', 'xml:lang=""', "no language is a language"),
    ('xml:lang="en-GB"', 'xml:lang="zh-Hant-TW-x-port"', "a long tag"),
    ("<x:place/>", "<x:place><x:name>A</x:name>words</x:place>", "a foreign element may hold anything"),
    ("<title>Port</title>", "", "a source need not be complete"),
)

ADVICE = (
    ('<link rel="self" type="application/atom+xml" href="https://example.org/feeds/harbour.atom"/>', "", "rel=self"),
    ("<title>Port</title>", "", "feed/entry[1]/source: no title"),
    (SUMMARY + "\n    " + FERRY, "", "neither summary nor content"),
    ("Harbour news", " ", "feed/title: blank"),
    ("&lt;p>It waits", "&lt;script>It waits", "[SecurityRisk]"),
    ("&lt;p>It waits", "&lt;p onclick='a()'>It waits", "[SecurityRiskAttr]"),
    ("&lt;p>It waits", "&lt;a href='javascript:a()'>It waits", "[SecurityRisk]"),
    ('type="video/mp4"/>', "/>", "src without type"),
)


def changed(old: str, new: str) -> bytes:
    assert FEED.count(old) >= 1, f"{old!r} is not in the document"
    return FEED.replace(old, new, 1).encode()


def test_a_correct_document_has_no_problem_and_needs_no_advice() -> None:
    assert problems(FEED.encode()) == ()
    assert advice(FEED.encode()) == ()


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS)
def test_a_fault_is_found(old: str, new: str, expected: str) -> None:
    found = problems(changed(old, new))
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(("old", "new", "why"), VALID)
def test_what_is_allowed_is_no_fault(old: str, new: str, why: str) -> None:
    assert problems(changed(old, new)) == (), why


@pytest.mark.parametrize(("old", "new", "expected"), ADVICE)
def test_what_should_be_otherwise_is_advice_and_no_problem(old: str, new: str, expected: str) -> None:
    document = changed(old, new)
    assert problems(document) == ()
    assert [text for text in advice(document) if expected in text], advice(document)


def test_an_entry_inherits_its_author_from_the_feed_or_from_its_source() -> None:
    without = FEED.replace(AUTHOR, "")
    assert [text for text in problems(without.encode()) if "author" in text]
    with_source = without.replace("<title>Port</title>", "<title>Port</title><author><name>Port</name></author>")
    assert problems(with_source.encode()) == ()


def test_a_feed_without_entries_is_valid() -> None:
    head, _, rest = FEED.partition("  <entry>")
    assert problems((head + rest[rest.rindex("</entry>") + len("</entry>") :]).encode()) == ()


def test_the_order_of_elements_does_not_matter() -> None:
    moved = FEED.replace("<title>Harbour news</title>", "").replace("</feed>", "<title>Harbour news</title></feed>")
    assert problems(moved.encode()) == ()


def test_an_entry_document_is_not_a_feed_document() -> None:
    entry = b'<entry xmlns="http://www.w3.org/2005/Atom"/>'
    assert problems(entry) == ("the root is {http://www.w3.org/2005/Atom}entry, not feed in the Atom namespace",)


def test_entities_are_not_expanded() -> None:
    bomb = FEED.replace("<feed", '<!DOCTYPE feed [<!ENTITY a "boom">]><feed', 1).replace("Harbour news", "&a;", 1)
    assert not any("boom" in text for text in problems(bomb.encode()))
