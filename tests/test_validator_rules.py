"""The rules by which a feed validator warns: each is found in a document that breaks it alone, none in one that breaks none."""

from datetime import UTC, datetime

import pytest

from tests.canonical_uri import canonical
from tests.html_rules import faults
from tests.validator_rules import foreign_namespaces, warnings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0">
<id>urn:uuid:5b1d2c1e-2f57-4b6b-9a0e-0c8a3a6d5f10</id>
<title>Q&amp;A with AT&amp;T, 3 &lt; 4</title>
<updated>2026-03-01T10:00:00Z</updated>
<author><name>R&amp;D desk</name></author>
<link rel="self" type="application/atom+xml" href="https://desk.example/feeds/a.atom"/>
<link rel="current" href="https://desk.example/feeds/b.atom"/>
<link rel="prev-archive" href="https://desk.example/feeds/c.atom"/>
<fh:archive/>
<entry>
<id>https://desk.example/talks</id>
<title type="html">Use &amp;lt;/b&gt;</title>
<updated>2026-03-01T10:00:00Z</updated>
<link href="https://desk.example/talks" title="The talks"/>
<category term="ly" label="Libya"/>
<content type="html">&lt;p&gt;Envoys &amp;amp; states.&lt;/p&gt;</content>
</entry>
</feed>
"""
RSS = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel>
<title>Talks</title><link>https://desk.example/</link><description>All of them</description>
<atom:link rel="self" href="https://desk.example/feeds/a.rss"/>
<item>
<title>Talks &#x26;amp; &#x3C;draft></title>
<link>https://desk.example/talks</link>
<description>&lt;p&gt;Envoys.&lt;/p&gt;</description>
<guid isPermaLink="false">urn:example:talks</guid>
<pubDate>Sun, 01 Mar 2026 11:00:00 GMT</pubDate>
<enclosure url="https://desk.example/a.mp3" length="9" type="audio/mpeg"/>
<media:content url="https://desk.example/a.mp3" fileSize="9"><media:title>The talks</media:title></media:content>
</item>
</channel>
</rss>
"""
SELF = '<link rel="self" type="application/atom+xml" href="https://desk.example/feeds/a.atom"/>'
CURRENT = '<link rel="current" href="https://desk.example/feeds/b.atom"/>'
TITLE, TALKS = "Q&amp;A with AT&amp;T, 3 &lt; 4", "Talks &#x26;amp; &#x3C;draft>"
# (what stands in the document, what is put in its place, the validator's name for it)
IN_ATOM = (
    (TITLE, "Talks &lt;/b&gt;", "ContainsUndeclaredHTML"),
    (TITLE, "Talks &amp;copy; desk", "ContainsUndeclaredHTML"),
    (TITLE, "S&amp;P500", "ContainsUndeclaredHTML"),
    (TITLE, "Caf\ufffd", "BadCharacters"),
    (TITLE, "CafÃ©", "BadCharacters"),
    (TITLE, "a \u0092 b", "BadCharacters"),
    ("R&amp;D desk", "&amp;nbsp;", "ContainsHTML"),
    ("R&amp;D desk", "A &lt;a@desk.example&gt;", "ContainsEmail"),
    ('title="The talks"', 'title="&lt;/i&gt;"', "ContainsHTML"),
    ('title="The talks"', 'title=" "', "AttrNotBlank"),
    ('label="Libya"', 'label="&amp;amp;"', "ContainsHTML"),
    ("<updated>2026", "<updated>1926", "ImplausibleDate"),
    ("<updated>2026", "<updated>2036", "ImplausibleDate"),
    ("<id>https://desk.example/talks", "<id>https://desk.example", "NonCanonicalURI"),
    ("<id>https://desk.example/talks", "<id>https://Desk.example/talks", "NonCanonicalURI"),
    ("<id>https://desk.example/talks", "<id>yt:video:1", "SchemeNotIANARegistered"),
    ('<link href="https://', '<link href="rtmpx://', "SchemeNotIANARegistered"),
    ('title="The talks"/>', 'title="The talks">here</link>', "AtomLinkNotEmpty"),
    ('<link href="https://desk.example/talks"', '<link rel="next" href="https://desk.example/talks"', "FeedHistoryRelInEntry"),
    ("<entry>", '<entry xml:lang="English">', "InvalidLanguage"),
    (SELF, "", "MissingSelf"),
    (SELF, '<link rel="self" href="/feeds/a.atom"/>', "RelativeSelf"),
    (SELF, SELF.replace("atom+xml", "json"), "SelfNotAtom"),
    (SELF, SELF.replace("a.atom", "other.atom"), "SelfDoesntMatchLocation"),
    ('<link rel="prev-archive" href="https://desk.example/feeds/c.atom"/>', "", "ArchiveIncomplete"),
    (CURRENT, "", "MissingCurrentInArchive"),
    ("<fh:archive/>", "<fh:complete/>", "FeedRelInCompleteFeed"),
    ("<fh:archive/>", "<fh:complete/>", "CurrentNotSelfInCompleteFeed"),
    (CURRENT, CURRENT + SELF.replace('"self"', '"first"') + '<link rel="previous" href="https://desk.example/p"/>', "LinkPastEnd"),
    ("</entry>", "</entry><subtitle>x</subtitle>", "MisplacedMetadata"),
    ('xmlns:fh="', 'xmlns:dc="urn:example:other" xmlns:fh="', "ReservedPrefix"),
    ('xmlns:fh="', 'xmlns:a="http://www.w3.org/2005/Atom" xmlns:fh="', "AvoidNamespacePrefix"),
    ('xmlns:fh="', 'xmlns:media="http://search.yahoo.com/mrss" xmlns:fh="', "MediaRssNamespace"),
    ("&lt;p&gt;Envoys", "&lt;p&gt;&lt;script&gt;", "SecurityRisk"),
)  # fmt: skip
IN_RSS = (
    (TALKS, "Talks &lt;draft&gt;", "CharacterData"),
    (TALKS, "Talks &lt;/b&gt;", "ContainsHTML"),
    (TALKS, "Talks &amp;amp; more", "ContainsHTML"),
    ("All of them", "All &amp;nbsp; of them", "ContainsHTML"),
    ("<pubDate>Sun, 01 Mar 2026 11", "<pubDate>Sun, 01 Mar 2026 13", "ImplausibleDate"),
    ('<atom:link rel="self"', '<atom:link rel="related"', "MissingSelf"),
    ("a.rss", "b.rss", "SelfDoesntMatchLocation"),
    ("&lt;p&gt;Envoys", "&lt;p&gt;&lt;img src='a.png'&gt;", "ContainsRelRef"),
    ("&lt;p&gt;Envoys", "&lt;p&gt;&lt;div&gt;", "NotHtml"),
    ('fileSize="9"', 'fileSize="0"', "InvalidPositiveInteger"),
    ("<media:title>", '<media:title type="text">', "InvalidMediaTextType"),
    ("<media:title>", "<media:title>&amp;lt;", "ContainsUndeclaredHTML"),
    ("<item>", "<item><atom:title>Talks</atom:title>", "DuplicateDescriptionSemantics"),
    ('enclosure url="https', 'enclosure url="feedx', "SchemeNotIANARegistered"),
)  # fmt: skip
MARKUP = (
    ("<p>a</p><p>b", (), "a paragraph may stay open"),
    ("<ul><li>a<li>b</ul><dl><dt>a<dd>b</dl>", (), "items end where the next begins"),
    ("<table><tr><th>a<td>b<tr><td>c</table>", (), "so do cells and rows"),
    ("a &amp; b &#233; & c < d", ("NotHtml",), '"<" that opens nothing'),
    ("a & b", (), "an ampersand before a space"),
    ("a &b; c", ("NotHtml",), "a reference that nobody knows"),
    ("a &copy b", ("NotHtml",), "a reference without its end"),
    ("it&#x92;s", ("NotHtml",), "a reference to a control"),
    ("<p>a<div>b</div></p>", ("NotHtml",), "the block ended the paragraph"),
    ("<b>a", ("NotHtml",), "open at the end"),
    ("<b><i>a</b></i>", ("NotHtml",), "crossed"),
    ('<a href="https://a.example/">a<a href="https://b.example/">b</a></a>', ("NotHtml",), "a link in a link"),
    ("<h1>a<h2>b</h2></h1>", ("NotHtml",), "a heading in a heading"),
    ("<td>a</td>", ("NotHtml",), "a cell without a table"),
    ("<table>a<tr><td>b</td></tr></table>", ("NotHtml",), "text between rows"),
    ("<widget>a</widget>", ("NotHtml",), "no element of HTML"),
    ("<p class=a class=b>c</p>", ("NotHtml",), "an attribute twice"),
    ("<iframe></iframe>", ("SecurityRisk",), "a frame"),
    ("<p onclick=a()>b</p>", ("SecurityRiskAttr",), "a handler"),
    ("<p style='top:0'>a</p>", ("DangerousStyleAttr",), "a style"),
    ("<a href=' javascript:a()'>b</a>", ("SecurityRisk",), "an address that is run"),
    ("<a href='b.html'>b</a>", ("ContainsRelRef",), "an address without a base"),
)  # fmt: skip
CANONICAL = (
    ("https://a.example", "https://a.example/"),
    ("HTTPS://A.example/b", "https://a.example/b"),
    ("https://a.example:443/b", "https://a.example/b"),
    ("https://a.example:8443/b", "https://a.example:8443/b"),
    ("https://a.example/b/../c/./d", "https://a.example/c/d"),
    ("https://a.example/%7eb/%c3%a9%2f", "https://a.example/~b/%C3%A9%2F"),
    ("https://a.example/b?", "https://a.example/b?"),
    ("https://a.example/é", "https://a.example/%C3%A9"),
    ("urn:uuid:5b1d2c1e-2f57-4b6b-9a0e-0c8a3a6d5f10", "urn:uuid:5b1d2c1e-2f57-4b6b-9a0e-0c8a3a6d5f10"),
    ("tag:a.example,2026:b", "tag:a.example,2026:b"),
    ("https://a.example/%zz", None),
)


