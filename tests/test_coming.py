"""A feed that a reload brings does not begin before its first entries are found."""

from dataclasses import replace

from aggregator.daemon.coming import begun, coming
from aggregator.model.topic import Grain, Topic

TALKS = Topic(id="talks", title="Talks", query="talks")
SEA = Topic(id="sea", title="Sea", query="sea", also=(Grain.STORIES,))
WITH_MORE = replace(TALKS, also=(Grain.STORIES, Grain.ARTICLES))


def test_new_topics_and_new_grains_are_coming_and_edits_are_not() -> None:
    edited = replace(TALKS, query="talks OR envoys", also=(Grain.ARTICLES,))
    assert coming((TALKS,), (edited, SEA)) == {
        ("talks", Grain.ARTICLES),
        ("sea", SEA.grain),
        ("sea", Grain.STORIES),
    }


def test_what_is_coming_is_not_published_and_everything_else_is() -> None:
    not_yet = coming((replace(TALKS, also=(Grain.ARTICLES,)),), (WITH_MORE, SEA))
    assert begun((WITH_MORE, SEA), not_yet) == (replace(TALKS, also=(Grain.ARTICLES,)),)
    assert begun((WITH_MORE, SEA), frozenset()) == (WITH_MORE, SEA)
