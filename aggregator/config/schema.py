"""The settings -> a JSON Schema of `config.toml`, for editors that complete and check while one types."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from aggregator.config.settings import Settings, Table, table_of
from aggregator.config.show import is_size, plain
from aggregator.config.units import size_text

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


class _AsWritten(GenerateJsonSchema):
    """Defaults as the file would write them: `1h`, not `PT1H`."""

    def encode_default(self, dft: Any) -> Any:
        return plain(dft)


def schema() -> Schema:
    """The schema, equal for equal settings. It knows keys, kinds and words; what values mean together only `check` says."""
    made = Settings.model_json_schema(schema_generator=_AsWritten)
    tables = {table.__name__: table for table in _tables(Settings)}
    for name, definition in made["$defs"].items():
        _tidy(definition, tables[name])
    _tidy(made, Settings)
    return {"$schema": _DIALECT} | made | {"title": "config.toml of aggregator"}


def _tables(table: type[Table]) -> list[type[Table]]:
    inner = [table_of(field.annotation) for field in table.model_fields.values()]
    return [table, *(found for each in inner if each for found in _tables(each))]


def _tidy(definition: Schema, table: type[Table]) -> None:
    """TOML has no null, and the tables that a file may leave out are not required in it."""
    definition.pop("title", None)
    definition.pop("description", None)
    definition.pop("required", None)
    if table.required:
        definition["required"] = list(table.required)
    for name, written in definition["properties"].items():
        kept = _without_null(written)
        if name in table.required:
            kept.pop("default", None)
        elif isinstance(kept.get("default"), int) and is_size(table.model_fields[name]):
            kept["default"] = size_text(kept["default"])
        definition["properties"][name] = kept


def _without_null(written: Schema) -> Schema:
    kept = {key: value for key, value in written.items() if key not in ("title", "anyOf")}
    for alternative in written.get("anyOf", ()):
        if alternative != {"type": "null"}:
            kept |= {key: value for key, value in alternative.items() if key != "title"}
    if kept.get("default", "") is None:
        del kept["default"]
    return kept
