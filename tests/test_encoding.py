"""The charset of a document is found, whatever is said of it, and no DOCTYPE reaches a parser."""

import pytest

from aggregator.errors import NotAFeed
from aggregator.model.parsed import Defect
from aggregator.parse.encoding import decode

RUSSIAN = "<t>Посол встретился с министром в столице, сообщили в понедельник</t>"
ARABIC = "<t>التقى السفير الوزير في العاصمة يوم الاثنين وبحث معه العلاقات بين البلدين</t>"
FRENCH = "<t>Le café où l’été s’achève à Orléans, déjà</t>"
POLISH = "<t>Zażółć gęślą jaźń w Łodzi, powiedział minister śląski</t>"


def said(charset: str) -> str:
    return f"<?xml version='1.0' encoding='{charset}'?>"


# (text, written in, what the document says, what the server says, defects, why)
CHARSETS = (
    (RUSSIAN, "utf-8", "utf-8", None, (), "all is well"),
    (RUSSIAN, "utf-8", None, None, (), "UTF-8 needs no word"),
    (RUSSIAN, "utf-8", "windows-1251", None, ("declared windows-1251, read as utf-8",), "UTF-8 under another label"),
    (RUSSIAN, "utf-8", None, "text/xml; charset=koi8-r", ("declared koi8-r, read as utf-8",), "the server's label"),
    (RUSSIAN, "cp1251", "windows-1251", None, (), "a declared charset"),
    (RUSSIAN, "cp1251", "utf-8", None, ("declared utf-8, read as cp1251",), "another charset under the label UTF-8"),
    (RUSSIAN, "koi8-r", "koi8-r", "text/xml; charset=windows-1251", (), "the document's word beats the server's"),
    (RUSSIAN, "utf-16", "utf-16", None, (), "UTF-16 with a mark"),
    (RUSSIAN, "utf-16-le", "utf-16", None, (), "UTF-16 without one"),
    (RUSSIAN, "utf-16-be", "utf-16", None, (), "in the other order"),
    (RUSSIAN, "utf-32", None, None, (), "UTF-32 with a mark, which begins like that of UTF-16"),
    (RUSSIAN, "utf-8-sig", "windows-1251", None, (), "a mark beats every word"),
    (ARABIC, "cp1256", None, None, (), "Arabic without a word"),
    (ARABIC, "cp1256", None, 'text/xml; charset="windows-1256"', (), "the server's word"),
    (ARABIC, "cp1256", "utf-8", None, ("declared utf-8, read as cp1256",), "Arabic under the label UTF-8"),
    (FRENCH, "cp1252", "iso-8859-1", None, (), "Latin-1 with the quotation marks of windows-1252"),
    (FRENCH, "cp1252", "us-ascii", None, (), "ASCII that is none"),
    (FRENCH, "cp1252", None, None, (), "western letters without a word"),
    (POLISH, "cp1250", None, None, (), "and those further east"),
    ("<t>Tide</t>", "ascii", "iso-8859-1", None, (), "a label is not wrong where every charset reads the same"),
    (FRENCH, "utf-8", "x-nonsense", None, ("declared x-nonsense, read as utf-8",), "a label that nobody knows"),
    (
        FRENCH,
        "cp1252",
        "unicode_escape",
        None,
        ("declared unicode_escape, read as windows-1252",),
        "a codec, no charset",
    ),
)


@pytest.mark.parametrize("case", CHARSETS, ids=lambda case: case[-1])
def test_the_charset_is_found(case: tuple[str, str, str | None, str | None, tuple[str, ...], str]) -> None:
    text, written, document, server, defects, why = case
    body = ((said(document) if document else "") + text).encode(written)
    found = decode(body, server)
    assert found.text == text, why
    assert found.defects == tuple(Defect(kind="charset", detail=detail) for detail in defects), why


def test_utf8_that_breaks_off_inside_a_letter_stays_utf8() -> None:
    found = decode((said("utf-8") + RUSSIAN).encode()[: -len("к</t>".encode()) + 1], None)
    assert found.text == RUSSIAN.removesuffix("к</t>") + "\ufffd"
    assert found.defects == (Defect(kind="charset", detail="UTF-8 with broken characters"),)


def test_what_xml_forbids_is_taken_out_and_told() -> None:
    found = decode("<t>a\x00b\x0b&#11;&#x1F;&#x0b;c\ufffe d&#10;&#x20;</t>".encode(), None)
    assert found.text == "<t>abc d&#10;&#x20;</t>"
    assert found.defects == (Defect(kind="characters", detail="6 characters that XML forbids were left out"),)


# (document, what is left of it, why)
DOCTYPES = (
    (
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//N//DTD" "http://dtd.example/rss.dtd"><rss/>',
        "<rss/>",
        "an old RSS",
    ),
    ("<!doctype rss><rss/>", "<rss/>", "in any case of letters"),
    ("<!-- made by hand --><!DOCTYPE rss><rss/>", "<!-- made by hand --><rss/>", "behind a comment"),
    ('<!DOCTYPE rss SYSTEM "a>b"><rss/>', "<rss/>", "with a sign in quotation marks"),
    ("<!DOCTYPE html><html/>", "<!DOCTYPE html><html/>", "that of HTML tells what the document is"),
    ("<rss><![CDATA[<!DOCTYPE x [y]>]]></rss>", "<rss><![CDATA[<!DOCTYPE x [y]>]]></rss>", "in CDATA it is text"),
    ("<rss>&lt;!DOCTYPE x [y]></rss>", "<rss>&lt;!DOCTYPE x [y]></rss>", "and so it is when escaped"),
)

BOMBS = {
    '<!DOCTYPE rss [<!ENTITY a "b">]><rss>&a;</rss>': "an entity",
    '<?xml version="1.0"?>\n<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>': "a file",
    '<!-- c --><?style x?>\n<!DOCTYPE rss [<!ENTITY a "b">]><rss/>': "behind other things",
    '<!DOCTYPE rss SYSTEM "a>b" [<!ENTITY a "b">]><rss/>': "behind a quoted sign that ends a DOCTYPE",
    "<!DOCTYPE rss SYSTEM '[' [<!ENTITY a 'b'>]><rss/>": "behind a quoted bracket",
    '<!DOCTYPE rss><!DOCTYPE rss [<!ENTITY a "b">]><rss/>': "in a second DOCTYPE",
    '<!DOCTYPE rss SYSTEM "' + "x" * 5000 + '" [<!ENTITY a "b">]><rss/>': "behind a long name",
    "<!--" + "x" * 50_000 + '--><!DOCTYPE rss [<!ENTITY a "b">]><rss/>': "behind a long comment",
    '<!DOCTYPE html [<!ENTITY a "b">]><html/>': "in HTML",
    "<!DOCTYPE rss": "without an end",
}


@pytest.mark.parametrize(("document", "expected", "why"), DOCTYPES)
def test_a_doctype_is_taken_out(document: str, expected: str, why: str) -> None:
    assert decode(document.encode(), None).text == expected, why


@pytest.mark.parametrize("document", BOMBS, ids=BOMBS.values())
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_a_doctype_with_entities_is_refused(document: str, charset: str) -> None:
    with pytest.raises(NotAFeed, match="internal subset is refused"):
        decode(document.encode(charset), None)


@pytest.mark.parametrize("body", [b"", b" \n", b"\xef\xbb\xbf"])
def test_nothing_is_an_empty_text(body: bytes) -> None:
    assert decode(body, None).text.strip() == ""
