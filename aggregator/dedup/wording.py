"""Words that change what a text says (numbers, days, denials) and words that mark a kind of text."""

import re
from collections.abc import Mapping

from aggregator.dates import FULL_MONTHS
from aggregator.dates import WEEKDAYS as WEEKDAY_NAMES
from aggregator.text import folded


def _set(words: str) -> frozenset[str]:
    return frozenset(folded(words).split())


# Two to twelve as words, folded, in the languages of the term packs. "One" is left out: it is an article in most of them.
_SPELLED = (
    "two deux due два две двое اثنان اثنين",
    "three trois tre три трое ثلاثه ثلاث",
    "four quatre quattro четыре اربعه اربع",
    "five cinq cinque пять خمسه خمس",
    "six sei шесть сته ست",
    "seven sept sette семь سبعه سبع",
    "eight huit otto восемь ثمانيه",
    "nine neuf nove девять تسعه تسع",
    "ten dix dieci десять عشره عشر",
    "eleven onze undici одиннадцать",
    "twelve douze dodici двенадцать",
)
NUMBERS: Mapping[str, str] = {word: str(n) for n, words in enumerate(_SPELLED, start=2) for word in words.split()}

# Denials, and verbs that deny: "would not comment" and "declined to comment" say the same.
NEGATIONS = _set(
    "not no never nor neither without none cannot nobody denied denies deny refused refuses declined declines rejected "
    "unable failed fails isn aren wasn weren doesn didn wouldn couldn shouldn hasn haven "
    "ne pas jamais aucun aucune sans nie non mai nessun nessuna senza nega negato nicht kein keine nie ohne nunca sin "
    "не нет ни без никогда отрицает отказался отказалась отказались опроверг опровергла опровергли нельзя "
    "لا لم لن ليس ليست غير دون بدون نفى نفت ينفي رفض رفضت"
)

MONTHS = frozenset(folded(name) for name in FULL_MONTHS)
WEEKDAYS = frozenset(folded(name) for name in WEEKDAY_NAMES)
DAYS = MONTHS | WEEKDAYS

# Of a headline: what follows changes by the hour and repeats what stood there.
LIVE = re.compile(
    r"^\s*LIVE\b|(?i:\blive\s*[:|]|^\s*live\s+[–—-]\s|\blive ?(?:updates?|blog|coverage|stream)\b|\bas it happened\b|\s[|–—-]\s+live\s*$"
    r"|\ben direct\b|^\s*direct\s*[:|.]|\bin diretta\b|^\s*diretta\s*[:|.]|aggiornamenti in diretta"
    r"|^\s*онлайн\s*[:|.]|\s[|–—-]\s+онлайн\s*$|прямая трансляция|\bхроника\s*[:|.]|^\s*مباشر\s*[:|]|تغطية مباشرة|لحظة بلحظة)"
)
# At the beginning of a paragraph: "14:32", "14.32 -", "2.15pm", "10h47"; not the prices of a table.
CLOCK = re.compile(
    r"^\W*(?:[01]?\d|2[0-3])(?:[:h][0-5]\d\b|(?:\.[0-5]\d)?\s?(?:[ap]\.?m\b|gmt\b)|\.[0-5]\d\s*[:–—-]\s)", re.IGNORECASE
)

# Too frequent in headlines to tie two of them together.
COMMON = _set(
    "about after against amid among and are been before being between but can could day days during first for former from "
    "had has have her his how into its just last latest more most new news now off only out over people report reports says "
    "said say should some than that the their them then there these they this those three time two under update video was "
    "were what when where which while who why will with would year years you your "
    "avec aux apres avant chez comme dans des est etre les leur mais par pas plus pour que qui sans ses sont sur une vers "
    "alla alle anche che con dal dalla degli del della delle dopo gli nel nella non per piu sono sul sulla tra una "
    "без был была были для его если еще как когда которые который между над она они под после при про что это "
    "الى على عن في من مع هذا هذه التي الذي بعد قبل بين كما"
)
