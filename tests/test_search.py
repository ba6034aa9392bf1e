"""Search: inflections of five languages, phrases, what is left out; an index that follows the store; bounds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import QueryError
from aggregator.model.article import Language, LanguageBasis
from aggregator.model.desk import Word
from aggregator.model.search import SearchFilter, SearchOrder
from aggregator.pipeline import index_all
from aggregator.search import MOST_CHARACTERS, places, read_question, search_text
from aggregator.storage import Store
from tests.desk import Desk, desk
from tests.documents import folder_source, write
from tests.make import article, topic

TEXTS = {
    "en": (
        "Envoys negotiated in the capital",
        "Elections will follow, a negotiator said. The ships left for Zanzibar.",
    ),
    "fr": ("Les négociations ont repris", "Les électeurs attendent l'élection. Le navire est parti."),
    "it": ("I negoziati sono ripresi", "Le elezioni seguiranno; la nave è partita."),
    "ru": ("Переговоры продолжаются", "Участники переговоров говорили о выборах и о ливийском правительстве."),
    "ar": ("المبعوثون في العاصمة", "قالت الحكومة الليبية إن الانتخابات قريبة، والوزير سيتحدث."),
}


def found_in(language: str, question: str) -> list[str]:
    """The printed words that the question marks in the text of that language."""
    text = "\n".join(TEXTS[language])
    return [text[start:end] for start, end in places(text, language, read_question(question))]


@pytest.mark.parametrize(
    ("language", "question", "printed"),
    [
        ("en", "negotiation", ["negotiated", "negotiator"]),
        ("en", "election", ["Elections"]),
        ("en", "SHIP", ["ships"]),
        ("fr", "négocier", ["négociations"]),
        ("fr", "elections", ["élection"]),
        ("it", "negoziato", ["negoziati"]),
        ("it", "elezione", ["elezioni"]),
        ("ru", "переговорах", ["Переговоры", "переговоров"]),
        ("ru", "выборы", ["выборах"]),
        ("ru", "ливийский", ["ливийском"]),
        ("ar", "مبعوث", ["المبعوثون"]),
        ("ar", "حكومات", ["الحكومة"]),
        ("ar", "ليبيا", ["الليبية"]),
        ("ar", "انتخاب", ["الانتخابات"]),
        ("ar", "وزير", ["والوزير"]),
        ("en", '"envoys negotiate"', ["Envoys", "negotiated"]),
        ("en", '"negotiate envoys"', []),
        ("en", "weather", []),
    ],
)
def test_a_word_is_found_in_every_inflection(language: str, question: str, printed: list[str]) -> None:
    assert found_in(language, question) == printed


def test_scripts_without_spaces_are_found_by_their_characters() -> None:
    text = "リビアの選挙は2026年に行われる"
    assert [text[start:end] for start, end in places(text, "ja", read_question("選挙"))] == ["選挙"]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("", "at least one word"),
        ("-envoys", "at least one word"),
        ('" "', "at least one word"),
        ("... !", "at least one word"),
        ("x" * (MOST_CHARACTERS + 1), "at most 200 characters"),
        (" ".join("abcdefghijklm"), "at most 12 words and phrases"),
        ('"one two three four five six seven eight nine"', "at most 8 words"),
    ],
)
def test_a_question_that_asks_nothing_or_too_much_is_refused(question: str, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        read_question(question)


def test_a_text_of_a_megabyte_is_indexed_by_its_beginning() -> None:
    long = article(headline="Long", body_text="word " * 300_000, body_html=None)
    assert len(search_text(1, long).text) < 110_000


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "in"
    for language, (headline, text) in TEXTS.items():
        body = f"{text} " * 4
        write(
            folder,
            f"{language}.txt",
            f"---\nlanguage: {language}\ndate: 2026-02-2{len(language)}\n---\n{headline}\n\n{body}\n",
        )
    with desk(tmp_path, sources=(folder_source(folder),), topics=(topic(id="all"),)) as at:
        at.run()
        yield at


def found(store: Store, question: str, chosen: SearchFilter | None = None) -> list[str]:
    with store.read() as reader:
        hits = reader.search(
            read_question(question),
            chosen or SearchFilter(),
            order=SearchOrder.NEWEST,
            limit=10,
        )
    assert hits.total == len(hits.found)
    return sorted(one.article.language.tag for one in hits.found if one.article.language)


def test_the_index_finds_what_it_was_told_of_and_is_told_once(opened: Desk) -> None:
    assert found(opened.store, "election") == []
    assert (index_all(opened.store), index_all(opened.store)) == (len(TEXTS), 0)
    assert found(opened.store, "elections") == ["en", "fr"]
    assert found(opened.store, "elezione") == ["it"]
    assert found(opened.store, "выборы -переговоры") == []
    assert found(opened.store, "العاصمة") == ["ar"]


def test_filters_narrow_what_is_found(opened: Desk) -> None:
    index_all(opened.store)
    assert found(opened.store, "elections", SearchFilter(language="fr")) == ["fr"]
    assert found(opened.store, "elections", SearchFilter(topic_id="all")) == ["en", "fr"]
    assert found(opened.store, "elections", SearchFilter(topic_id="none")) == []
    assert found(opened.store, "elections", SearchFilter(source_id="folder")) == ["en", "fr"]
    assert found(opened.store, "elections", SearchFilter(source_id="none")) == []
    assert found(opened.store, "elections", SearchFilter(since=opened.now)) == []
    assert found(opened.store, "elections", SearchFilter(since=opened.now - timedelta(days=30))) == ["en", "fr"]


def test_an_edit_is_found_by_its_new_words_and_by_no_old_one(opened: Desk, tmp_path: Path) -> None:
    index_all(opened.store)
    headline, text = TEXTS["en"]
    body = text.replace("ships", "ferries") + " "
    write(
        tmp_path / "in",
        "en.txt",
        f"---\nlanguage: en\ndate: 2026-02-22\n---\n{headline}\n\n{body * 4}\n",
        at=opened.now,
    )
    opened.now += timedelta(minutes=5)
    opened.run()
    assert index_all(opened.store) == 1
    assert (found(opened.store, "ships"), found(opened.store, "ferry")) == ([], ["en"])


def index_bytes(folder: Path) -> bytes:
    """What the index itself holds, as it lies in the file."""
    with closing(sqlite3.connect(folder / "store.db")) as connection:
        return b"".join(block for (block,) in connection.execute("SELECT block FROM search_index_data"))


def test_a_text_that_is_erased_leaves_no_word_in_the_index(opened: Desk, tmp_path: Path) -> None:
    index_all(opened.store)
    (uri,) = [one.stored.uri for one in opened.articles() if one.stored.article.headline.startswith("Envoys")]
    assert b"zanzibar" in index_bytes(tmp_path)
    opened.decide(Word.ERASE, uri)
    opened.run()
    index_all(opened.store)
    assert b"zanzibar" not in index_bytes(tmp_path)
    assert (found(opened.store, "ships"), found(opened.store, "électeurs")) == ([], ["fr"])


HOSTILE = [
    '" OR 1=1 --',
    "NEAR(a b, 3)",
    "headline : x",
    "a* AND NOT (b)",
    "{language} : en",
    "'; DROP TABLE article; --",
    "\x00\x01 x",
    "^a + b",
    '"""""" x',
    "\ud800 x",
]


@pytest.mark.parametrize("question", HOSTILE)
def test_nothing_that_is_typed_is_an_operator(opened: Desk, question: str) -> None:
    index_all(opened.store)
    assert found(opened.store, question) == []
    assert found(opened.store, "elections") == ["en", "fr"]


def test_a_question_of_the_greatest_size_is_answered(opened: Desk) -> None:
    index_all(opened.store)
    words = " ".join(f'"{"ab " * 4}"' for _ in range(12))
    assert found(opened.store, words[:MOST_CHARACTERS]) == []


def test_the_language_of_an_article_decides_how_its_words_are_read() -> None:
    def stems(tag: str) -> str:
        return search_text(
            1, article(headline="Elections", language=Language(tag=tag, basis=LanguageBasis.DECLARED))
        ).headline

    assert [stems(tag) for tag in ("en", "en-GB", "sw")] == ["elect", "elect", "elect"]
