"""Frozen dataclasses that cross a process boundary by the thousand, pickled at the price of a tuple."""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

_T = TypeVar("_T")


def quickly_pickled(cls: type[_T]) -> type[_T]:
    """Of a frozen dataclass with slots and two fields or more. Python 3.11 asks `fields()` at each object, which costs more
    than all of the rest.
    """
    names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    values_of = attrgetter(*names)
    setters: list[Callable[[Any, Any], None]] = [getattr(cls, name).__set__ for name in names]

    def reduce(self: Any) -> tuple[Any, ...]:
        return _rebuilt, (cls, values_of(self))

    _SETTERS[cls] = setters
    cls.__reduce__ = reduce  # type: ignore[method-assign]
    return cls


_SETTERS: dict[type, list[Callable[[Any, Any], None]]] = {}


def _rebuilt(cls: type[_T], values: tuple[Any, ...]) -> _T:
    rebuilt = cls.__new__(cls)
    for setter, value in zip(_SETTERS[cls], values, strict=True):
        setter(rebuilt, value)
    return rebuilt
