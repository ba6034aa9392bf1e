"""JSON Schema as far as our schemas use it: what a value breaks, and which of its keys no schema names."""

import re
from typing import Any

_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_UNDERSTOOD = {
    "$schema", "$defs", "$ref", "title", "description", "default", "type", "enum", "anyOf", "properties", "required",
    "items", "additionalProperties", "pattern", "format", "minimum", "maximum",
}  # fmt: skip
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def breaches(value: Any, schema: dict[str, Any], *, root: dict[str, Any] | None = None, path: str = "") -> list[str]:
    """One line each, empty for a value that fits. A key that the schema does not name is told too, though it is allowed."""
    root = root or schema
    assert set(schema) <= _UNDERSTOOD, set(schema) - _UNDERSTOOD
    if "$ref" in schema:
        return breaches(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root=root, path=path)
    if "anyOf" in schema:
        tried = [breaches(value, one, root=root, path=path) for one in schema["anyOf"]]
        return min(tried, key=len)
    return _plain(value, schema, path) + _inside(value, schema, root, path)


def _plain(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    kinds = schema.get("type", [])
    names = [kinds] if isinstance(kinds, str) else kinds
    found = []
    if names and not any(_is(value, name) for name in names):
        found.append(f"{path}: {value!r} is no {' or '.join(names)}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{path}: {value!r} does not match {schema['pattern']}")
        if schema.get("format") == "date-time" and not _INSTANT.fullmatch(value):
            found.append(f"{path}: {value!r} is no instant")
    if _is(value, "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{path}: {value!r} is out of bounds")
    return found


def _inside(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str) -> list[str]:
    found = []
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            found += breaches(item, schema["items"], root=root, path=f"{path}[{index}]")
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{path}.{key}: is missing" for key in schema.get("required", ()) if key not in value]
        for key, inner in value.items():
            named = schema["properties"].get(key)
            if named is None:
                found.append(f"{path}.{key}: is not named by the schema")
            else:
                found += breaches(inner, named, root=root, path=f"{path}.{key}")
    return found


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _KINDS[name]) and (name == "boolean" or not isinstance(value, bool))
