"""A text file's bytes -> text: one charset decided, newlines and spaces repaired, invisible characters gone."""

import re

from charset_normalizer import from_bytes

from aggregator.errors import UnreadableDocument
from aggregator.html import clean, composed, to_text

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_FORMATS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "compressed"),
)
# The letters that make up most of any Russian or Arabic text; read in the other's charset they are accents and marks.
_FREQUENT = {"cp1251": frozenset("оеаинтсрвлкмд"), "cp1256": frozenset("اليمنتورهبةدع")}
_SAMPLE = 20_000
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# News agencies frame their messages in a handful of control characters (IPTC 7901); pictures consist of them.
_MAX_CONTROL_SHARE = 0.02

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
# The right-to-left mark U+200F stays: Arabic is shown wrongly without it.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# Joiners are spelling between Arabic or Indic letters, rubbish of copying anywhere else.
_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])")
_MARKUP = re.compile(
    r"\s*(?:<!doctype html|<(?:html|head|body|article|section|div|p|h[1-6])\b[^<>]{0,500}>)", re.IGNORECASE
)


def read_text(body: bytes) -> str:
    """The document as NFC text with "\\n" between lines.

    Charset: a BOM, else UTF-8, else cp1251 or cp1256 by their letters, else what charset-normalizer says.
    A page saved under the name of a text is stripped of its markup. Raises UnreadableDocument for what is no text.
    """
    for magic, name in _FORMATS:
        if body.startswith(magic):
            raise UnreadableDocument(f"this is {name}, not a text: save its words as UTF-8 text")
    text = _decode(body)
    if len(_CONTROL.findall(text[:_SAMPLE])) > _MAX_CONTROL_SHARE * min(len(text), _SAMPLE):
        raise UnreadableDocument("this is binary data, not a text: save its words as UTF-8 text")
    if _MARKUP.match(text):
        text = to_text(clean(text))
    text = _CONTROL.sub("", _NEWLINES.sub("\n", text.replace("\u2029", "\n\n")))
    text = _JOINER.sub("", _INVISIBLE.sub("", _SPACES.sub(" ", text)))
    if not text.strip():
        raise UnreadableDocument("the file is empty")
    return composed(text)


def _decode(body: bytes) -> str:
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode(_charset(body[:_SAMPLE]), "replace")


def _charset(sample: bytes) -> str:
    high = sum(byte >= 0xC0 for byte in sample)
    low = sum(bytes((byte,)).isalpha() for byte in sample)
    if high * 4 < low:
        return "cp1252"  # Latin letters with a few accents among them
    best = max(_FREQUENT, key=lambda name: _share_of_frequent(sample, name))
    if _share_of_frequent(sample, best) >= 0.6:
        return best
    guess = from_bytes(sample).best()
    return guess.encoding if guess else best


def _share_of_frequent(sample: bytes, name: str) -> float:
    letters = [letter for letter in sample.decode(name, "replace").lower() if letter > "\x7f" and letter.isalpha()]
    return sum(letter in _FREQUENT[name] for letter in letters) / max(len(letters), 1)
