"""What strangers write into feeds to have it run by who reads them: our own, each with its class and why (`payloads.toml`)."""

import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path

ELSEWHERE = "http://127.0.0.1:9"
"""Where nobody listens, for tests in which nothing is run."""
_LONG = "long-" * 2_000
_MANY = " ".join(f"x{number}=y" for number in range(600))
_BYTES = {chr(0xF700 + byte).encode(): bytes([byte]) for byte in range(0x80, 0x100)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One attack."""

    number: int
    kind: str
    markup: str
    """With CALL and PLACE still in it."""
    why: str
    fires: bool
    """Whether today's Chromium runs it where nothing is taken out."""

    def aimed(self, at: str = ELSEWHERE) -> str:
        """The markup with a canary at that server, which tells by its number."""
        place = f"{at}/canary?{self.number}"
        filled = self.markup.replace("CALL", f"fetch(`{place}`)").replace("PLACE", place)
        return filled.replace("LONG", _LONG).replace("MANY", _MANY)

    def raw(self, at: str = ELSEWHERE) -> str:
        """As a program without a sanitiser would show it; an address as a link too."""
        aimed = self.aimed(at)
        return f'<a href="{escape(aimed)}">x</a>{aimed}' if self.kind == "address" else aimed


def encoded(text: str) -> bytes:
    """UTF-8, with the bytes that are none where the payloads want them."""
    data = text.encode()
    if b"\xef\x9e" in data or b"\xef\x9f" in data:
        for written, meant in _BYTES.items():
            data = data.replace(written, meant)
    return data


def _load() -> tuple[Payload, ...]:
    found = tomllib.loads(Path(__file__).with_name("payloads.toml").read_text("utf-8"))["payloads"]
    return tuple(
        Payload(number=number, kind=one["class"], markup=one["markup"], why=one["why"], fires=one.get("fires", True))
        for number, one in enumerate(found, start=1)
    )


PAYLOADS = _load()