def named(document: str, location: str) -> set[str]:
    found = warnings(document.encode(), now=NOW, location=location)
    return {one.rpartition("[")[2].rstrip("]") for one in found}


def test_there_is_nothing_to_warn_of_in_plain_documents() -> None:
    assert named(ATOM, "https://desk.example/feeds/a.atom") == set()
    assert named(RSS, "https://desk.example/feeds/a.rss") == set()


@pytest.mark.parametrize(("old", "new", "name"), IN_ATOM)
def test_each_warning_about_atom_is_given(old: str, new: str, name: str) -> None:
    assert old in ATOM
    assert name in named(ATOM.replace(old, new, 1), "https://desk.example/feeds/a.atom")


@pytest.mark.parametrize(("old", "new", "name"), IN_RSS)
def test_each_warning_about_rss_is_given(old: str, new: str, name: str) -> None:
    assert old in RSS
    assert name in named(RSS.replace(old, new, 1), "https://desk.example/feeds/a.rss")


@pytest.mark.parametrize(("markup", "names", "why"), MARKUP)
def test_html_is_read_strictly(markup: str, names: tuple[str, ...], why: str) -> None:
    assert {name for name, _ in faults(markup)} == set(names), why


@pytest.mark.parametrize(("uri", "form"), CANONICAL)
def test_an_address_has_one_canonical_form(uri: str, form: str | None) -> None:
    assert canonical(uri) == form


def test_vocabularies_are_known_or_foreign() -> None:
    assert foreign_namespaces(RSS.encode()) == ()
    other = ATOM.replace("<fh:archive/>", '<fh:archive/><x:y xmlns:x="urn:example:own"/>')
    assert foreign_namespaces(other.encode()) == ("urn:example:own",)
