"""Which lines around a text are not of the text: navigation, time stamps, by-lines, headers of the wire, sign-offs."""

import re

from aggregator.datelines.vocabulary import Vocabulary
from aggregator.dates import MONTHS, WEEKDAYS, ascii_digits
from aggregator.text import folded

_MAX_LINE = 160


def _folded_set(*lines: str) -> frozenset[str]:
    return frozenset(folded(part) for line in lines for part in line.split("|"))


# Whole lines, compared folded.
_NAVIGATION = _folded_set(
    "All news|Latest news|Breaking news|News|Home|Back|Menu|Search|Share|Share this|Share this article|Print|Email|Save|Copy link",
    "Read also|See also|Read more|More|Related|Related articles|Related news|More on the topic|Most read|Popular|Tags|Topics",
    "Comments|0 comments|Leave a comment|Subscribe|Sign in|Advertisement|Follow us|Facebook|Twitter|X|Telegram|WhatsApp|VK",
    "Все новости|Новости|Последние новости|Главная|Поделиться|Читайте также|Смотрите также|По теме|Материалы по теме",
    "Популярное|Теги|Комментарии|Подписаться|Реклама|Версия для печати|Скопировать ссылку|Лента новостей",
    "كل الأخبار|جميع الأخبار|آخر الأخبار|أخبار|الرئيسية|شارك|مشاركة|شارك الخبر|اقرأ أيضا|اقرأ المزيد|مواضيع ذات صلة",
    "أخبار ذات صلة|الأكثر قراءة|طباعة|تعليقات|إعلان|اشترك|نسخ الرابط|الوسوم|تابعنا",
    "Toutes les actualités|Toute l'actualité|À la une|Accueil|Partager|Imprimer|Lire aussi|À lire aussi|Voir aussi",
    "Sur le même sujet|Commentaires|Publicité|S'abonner|Copier le lien|Les plus lus",
    "Tutte le notizie|Ultime notizie|Ultim'ora|Notizie|Home page|Condividi|Stampa|Leggi anche|Leggi tutto|Vedi anche",
    "Articoli correlati|Commenti|Pubblicità|Abbonati|Copia link|I più letti|Riproduzione riservata",
    # Rubrics.
    "World|Politics|Economy|Business|Business and economy|Society|Culture|Science|Sport|Sports|Military and defense|Opinion",
    "Middle East|Africa|Europe|International|Top stories|Press review|Emergencies|Russian politics and diplomacy",
    "Мир|В мире|Политика|Экономика|Общество|Культура|Наука|Спорт|Международная панорама|Происшествия|Армия и ОПК",
    "العالم|سياسة|السياسة|اقتصاد|مجتمع|ثقافة|رياضة|محليات|أخبار محلية|عربي ودولي|الشرق الأوسط|دولي|ليبيا",
    "Monde|Politique|Économie|Société|Afrique|Moyen-Orient|Mondo|Esteri|Politica|Economia|Società|Cultura|Dal mondo",
)
# A colon must follow; the rest of the line is whatever they point to.
_LABELS = re.compile(
    r"(?:read (?:also|more)|see also|related|tags|topics|follow us|source|photo|media contact|more on|"
    r"читайте также|смотрите также|по теме|теги|фото|источник|اقرأ أيضا|اقرأ أيضًا|الوسوم|المصدر|صورة|"
    r"lire aussi|voir aussi|leggi anche|vedi anche|fonte|foto)\s*:",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright\b|all rights reserved|все права защищены|جميع الحقوق محفوظة|tous droits r)", re.IGNORECASE
)

# IPTC 7901 and ANPA 1312 message headers, slugs, notes to editors, and the first lines of press releases.
_HEADER = re.compile(
    r"[a-z]{3}\d{3,4}\s+\d\s.*|W\d{4}\w*|[a-z]\s[a-z]\s(?:BC|AM|PM)-.*|\^?(?:BC|AM|PM)-[A-Z].*|\^?\(?Eds\b.*|\^?AP Photo.*"
    r"|[\w-]+/(?:[\w-]+/)*|(?i:(?:media|press|news) release\b.*)|N i e u w .*|[-=*_#~]{3,}"
)
_HEADER_ENDS = "^<= \t"
_HEADING = re.compile(r"^#{1,6}\s+")

