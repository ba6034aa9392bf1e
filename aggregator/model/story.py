"""Stories: what is compared of an article, where it belongs, what a story is made of; and what an edit changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.article import Completeness
from aggregator.model.slots import quickly_pickled


class StoryRelation(StrEnum):
    """What a member is to the rest of its story."""

    IDENTICAL = "identical"
    COPY = "copy"
    EXCERPT = "excerpt"
    """These three as the verdict on copies has them (`CopyRelation`)."""
    TRANSLATION = "translation"
    """By the same agency in another language, with the same numbers."""
    UPDATE = "update"
    """A further report by an originator that the story has already."""
    INDEPENDENT = "independent"
    """A report by another originator."""


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFeatures:
    """What of an article tells its event. At most 600 bytes packed.

    Terms are folded words without their endings; `=die` is an event said in many words, `+libya` a place, `#42` a number,
    `~srks` the consonants of a name, for comparison with other scripts and languages, `@0720` a printed day.
    """

    version: int
    """Of the way terms are made: features of two versions are not compared."""
    language: str
    """Primary subtag, `und` where unknown."""
    headline: tuple[str, ...]
    """Terms of the headline up to its turn ("... after ..."), without repetition."""
    background: tuple[str, ...] = ()
    """Terms of the headline behind its turn."""
    lead: tuple[str, ...] = ()
    """Terms of standfirst, summary or opening that the headline has not."""
    names: tuple[str, ...] = ()
    """Names of headline and lead by their consonants."""
    keys: tuple[int, ...] = ()
    """Positive, below 2**63; by them candidates are found. Two reports of an event share one or more, nearly always."""


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class StoryText:
    """An article as stories see it."""

    uri: str
    source_id: str
    agency: str | None
    """Id of the originator, where it is known."""
    at: datetime
    """`effective_at` (rules R9)."""
    features: StoryFeatures
    copies_of: str | None = None
    """Uri of the text that it is a copy of."""
    copy_relation: StoryRelation | None = None
    """Identical, copy, excerpt or update, with `copies_of`."""

    @property
    def originator(self) -> str:
        """By whom: copies of one agency's texts are one voice."""
        return self.agency or f"source:{self.source_id}"

    @property
    def is_compared(self) -> bool:
        """False once its terms have had their time: it stays where it is, and is likened to nothing."""
        return self.features.version > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySketch:
    """A story as far as it is compared: its newest members are enough."""

    uri: str
    members: tuple[StoryText, ...]
    """By `at`; the latest sixteen or so, and whatever a person tied to the article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEvidence:
    """Why two texts, or a text and a story, tell one event."""

    reason: str
    terms: tuple[str, ...] = ()
    """Shared terms as a person reads them, the weightiest first."""
    numbers: tuple[str, ...] = ()
    """Numbers that differ: "42 / 4"."""
    hours: float = 0.0
    """Between the two."""
    nearest: str | None = None
    """Uri of the member that it is most like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an article belongs. `story` is None where it begins one: the lead mints a uri from the article's."""

    story: str | None
    relation: StoryRelation
    score: float
    """0..1; the likeness to the story, 1 for copies and decisions."""
    evidence: StoryEvidence
    merges: tuple[str, ...] = ()
    """Other stories that this article shows to be the same as `story`; the lead tells the elder from the younger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrouping:
    """What becomes of some stories when their members are looked at all together.

    A group keeps the uri of the story that gave it most of its members' elders: no published uri changes.
    """

    story: str | None
    """None for a part that leaves and needs a uri of its own."""
    members: tuple[str, ...]
    """Uris, by `at`."""
    gone: tuple[str, ...] = ()
    """Stories that are merged into this one; their uris lead to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """What the choice of a representative needs of a member."""

    uri: str
    priority: int
    completeness: Completeness
    is_original: bool
    """The earliest text by its originator here: no copy, excerpt or translation of another member."""
    at: datetime
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMembership:
    """An article in its story, as it is stored."""

    uri: str
    story: str
    relation: StoryRelation
    score: float
    evidence: StoryEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A member of a story as far as an entry tells of it."""

    uri: str
    group: str
    """Id of its copy group, else its own uri."""
    agency: str | None
    outlet: str | None
    """None where nobody may be named (rules R21)."""
    url: str | None
    is_decided_on: bool
    """Whether the desk ever said something of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """A story seen from one of its entries."""

    story: str
    reports: int
    outlets: tuple[str, ...]
    """That report it in words of their own, in the order in which they were seen."""
    independent: int
    """Originators: copies of one text are one, and so are all texts of one agency."""


class ChangeKind(StrEnum):
    """What an edit changed."""

    HEADLINE = "headline"
    NUMBERS = "numbers"
    NAMES = "names"
    NEGATION = "negation"
    NOTE = "note"
    """It says that it is corrected, withdrawn or written anew."""
    ADDED = "added"
    """A passage more that holds numbers or names which the text had not."""
    REMOVED = "removed"
    """A passage less."""
    WORDING = "wording"
    """Other words for the same, as far as can be seen."""


class NoteKind(StrEnum):
    """What an editor's or an agency's note says."""

    CORRECTION = "correction"
    RECALL = "recall"
    """Do not use it; a corrected text may follow."""
    KILL = "kill"
    """Withdrawn for good."""
    WRITES_THROUGH = "writes-through"
    """Replaces the earlier text as a whole."""

    @property
    def withdraws(self) -> bool:
        return self in {NoteKind.RECALL, NoteKind.KILL}


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorNote:
    """A note and the words that are one."""

    kind: NoteKind
    quote: str


class PassageKind(StrEnum):
    """Where a passage stands."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a readable difference, as printed."""

    kind: PassageKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an edit of an article changed."""

    kinds: tuple[ChangeKind, ...]
    """Empty where only layout, case or punctuation did."""
    numbers: tuple[str, ...] = ()
    """Before and after: "27 / 55"."""
    names: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    note: EditorNote | None = None
    """One that the text had not before."""
    headline: tuple[Passage, ...] = ()
    body: tuple[Passage, ...] = ()
    """What changed with a few words around it; "…" stands for the rest."""

    @property
    def is_material(self) -> bool:
        """Whether it says something else. Narrower than what moves `updated` (rules R12), which any other word does."""
        return any(kind is not ChangeKind.WORDING for kind in self.kinds)
