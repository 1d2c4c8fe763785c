"""The schema prepared for the documentation page: endpoints with parameters, fields of answers, and an example."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

METHODS = ("get", "post", "patch")

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentedField:
    """One parameter, or one field of an answer."""

    name: str
    kind: str
    description: SafeString


@dataclass(frozen=True, slots=True)
class DocumentedEndpoint:
    """One method of one address."""

    anchor: str
    method: str
    path: str
    description: SafeString
    parameters: list[DocumentedField]
    body: list[DocumentedField]
    example: str  # a body with the required fields, as JSON; empty if there is none, or if a form is sent
    parts: list[str]  # fields of the form that is sent instead: name=value, as curl takes them
    fields: list[DocumentedField]
    formats: list[str]


def endpoints_of(schema: Schema) -> list[DocumentedEndpoint]:
    """All endpoints, in the schema's order."""
    components = schema["components"]["schemas"]
    return [
        _endpoint(method.upper(), path, methods[method], components)
        for path, methods in schema["paths"].items()
        for method in METHODS
        if method in methods
    ]


def _endpoint(method: str, path: str, operation: Schema, components: Schema) -> DocumentedEndpoint:
    done = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    answers = done.get("content", {})
    taken = operation.get("requestBody", {}).get("content", {})
    json_body, form = (taken.get(each, {}).get("schema") for each in ("application/json", "multipart/form-data"))
    body = json_body or form
    answer = answers.get("application/json") or answers.get("application/jsonl")
    return DocumentedEndpoint(
        anchor=operation["operationId"],
        method=method,
        path=path,
        description=_prose(operation.get("description", "")),
        parameters=[_parameter(parameter, components) for parameter in operation.get("parameters", ())],
        body=list(_fields(body, components)) if body else [],
        example=json.dumps(_example(json_body, components), ensure_ascii=False) if json_body else "",
        parts=[f"{name}={value}" for name, value in form["x-parts"].items()] if form else [],
        fields=list(_fields(answer["schema"], components)) if answer else [],
        formats=list(answers),
    )


def _example(schema: Schema, components: Schema, name: str = "") -> Any:
    """An example body with plausible words and numbers."""
    schema = _resolved(schema, components)
    if schema.get("type") == "object":
        fields = schema.get("properties", {})
        shown = schema.get("x-usual") or schema.get("required") or [*fields][:2]
        return {each: _example(fields[each], components, each) for each in shown}
    if schema.get("type") == "array":
        return [_example(schema["items"], components, name)]
    if "enum" in schema:
        return schema["enum"][0]
    return {"integer": 1, "number": 1.0, "boolean": True}.get(schema.get("type", ""), name)


def _parameter(parameter: Schema, components: Schema) -> DocumentedField:
    described = parameter.get("description") or parameter["schema"].get("description", "")
    return DocumentedField(parameter["name"], _kind(parameter["schema"], components), _prose(described))


def _prose(text: str) -> SafeString:
    """One paragraph as HTML, with names in backticks as code."""
    safe = re.sub("`([^`]+)`", r"<code>\1</code>", escape(" ".join(text.split())))
    return mark_safe(safe)  # noqa: S308  # escaped above  # nosec B308, B703


def _fields(schema: Schema, components: Schema, prefix: str = "") -> Iterator[DocumentedField]:
    """The fields, depth first; a nested field is named by its path, such as entries[].rating."""
    for name, field in _resolved(schema, components).get("properties", {}).items():
        field, inner = _resolved(field, components), f"{prefix}{name}"
        yield DocumentedField(inner, _kind(field, components), _prose(field.get("description", "")))
        if field.get("type") == "array":
            yield from _fields(field["items"], components, f"{inner}[].")
        else:
            yield from _fields(field, components, f"{inner}.")


def _resolved(schema: Schema, components: Schema) -> Schema:
    """The schema with references resolved; keys beside a reference are added to its target."""
    followed = dict(schema)
    for part in [*followed.pop("allOf", []), *([{"$ref": followed.pop("$ref")}] if "$ref" in followed else [])]:
        target = components[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        followed = dict(_resolved(target, components)) | followed
    return followed


def _kind(schema: Schema, components: Schema) -> str:
    """A few words: integer 1–500, text, one of active, retired, or null."""
    schema = _resolved(schema, components)
    if "oneOf" in schema:
        return " or ".join(_kind(each, components) for each in schema["oneOf"])
    empty = " or null" if schema.get("nullable") else ""
    if schema.get("enum") == [None]:
        return "null"
    if "enum" in schema:
        return f"one of {', '.join(str(value) for value in schema['enum'] if value is not None)}{empty}"
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_kind(schema['items'], components)}{empty}"
    if kind == "string":
        kind = {"date-time": "time", "date": "date", "uri": "address", "binary": "file"}.get(schema.get("format", ""), "text")
    if "maximum" in schema and schema["maximum"] < 10**6:
        kind = f"{kind} {schema.get('minimum', 0)}–{schema['maximum']}"
    return f"{kind}{empty}"
