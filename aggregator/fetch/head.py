"""The head of an answer: its status, and its fields as bytes came, one character each."""

import httpcore


class Head:
    """What `answer`, `freshness` and `links` read. Empty fields count as absent."""

    def __init__(self, response: httpcore.Response) -> None:
        self.status: int = response.status
        self.field_count = len(response.headers)
        self._values: dict[bytes, list[str]] = {}
        for name, value in response.headers:
            if value:
                self._values.setdefault(name.lower(), []).append(value.decode("latin-1"))

    def first(self, name: bytes) -> str | None:
        """The first value of the field; `name` in lower case."""
        values = self._values.get(name)
        return values[0] if values else None

    def joined(self, name: bytes) -> str:
        """All values of a field that is a list (RFC 9110 5.3); "" where there is none."""
        return ", ".join(self._values.get(name, ()))
