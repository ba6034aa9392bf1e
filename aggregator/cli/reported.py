"""What `articles show` says of an article's story and of the texts that it had before."""

from typing import TYPE_CHECKING, Any

from aggregator.cli.output import say

if TYPE_CHECKING:
    from aggregator.model.story import Revision, Standpoint
    from aggregator.storage import Reader, Replaced, StoryRow


def standpoint(reader: "Reader", story: str | None) -> "Standpoint | None":
    """How many report the story, and how many of them by themselves; None for an article that stands alone."""
    from aggregator.dedup.origin import story_counts

    return None if story is None else story_counts(story, reader.reports_of(story))


def story_as_json(
    found: "Standpoint | None", representative: str | None, rows: "tuple[StoryRow, ...]"
) -> dict[str, Any] | None:
    """None for an article that stands alone."""
    if found is None:
        return None
    return {
        "id": found.story,
        "representative": representative,
        "reports": found.reports,
        "outlets": list(found.outlets),
        "independent": found.independent,
        "members": [_member_as_json(row) for row in rows],
    }


def _member_as_json(row: "StoryRow") -> dict[str, Any]:
    evidence = row.membership.evidence
    return {
        "uri": row.uri,
        "headline": row.stored.article.headline,
        "publisher": row.stored.article.publisher.name,
        "url": row.stored.article.url,
        "relation": row.relation.value,
        "score": row.membership.score,
        "reason": evidence.reason,
        "terms": list(evidence.terms),
        "numbers": list(evidence.numbers),
        "hours": evidence.hours,
        "nearest": evidence.nearest,
    }


def print_story(found: "Standpoint | None", uri: str, rows: "tuple[StoryRow, ...]") -> None:
    """The reports of the story, and why each belongs."""
    if found is None:
        return
    outlets = f"{len(found.outlets)} {'outlet' if len(found.outlets) == 1 else 'outlets'}"
    say(f"story {found.story}: {found.reports} reports by {outlets}, {found.independent} independent")
    for row in rows:
        own = " (this one)" if row.uri == uri else ""
        name = row.uri.removeprefix("urn:uuid:")[:8]
        say(f"{name}  {row.stored.article.publisher.name}: {row.stored.article.headline}{own}", 2)
        say(in_words(row), 12)


def in_words(row: "StoryRow") -> str:
    """ "independent, likeness 0.45: ferry, tarbona; numbers 12 / 31"."""
    evidence = row.membership.evidence
    words = f"{row.relation.value}, likeness {row.membership.score:.2f}: {', '.join(evidence.terms) or evidence.reason}"
    return f"{words}; numbers {', '.join(evidence.numbers)}" if evidence.numbers else words


def replaced_as_json(one: "Replaced") -> dict[str, Any]:
    """A text that the article had, and what the next one changed."""
    from aggregator.dedup.revisions import readable

    change = one.change
    return {
        "version": one.version,
        "replaced": one.replaced_at,
        "headline": one.article.headline,
        "by_owner": one.is_by_owner,
        "material": change.is_material,
        "kinds": [kind.value for kind in change.kinds],
        "note": change.note.kind.value if change.note else None,
        "headline_difference": readable(change.headline) or None,
        "difference": readable(change.body) or None,
    }


def print_replaced(kept: "tuple[Replaced, ...]") -> None:
    """What each edit changed, oldest first."""
    from aggregator.dedup.revisions import readable

    for one in kept:
        kind = "edit" if one.is_by_owner else "another source's text took its place"
        say(f"{one.replaced_at:%Y-%m-%d %H:%M}  {kind} of version {one.version}: {_kinds(one.change)}", 2)
        for passages in (one.change.headline, one.change.body):
            if passages:
                say(readable(passages), 12)


def _kinds(change: "Revision") -> str:
    material = "material" if change.is_material else "not material"
    return f"{', '.join(kind.value for kind in change.kinds) or 'layout'} ({material})"
