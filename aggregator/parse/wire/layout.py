"""Lines of a text -> paragraphs, with what stands above and below the text taken off and kept apart."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from aggregator.datelines.grammar import match_dateline
from aggregator.datelines.vocabulary import Vocabulary
from aggregator.parse.wire.lines import is_navigation, is_sign_off, is_timestamp, is_wire_header, sign_off_start

# Where a line is longer nobody wrapped it: it is a whole paragraph.
_WRAPPED_WIDTH = 120
_HEAD_LINES = 14
_SEPARATOR = re.compile(r"(?:[-=*_#~]\s?){3,}|-0-")
_MAX_SEPARATORS = 200
_MORE_THAN_A_HEADLINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The text's paragraphs in order, and the lines around them as printed."""

    paragraphs: tuple[str, ...]
    timestamp_lines: tuple[str, ...]
    dropped_lines: tuple[str, ...]
    credit_line: str | None


def lay_out(text: str, vocabulary: Vocabulary) -> Layout:
    """The paragraphs without navigation, time stamps and sign-off. Only the edges are looked at: a text may say "Share"."""
    lines = [line.rstrip() for line in text.split("\n")]
    lines, below = _cut_bottom(lines)
    lines, above = _cut_top(lines, vocabulary)
    paragraphs, credits_ = _cut_sign_off(list(paragraphs_of(lines, vocabulary)), vocabulary)
    around = [line.strip() for line in (*above, *below)]
    return Layout(
        paragraphs=tuple(paragraphs),
        timestamp_lines=tuple(line for line in around if is_timestamp(line)),
        dropped_lines=tuple(around),
        credit_line=" ".join(credits_) or None,
    )


def second_text(text: str, vocabulary: Vocabulary) -> int | None:
    """The number of the line at which a separator is followed by another headline with its dateline, or None."""
    lines = [line.rstrip() for line in text.split("\n")]
    separators = [i for i, line in enumerate(lines) if _SEPARATOR.fullmatch(line.strip())]
    for i in separators[:_MAX_SEPARATORS]:
        after, _ = _cut_top(lines[i + 1 : i + 1 + 2 * _HEAD_LINES], vocabulary)
        if _is_an_article(lines[:i], vocabulary) and _has_dateline(
            list(paragraphs_of(after, vocabulary))[1:5], vocabulary
        ):
            return i + 1
    return None


def _is_an_article(lines: list[str], vocabulary: Vocabulary) -> bool:
    """Whether more stands here than a headline, which may be underlined."""
    is_long = sum(map(len, lines)) > _MORE_THAN_A_HEADLINE
    return is_long or _has_dateline(list(paragraphs_of(lines, vocabulary)), vocabulary)


def _has_dateline(paragraphs: Sequence[str], vocabulary: Vocabulary) -> bool:
    return any(match_dateline(paragraph, vocabulary) for paragraph in paragraphs)


def paragraphs_of(lines: Iterable[str], vocabulary: Vocabulary) -> Iterable[str]:
    """Paragraphs by blank lines; inside a block by indent, or a line each where nobody wrapped them."""
    for blank, block in groupby(lines, key=lambda line: not line.strip()):
        if not blank:
            yield from _paragraphs_of_block(list(block), vocabulary)


def _paragraphs_of_block(block: list[str], vocabulary: Vocabulary) -> Iterable[str]:
    if any(len(line) > _WRAPPED_WIDTH for line in block):
        return [_joined([line]) for line in block]
    at = _dateline_at(block, vocabulary)
    above = [_joined([line]) for line in block[:at]]  # headline and standfirst, a line each
    return [*above, *_by_indent(block[at:])]


def _dateline_at(block: list[str], vocabulary: Vocabulary) -> int:
    """The line that begins with a dateline and goes on with text: "Reuter" alone is a sign-off."""
    for i in range(1, min(len(block), _HEAD_LINES)):
        text = _joined(block[i : i + 4])
        found = match_dateline(text, vocabulary)
        if found and found.end < len(text):
            return i
    return 0


def _by_indent(block: list[str]) -> list[str]:
    indented = [line[:1] in " \t" for line in block]
    if all(indented) or not any(indented):
        return [_joined(block)]
    starts = [i for i, is_indented in enumerate(indented) if is_indented or i == 0]
    return [_joined(block[start:end]) for start, end in zip(starts, [*starts[1:], len(block)], strict=True)]


def _joined(lines: Sequence[str]) -> str:
    return " ".join(" ".join(lines).split())


def _cut_bottom(lines: list[str]) -> tuple[list[str], list[str]]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or is_navigation(lines[end - 1]) or is_timestamp(lines[end - 1])):
        end -= 1
    return lines[:end], [line for line in lines[end:] if line.strip()]


def _cut_top(lines: list[str], vocabulary: Vocabulary) -> tuple[list[str], list[str]]:
    """Navigation may stand between headline and dateline as well, so the head goes on to the dateline or a long line."""
    dropped: list[str] = []
    kept: list[str] = []
    seen = 0
    for i, line in enumerate(lines):
        seen += bool(line.strip())
        if seen > _HEAD_LINES or len(line) > _WRAPPED_WIDTH * 2 or match_dateline(line.strip(), vocabulary):
            return kept + lines[i:], dropped
        if is_navigation(line) or is_timestamp(line) or is_wire_header(line):
            dropped.append(line)
        else:
            kept.append(line)
    return kept, dropped


def _cut_sign_off(paragraphs: list[str], vocabulary: Vocabulary) -> tuple[list[str], list[str]]:
    credits_: list[str] = []
    while len(paragraphs) > 1 and is_sign_off(paragraphs[-1], vocabulary):
        credits_.insert(0, paragraphs.pop())
    if paragraphs:
        start = sign_off_start(paragraphs[-1], vocabulary)
        if start:
            credits_.insert(0, paragraphs[-1][start:].strip())
            paragraphs[-1] = paragraphs[-1][:start].rstrip()
    return paragraphs, credits_