_STAMP_WORDS = _folded_set(
    "published|publication|updated|posted|created|modified|last|update|on|at|date|time|edited|first|by|am|pm|a|p|m|local",
    "utc|gmt|msk|мск|cet|cest|eet|eest|est|edt|z|utc time|kb|min|minutes|read|of",
    "опубликовано|обновлено|дата|время|в|г|года|год|изменено",
    "نشر|نشرت|تم|النشر|تاريخ|التحديث|آخر|تحديث|في|الساعة|م|ص|صباحا|مساء|يوم|بتاريخ|غرينتش|بتوقيت|هـ",
    "publié|publiée|mis|mise|à|jour|le|modifié|heure|pubblicato|aggiornato|aggiornamento|il|alle|ore|del|e",
)
_TIME_WORDS = frozenset(word for name in (*MONTHS, *WEEKDAYS) for word in name.split()) | frozenset(
    word for words in _STAMP_WORDS for word in words.split()
)
_NUMBER = re.compile(r"\d+[a-zа-я]{0,2}\d*z?")
_CLOCK_OR_DAY = re.compile(r"\d{1,2}[:h]\d{2}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_BESIDE = re.compile(r"[•·|]")

_BYLINE = re.compile(
    r"\^?(?:By|BY|Par|PAR|Автор|Авторы|بقلم|كتب)\s*:?\s+(?P<names>[^\W\d_a-zа-я][^\d:;!?]{2,80}?)\s*=?", re.UNICODE
)
_AND = re.compile(r"\s*,\s*|\s+(?:and|et|и)\s+|\s+و(?=\w)")

_UNNAMED_AGENCY = _folded_set("agency|agencies|agenzia|agenzie|agences|agencias|агентства|وكالات|الوكالات")

_ENDS = _folded_set(
    "ENDS|END|(END)|MORE|(MORE)|-0-|30|-30-|FIN|(FIN)|FINE|(FINE)|КОНЕЦ|انتهى|(انتهى)|النهاية|mfl|End of item|000|0"
)
_ONLY_MARKS = re.compile(r"[-–—=*#_~.\s]+(?:0[-–—=*#_.\s]+)?")
_INITIALS = re.compile(r"[(\[]?[a-z]{2,4}(?:\\?[/.-][a-z]{2,4}){1,4}[)\]]?|\([A-Z]{2,6}\\?/[a-z/]{2,8}\)")
_FILED = re.compile(r"\d{6} (?:GMT )?[a-z]{3} \d{2}|AP-[A-Z]{2}-[\d-]+ \d{4}GMT\W?", re.IGNORECASE)
_STAFF = (
    r"reporting by|additional reporting|writing by|editing by|compiled by|reported by|"
    r"(?:édité|écrit|rédigé|reportage) par|avec .{2,40} édité|version française|a cura di|"
    r"редактор|подготовил|материал подготов|تحرير|إعداد"
)
_STAFF_LINE = re.compile(rf"[(\[]?(?:{_STAFF})\b.{{0,300}}", re.IGNORECASE)
_STAFF_TAIL = re.compile(
    rf"\s*\((?=[^()]{{0,300}}(?:{_STAFF}))(?:[^()]|\([^()]{{0,60}}\)){{3,300}}\)\W{{0,3}}$", re.IGNORECASE
)
_INITIALS_TAIL = re.compile(r"\s+\([A-Z]{2,6}\\?/[a-z/]{2,8}\)\s*$")
_MARKED_TAIL = re.compile(r"\s*=\s?(?P<name>[^=\n]{2,30}?)\s?=?\s*$")
_NAMED_TAIL = re.compile(r"(?<=[.!?»”\"])\s+[(\[]?(?P<name>[^\W\d][^.!?\n()]{1,20}?)[)\]]?\.?\s*$")


def is_navigation(line: str) -> bool:
    """Whether the line leads to other pages or names a rubric; to be asked above and below a text only."""
    line = line.strip(" *•-–—#>|")
    if len(line) > _MAX_LINE:
        return False
    return folded(line) in _NAVIGATION | _UNNAMED_AGENCY or bool(_LABELS.match(line) or _COPYRIGHT.match(line))


def names_no_agency(line: str) -> bool:
    """Whether the line credits the text to agencies without saying which."""
    return folded(line) in _UNNAMED_AGENCY


def is_timestamp(line: str) -> bool:
    """Whether the line is only a date or clock with its label: "25 NOV, 14:32", "Agency | 16/01/2020 à 12:00"."""
    if len(line) > _MAX_LINE:
        return False
    parts = [part for part in _BESIDE.split(ascii_digits(line)) if part.strip()]
    times = [part for part in parts if _is_time(part)]
    return bool(times) and all(part in times or len(part.split()) <= 3 for part in parts)


def _is_time(text: str) -> bool:
    words = folded(text).split()
    if not words or len(words) > 16 or not all(word in _TIME_WORDS or _NUMBER.fullmatch(word) for word in words):
        return False
    has_number = any(word[0].isdigit() for word in words)
    return has_number and bool(_CLOCK_OR_DAY.search(text) or any(word in MONTHS for word in words))


def is_wire_header(line: str) -> bool:
    """Whether the line is a message header, slug or note to editors above a headline."""
    return bool(_HEADER.fullmatch(line.strip()))


def without_header_marks(line: str) -> str:
    """The line without the marks in which ANPA 1312, IPTC 7901 and Markdown frame a headline."""
    return _HEADING.sub("", line.strip(_HEADER_ENDS))


def byline_names(line: str) -> tuple[str, ...]:
    """The people in a line such as "By Mona Salem and Ali Omar"; none if it is another line."""
    found = _BYLINE.fullmatch(line.strip())
    names = [name for name in _AND.split(found["names"]) if name] if found else []
    return tuple(names) if all(2 <= len(name.split()) <= 5 for name in names) else ()


def is_sign_off(paragraph: str, vocabulary: Vocabulary) -> bool:
    """Whether a last paragraph is only a credit: staff, initials, an agency's name, an end mark."""
    text = paragraph.strip()
    if len(text) > 400:
        return False
    if _ONLY_MARKS.fullmatch(text) or folded(text) in _ENDS:
        return True
    if vocabulary.whole(text) or _FILED.fullmatch(text) or _INITIALS.fullmatch(text):
        return True
    return bool(_STAFF_LINE.fullmatch(text))


def sign_off_start(paragraph: str, vocabulary: Vocabulary) -> int | None:
    """Where a credit begins that ends the paragraph itself: "... he said. =Lana=", "... (Reporting by ...)"."""
    tail_at = max(0, len(paragraph) - 700)
    tail = paragraph[tail_at:]
    people = _STAFF_TAIL.search(tail) or _INITIALS_TAIL.search(tail)
    if people:
        return tail_at + people.start()
    for pattern in (_MARKED_TAIL, _NAMED_TAIL):
        named = pattern.search(tail)
        if named and (vocabulary.whole(named["name"]) or folded(named["name"]) in _ENDS):
            return tail_at + named.start()
    return None
