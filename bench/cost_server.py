"""The server of `cost.py`: RSS of twenty entries at http://127.0.x.y:PORT/N, and what it answers is set by /set/PATH.

Headlines are of words as frequent as words are (Zipf); with the argument `alike` they are all of one form.
"""

import asyncio
import random
import sys
import zlib

_WORDS = [
    "harbour",
    "council",
    "ferry",
    "timber",
    "budget",
    "season",
    "village",
    "market",
    "engineer",
    "railway",
    "orchard",
    "museum",
    "winter",
    "bridge",
    "festival",
    "minister",
    "school",
    "library",
    "tunnel",
    "meadow",
    "reservoir",
    "candle",
    "printer",
    "captain",
    "lantern",
    "gravel",
    "copper",
    "kettle",
]
# A topic's words stand in a title in ten, not in every text.
_SUBJECTS = ["regatta", "ballot", "harvest", "strike", "verdict", "eclipse", "quarry", "dialect", "mural", "almanac"]
_SYLLABLES = [consonant + vowel + end for consonant in "bdfgklmnprstvz" for vowel in "aeiou" for end in ("", "n")]
_ENTRIES = 20
_ALIKE = "alike" in sys.argv[1:]


def _text(feed: int, number: int) -> str:
    """About 2 KB of HTML that no other entry has."""
    paragraphs = []
    for part in range(6):
        seed = zlib.crc32(f"{feed}/{number}/{part}".encode())
        # Of 784 words: texts made of a few dozen are much alike.
        words = [_word(zlib.crc32(f"{seed}/{at}".encode())) for at in range(20)]
        link = f'<a href="https://site{feed}.example/{number}/{part}">{words[0]} {seed}</a>'
        paragraphs.append(f"<p>The {link} of <b>{words[1]}</b> says that {' '.join(words)}.</p>")
    return "".join(paragraphs)


def _word(number: int) -> str:
    first, second = divmod(number, len(_WORDS))
    return _WORDS[second] + _WORDS[first % len(_WORDS)]


def _headline(feed: int, number: int) -> str:
    subject = _SUBJECTS[(feed + number) % len(_SUBJECTS)]
    if _ALIKE:
        return f"Story {number} of the {subject} at site {feed}"
    draw = random.Random(f"{feed}/{number}")  # a checksum of numbers in a row gives whole headlines of the same words
    words = [_frequent(draw.random()) for _ in range(7)]
    return f"{' '.join(words[:4])} {subject} {' '.join(words[4:])}".capitalize()


def _frequent(share: float) -> str:
    """One of 20,000 words but for the first hundred, which in a language are "of" and "the", each as often as its rank says."""
    rank, syllables = int(100 * 200**share), []
    while rank:
        rank, syllable = divmod(rank, len(_SYLLABLES))
        syllables.append(_SYLLABLES[syllable])
    return "".join(syllables)


def _item(feed: int, number: int) -> str:
    page = f"https://site{feed}.example/story/{number}"
    minutes = f"{number // 60 % 24:02}:{number % 60:02}"
    return (
        f"<item><title>{_headline(feed, number)}</title>"
        f"<link>{page}</link><guid>{page}</guid><pubDate>Sun, 01 Mar 2026 {minutes}:00 GMT</pubDate>"
        f"<category>news</category><description><![CDATA[{_text(feed, number)}]]></description></item>\n"
    )


def _document(feed: int, newest: int) -> bytes:
    items = "".join(_item(feed, number) for number in range(newest, newest - _ENTRIES, -1))
    head = f"<title>Site {feed}</title><link>https://site{feed}.example/</link><description>News</description>"
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel>{head}\n{items}</channel></rss>'.encode()


class _Answers:
    """What is answered, by the path set last. Documents are made once."""

    def __init__(self) -> None:
        self.path = "first"
        self._documents: dict[tuple[int, int], bytes] = {}

    def answer(self, target: str) -> bytes:
        if target.startswith("/set/"):
            self.path = target.removeprefix("/set/")
            return _reply(b"")
        if self.path == "304":
            return b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\nConnection: close\r\n\r\n'
        feed = int(target.strip("/"))
        key = feed, _ENTRIES + (self.path == "one-new")
        if key not in self._documents:
            self._documents[key] = _document(*key)
        # A server that forgets its validators is what the path "identical 200" is about.
        return _reply(self._documents[key], 'ETag: "one"\r\n' if self.path == "first" else "")


def _reply(body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
    return head.encode() + body


async def _serve() -> None:
    answers = _Answers()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(answers.answer(head.split(b" ", 2)[1].decode()))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    # All of 127.0.0.0/8 is this machine on Linux.
    server = await asyncio.start_server(connected, "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
