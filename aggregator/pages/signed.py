"""Who looks at a page, where that is somebody of the desk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Somebody who is signed in. Pages that are files, and pages for everybody else, are made without."""

    name: str
    form_token: str
    """What each form of the page carries."""
    here: str
    """The page's own address: a decision leads back to it."""
