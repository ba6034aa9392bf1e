"""Text such as `90s` or `10 MiB` -> a duration or a number of bytes; a ValueError says what is accepted."""

import re
from datetime import timedelta

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"([0-9]{1,10}) ?([dhms])")
# A hundred years mean "for ever" and still leave room below: "now" minus this is a date that datetime can hold.
_LONGEST = timedelta(days=36_500)

_BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SIZE = re.compile(r"([0-9]{1,10}) ?([KMG]iB)")
_DECIMAL_SIZE = re.compile(r"([0-9]{1,10}) ?([KMG])i?B?", re.IGNORECASE)

# For `config.schema.json`; what is accepted in the end is said by `duration` and `size`.
DURATION_SCHEMA = {"type": "string", "pattern": f"^{_DURATION.pattern}$"}
SIZE_SCHEMA = {"type": "string", "pattern": f"^{_SIZE.pattern}$"}


def duration(value: object) -> timedelta:
    """A whole number of seconds, minutes, hours or days, from one second up."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"must be a duration such as '90s', '15m', '1h' or '2d'{_but_is(value)}")
    seconds = int(match[1]) * _SECONDS[match[2]]
    if not 1 <= seconds <= _LONGEST.total_seconds():
        raise ValueError(f"must be from 1s to {_LONGEST.days}d, not '{match[0]}'")
    return timedelta(seconds=seconds)


def pause(value: object) -> timedelta:
    """A duration, or `0s` for none."""
    return timedelta(0) if value == "0s" else duration(value)


def size(value: object) -> int:
    """Bytes; only the binary units, because `10 MB` means different numbers to different people."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"must be a size such as '512 KiB' or '10 MiB'{_but_is(value)}{_binary(value)}")
    if (number := int(match[1])) < 1:
        raise ValueError(f"must be at least '1 KiB', not '{match[0]}'")
    return number * _BYTES[match[2]]


def duration_text(value: timedelta) -> str:
    """The shortest form in one unit: `90s`, `15m`, `2d`."""
    seconds = int(value.total_seconds())
    if not seconds:
        return "0s"
    unit, length = next((unit, length) for unit, length in _SECONDS.items() if seconds % length == 0)
    return f"{seconds // length}{unit}"


def size_text(value: int) -> str:
    """The shortest form in one unit: `512 KiB`, `10 MiB`; what is no whole number of KiB is rounded up to one."""
    unit, length = next(
        (unit, length) for unit, length in reversed(_BYTES.items()) if value % length == 0 or unit == "KiB"
    )
    return f"{-(-value // length)} {unit}"


def _but_is(value: object) -> str:
    return f", not {value!r}" if isinstance(value, str | int | float) else ""


def _binary(value: object) -> str:
    match = _DECIMAL_SIZE.fullmatch(value) if isinstance(value, str) else None
    return f" (did you mean '{match[1]} {match[2].upper()}iB'?)" if match else ""
