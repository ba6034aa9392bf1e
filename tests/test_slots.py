"""What crosses a process boundary arrives as it was."""

import pickle

from aggregator.model.known_items import KnownItem
from tests import make


def test_what_is_pickled_comes_back_equal_and_of_its_kind() -> None:
    for sent in (
        make.sighting(),
        make.article(),
        make.stored(),
        KnownItem(digest=b"d" * 16, key=b"k" * 16, offers=(b"12345678",), dated_at=None),
    ):
        received = pickle.loads(pickle.dumps(sent))
        assert received == sent
        assert type(received) is type(sent)
