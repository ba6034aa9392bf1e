"""Bytes -> text without BOM, XML declaration and DOCTYPE: the charset is decided here, before any parser guesses it."""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from aggregator.errors import NotAFeed
from aggregator.model.parsed import Defect

_DECLARED_IN_TYPE = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]+)", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,200}?\?>")
_DECLARED_IN_XML = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}?\?>")
# The prolog only: a DOCTYPE that stands inside an item's CDATA is text. A comment or instruction without end takes the rest.
_PROLOG_PART = re.compile(r"\s+|<\?.*?(?:\?>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^>\[\"']|\"[^\"]*\"|'[^']*')*(>?)", re.IGNORECASE)
_HTML_DOCTYPE = re.compile(r"<!DOCTYPE\s+html\b", re.IGNORECASE)
# What XML forbids in any form (XML 1.0 2.2 Char, 4.1): one makes a whole document ill-formed.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));"
    # Halves of a pair.
    "|&#(?:0*(?:5529[6-9]|55[3-9][0-9][0-9]|56[0-9]{3}|57[0-2][0-9][0-9]|573[0-3][0-9]|5734[0-3])|[xX]0*[dD][89a-fA-F][0-9a-fA-F]{2});"
)
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# XML 1.0 appendix F: how "<" begins where a BOM is missing.
_UTF_16 = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
# What a label means (https://encoding.spec.whatwg.org/#names-and-labels): authors who write the one use the other.
_WIDER = {
    "ascii": "windows-1252",
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Python's names for what is no charset of a document.
_NO_CHARSET = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The document as text, ready to be encoded as UTF-8 for a parser."""

    text: str
    defects: tuple[Defect, ...]


def decode(body: bytes, content_type: str | None) -> Decoded:
    """Decide the charset: a BOM, then strict UTF-8 whatever anyone declares, then what is declared, then the bytes.

    A UTF-8 body labelled windows-1251 would come out of feedparser as mojibake without a word.
    Raises NotAFeed for a DOCTYPE with an internal subset: entity bombs need one, no feed does.
    """
    for start, name in _BOMS:
        if body.startswith(start):
            return _finish(body[len(start) :].decode(name, "replace"), ())
    for start, name in _UTF_16:
        if body.startswith(start):
            return _finish(body.decode(name, "replace"), ())
    declared = _declared(body, content_type)
    text = _strictly(body, "utf-8")
    if text is not None:
        return _finish(text, () if body.isascii() else _mislabelled(declared, "utf-8"))
    text = _damaged_utf8(body)
    if text is not None:
        return _finish(text, (Defect(kind="charset", detail="UTF-8 with broken characters"),))
    text = _strictly(body, declared) if declared else None
    if text is not None:
        return _finish(text, ())
    name = _guess(body)
    return _finish(body.decode(name, "replace"), _mislabelled(declared, name))


def _declared(body: bytes, content_type: str | None) -> str | None:
    """The document's own word first: its author wrote both together, the server's label is often a default."""
    head = _XML_DECLARATION.match(body)
    in_xml = _DECLARED_IN_XML.search(head.group()) if head else None
    if in_xml:
        return in_xml.group(1).decode("ascii")
    in_type = _DECLARED_IN_TYPE.search(content_type or "")
    return in_type.group(1) if in_type else None


def _strictly(body: bytes, name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
        return None if found in _NO_CHARSET else body.decode(_WIDER.get(found, found))
    except (UnicodeError, LookupError, ValueError):
        return None


def _damaged_utf8(body: bytes) -> str | None:
    """The text where a few bytes are no UTF-8: a download cut inside a letter, one field in another charset.

    In another charset nearly every letter beyond ASCII would be broken.
    """
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(character > "\x7f" for character in text) - broken
    return text if whole >= 10 * broken else None


def _guess(body: bytes) -> str:
    """The likeliest charset; windows-1252 where its words are as likely, since most such documents are in it."""
    matches = from_bytes(body[:200_000])
    best = matches.best()
    if best is None:
        return "windows-1252"
    as_likely = any(match.encoding == "cp1252" and match.coherence >= best.coherence for match in matches)
    return "windows-1252" if as_likely else best.encoding


def _mislabelled(declared: str | None, found: str) -> tuple[Defect, ...]:
    def plainly(name: str) -> str:
        return name.lower().replace("_", "-").replace("us-ascii", "utf-8")

    if declared is None or plainly(declared) in (plainly(found), "utf8"):
        return ()
    return (Defect(kind="charset", detail=f"declared {declared[:40]}, read as {found.replace('_', '-')}"),)


def _finish(text: str, defects: tuple[Defect, ...]) -> Decoded:
    # By themselves first: a pattern keeps a list of all it finds, 50 MB for a lost file of 5 MB of NULs.
    nuls = text.count("\0")
    text = text.replace("\0", "") if nuls else text
    forbidden = nuls
    # All that is forbidden is not printable either; to ask that first takes a tenth of the time.
    if "&#" in text or not _is_printable(text):
        text, found = _FORBIDDEN.subn("", text)
        forbidden += found
    # After it: in UTF-32 without a BOM the declaration is full of NULs.
    text = _DECLARATION.sub("", text, count=1)
    if forbidden:
        detail = f"{forbidden} characters that XML forbids were left out"
        defects = (*defects, Defect(kind="characters", detail=detail))
    return Decoded(text=_without_doctype(text), defects=defects)


def _is_printable(text: str) -> bool:
    # `translate` is quick on ASCII alone: 2.9 ms on 58 KB of another text.
    return text.replace("\n", " ").replace("\t", " ").replace("\r", " ").isprintable()


def _without_doctype(text: str) -> str:
    """Every DOCTYPE of the prolog taken out but that of HTML, which tells what the document is."""
    at = kept_from = 0
    kept: list[str] = []
    while True:
        while part := _PROLOG_PART.match(text, at):
            at = part.end()
        doctype = _DOCTYPE.match(text, at)
        if doctype is None:
            # Joined once: cut out one by one, 50,000 of them would copy the document as often.
            return "".join((*kept, text[kept_from:]))
        if not doctype.group(1):
            raise NotAFeed("a DOCTYPE with an internal subset is refused: its entities can be made to explode")
        if not _HTML_DOCTYPE.match(text, at):
            kept.append(text[kept_from:at])
            kept_from = doctype.end()
        at = doctype.end()
