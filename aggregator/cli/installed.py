"""The configuration of a running daemon, which can be read again: the composition root, a second time."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from aggregator.cli.app import assembled, refuse_changed_grains
from aggregator.cli.outlook import edit_in_words, edits
from aggregator.config import Address, Configuration, load
from aggregator.config.own_packs import FOLDER
from aggregator.daemon import Renewal
from aggregator.fetch import Fetcher, HttpFetcher
from aggregator.pipeline import Works, look_ahead
from aggregator.reading.pool import Readers
from aggregator.topics.match import Matcher, compile_topics


class Installed:
    """The configuration in force and the parts that it came to; `show` lets the web server show another one."""

    def __init__(self, found: Configuration, works: Works, show: Callable[[Configuration], None]) -> None:
        self._found = found
        self._works = works
        self._show = show

    @property
    def file(self) -> Path:
        return self._found.file

    @property
    def packs(self) -> Path:
        return self.file.parent / FOLDER

    def renew(self) -> Renewal:
        """Read it again. Parts that would be made of the same go on being used: connections, workers, compiled rules.

        Raises ConfigError with every mistake.
        """
        found, notes = self._read()
        # What is odd is told by the file's name, which may have been written another way at the start.
        if replace(found, warnings=()) == replace(self._found, warnings=()):
            return Renewal(works=self._works, notes=notes, show=_nothing, let_go=_nothing_to_close)
        refuse_changed_grains(found, self._works.store)
        matcher = self._matcher(found)
        before = self._works
        works = assembled(
            found,
            store=before.store,
            backlog=before.backlog,
            matcher=matcher,
            readers=self._readers(found, matcher),
            fetcher=self._fetcher(found),
            instance_id=before.instance_id,
        )
        self._found, self._works = found, works
        notes = (*notes, *found.warnings, *self._edits())
        return Renewal(
            works=works, notes=notes, show=partial(self._show, found), let_go=partial(_close, before, unless=works)
        )

    async def close(self) -> None:
        """Close the parts that are in force at the end; to close again what was made first does no harm."""
        await _close(self._works)

    def _read(self) -> tuple[Configuration, tuple[str, ...]]:
        """What the file says now; the address and the store of this process in the place of others, which are named."""
        found = load(self.file, os.environ)
        kept = _fixed(self._found)
        differing = [name for name, value in _fixed(found).items() if value != kept[name]]
        if not differing:
            return found, ()
        # As if the environment said so: then what is derived from them is right as well.
        found = load(self.file, os.environ | kept)
        keys = " and ".join(_KEYS[name] for name in differing)
        return found, (f"{keys} changed: that takes effect when the daemon is started again",)

    def _matcher(self, found: Configuration) -> Matcher:
        before = self._found
        if _rules(found) == _rules(before):
            return self._works.matcher
        return compile_topics(found.topics, found.packs, ignores=found.ignores, learned=found.learned)

    def _edits(self) -> tuple[str, ...]:
        """What rules that were edited will add and drop, before they do."""
        with self._works.store.read() as reader:
            outlooks = look_ahead(reader, self._works.topics, self._works.matcher)
        return tuple(map(edit_in_words, edits(outlooks)))

    def _readers(self, found: Configuration, matcher: Matcher) -> Readers:
        """Workers are given the rules, the agencies and the title at their start."""
        before = self._works
        is_same = (matcher, found.agencies, found.site.title) == (before.matcher, before.agencies, before.site_title)
        return before.readers if is_same else Readers()

    def _fetcher(self, found: Configuration) -> Fetcher:
        if found.fetch == self._found.fetch:
            return self._works.fetcher
        return cast("HttpFetcher", self._works.fetcher).under(found.fetch)


def _rules(found: Configuration) -> tuple[object, ...]:
    """All that a matcher is made of."""
    return found.topics, found.packs, found.ignores, found.learned


_KEYS = {"AGGREGATOR_STORAGE__URL": "storage.url", "AGGREGATOR_WEB__LISTEN": "web.listen"}


def _fixed(found: Configuration) -> Mapping[str, str]:
    """What a process cannot change while it runs, as variables of the environment."""
    return {"AGGREGATOR_STORAGE__URL": found.storage.url, "AGGREGATOR_WEB__LISTEN": _text(found.web.listen)}


def _text(address: Address | None) -> str:
    if address is None:
        return ""
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"


def _nothing() -> None:
    """Nothing changed that is shown."""


async def _nothing_to_close() -> None:
    """Nothing was made anew."""


async def _close(works: Works, unless: Works | None = None) -> None:
    """Close the fetcher and the readers, but those that the other works use."""
    if unless is None or works.fetcher is not unless.fetcher:
        await cast("HttpFetcher", works.fetcher).close()
    if unless is None or works.readers is not unless.readers:
        await asyncio.to_thread(works.readers.close)
