"""What the schema says of requests and answers that carry many rows: made of the fields that rows are checked by."""

from typing import Any

from arena.api.filters import SLUG_SCHEMA
from arena.importing.rows_by_program import MOST_ROWS
from arena.importing.sent_fields import FieldKind, SentField, SentFields

NO_NUL = "^[^\\u0000]*$"


def _schema_of(field: SentField) -> dict[str, Any]:
    made: dict[str, Any] = {"description": field.description}
    match field.kind:
        case FieldKind.TEXT:
            made |= {"type": "string", "pattern": NO_NUL} | ({"maxLength": field.most} if field.most else {})
        case FieldKind.DATE | FieldKind.TIME:
            made |= {"type": "string", "format": "date" if field.kind == FieldKind.DATE else "date-time"}
        case FieldKind.TEXTS:
            made |= {"type": "array", "items": {"type": "string", "pattern": NO_NUL}, "maxItems": field.most}
        case FieldKind.NUMBER:
            made |= {"type": "integer", "minimum": field.least, "maximum": field.most}
        case FieldKind.AMOUNT:
            made |= {"type": "number", "minimum": 0, "maximum": field.most}
        case FieldKind.CHOICE:
            made |= {"type": "string", "enum": list(field.choices)}
        case FieldKind.OBJECT:
            made |= {"type": "object", "additionalProperties": {}}
        case FieldKind.NAMES:
            named = {"type": "string", "pattern": NO_NUL}
            made |= {"type": "object", "additionalProperties": named, "minProperties": 1, "maxProperties": field.most}
        case FieldKind.NUMBERS:
            number = {"type": "integer", "minimum": 1, "maximum": 2**53}
            made |= {"type": "array", "items": number, "minItems": 0 if field.may_be_empty else 1, "maxItems": field.most}
        case FieldKind.TRUTH:
            made |= {"type": "boolean"}
    return made if field.is_needed else _or_null(made)


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"nullable": True} | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def object_schema(columns: SentFields) -> dict[str, Any]:
    """Of one object with these fields and no others."""
    needed = [name for name, field in columns.items() if field.is_needed]
    made = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _schema_of(field) for name, field in columns.items()},
    }
    usual = [name for name, field in columns.items() if field.is_needed or field.is_usual]
    return made | ({"required": needed} if needed else {}) | {"x-usual": usual}


def rows_schema(columns: SentFields, **more: dict[str, Any]) -> dict[str, Any]:
    """Of a request: the arena, and its rows. `more` stands beside them."""
    description = f"All of them are written, or none: at most {MOST_ROWS:,}."
    rows = {
        "type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": object_schema(columns), "description": description,
    }  # fmt: skip
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["arena", "rows"],
        "properties": {"arena": SLUG_SCHEMA | {"description": "Slug of the arena."}, **more, "rows": rows},
    }
