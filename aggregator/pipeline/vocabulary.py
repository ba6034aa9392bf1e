"""What is remembered of local documents holds for the agencies they were read by: under other ones they are all read again.

The vocabulary decides what is a dateline. Texts are compared as ever, so that what reads the same is no edit.
"""

from collections.abc import Iterable
from dataclasses import replace

from aggregator.model.fetch import Fetched, FetchResult, NotModified
from aggregator.model.source import AgencyName, Validators
from aggregator.text import digest


def under(validators: Validators, agencies: Iterable[AgencyName]) -> Validators:
    """The validators, as the fetcher gave them, if they belong to these agencies; else none."""
    mark, _, vocabulary = (validators.etag or "").rpartition("@")
    if vocabulary != _name(agencies):
        return Validators()
    return replace(validators, etag=mark or None)


def bound(result: FetchResult, agencies: Iterable[AgencyName]) -> FetchResult:
    """The result with validators that belong to these agencies."""
    if not isinstance(result, Fetched | NotModified):
        return result
    known = result.validators
    return replace(result, validators=replace(known, etag=f"{known.etag or ''}@{_name(agencies)}"))


def _name(agencies: Iterable[AgencyName]) -> str:
    parts = (part for agency in agencies for part in (agency.id, agency.name, *agency.forms, "\n"))
    return digest(*parts).hex()[:16]
