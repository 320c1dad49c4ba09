"""Does the value follow a JSON Schema? `json_schema`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import msgspec
import referencing.exceptions
import referencing.jsonschema
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import validator_for
from jsonschema_specifications import REGISTRY  # pyright: ignore[reportMissingTypeStubs] - has no stubs

from holdfast.judge.component import ValueExpectation, not_applicable
from holdfast.judge.path import parse_json
from holdfast.judge.show import brief, brief_text, quoted
from holdfast.judge.value import has_tags, open_deep
from holdfast.model.finding import Finding, failed, passed
from holdfast.ports import BadParams
from holdfast.text.suggest import did_you_mean

__all__ = ["JSON_SCHEMA"]

SHOWN_ERRORS = 5
# Under these keywords stand schemas: by name, in a list, or one alone.
BY_NAME = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
ALONE = frozenset({
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties", "additionalItems", "contentSchema",
})  # fmt: skip
# Keywords that say something without asserting it: those of the drafts, and of OpenAPI.
ANNOTATIONS = frozenset({
    "$schema", "$id", "$anchor", "$dynamicAnchor", "$comment", "$defs", "$vocabulary", "definitions",
    "id", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    "then", "else", "minContains", "maxContains", "additionalItems",
    "contentEncoding", "contentMediaType", "contentSchema",
    "example", "nullable", "discriminator", "xml", "externalDocs",
})  # fmt: skip
# Only these keywords look inside: a schema with them asks for data, not for a text.
STRUCTURAL = frozenset({"properties", "required", "items", "prefixItems", "additionalProperties"})
CONTAINERS = frozenset({"array", "object"})
# Nothing is ever fetched: a schema stands alone, or refers to the drafts themselves.
_KNOWN: Any = REGISTRY


_Path = tuple[str | int, ...]


class _Schema(msgspec.Struct, frozen=True, kw_only=True):
    validator: Any
    reads_text: bool


def _prepare(raw: Any) -> _Schema:
    if not isinstance(raw, dict | bool):
        raise BadParams(
            f"json_schema must be a JSON Schema, got {raw!r}", hint="an object, or {file: PATH}"
        )
    schema = cast("Any", raw)
    if isinstance(raw, dict) and set(schema) == {"file"}:
        raise BadParams(
            f"the schema file must have been read, got {schema['file']!r}", path=("file",)
        )
    kind: Any = _validator_class(schema)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        where = list(error.absolute_path)
        raise BadParams(
            f"a JSON Schema must follow its draft: {error.message:.500}", path=where
        ) from error
    _check_keywords(schema, kind)
    _check_refs(schema, kind)
    validator = kind(schema, registry=_KNOWN, format_checker=kind.FORMAT_CHECKER)
    return _Schema(validator=validator, reads_text=_asks_for_data(schema))


def _validator_class(schema: Any) -> Any:
    if not isinstance(schema, dict) or "$schema" not in schema:
        return Draft202012Validator
    draft = cast("dict[str, Any]", schema)["$schema"]
    kind = (
        validator_for(cast("Any", schema), default=cast("Any", None))
        if isinstance(draft, str)
        else None
    )
    if kind is None:
        hint = "for example 'https://json-schema.org/draft/2020-12/schema'"
        raise BadParams(
            f"$schema must name a known draft, got {draft!r}", path=("$schema",), hint=hint
        )
    return kind


def _check_keywords(schema: Any, kind: Any) -> None:
    """Refuse a schema that asserts nothing, or a keyword that is a slip of another one.

    By its drafts, an unknown keyword asserts nothing: `requird` would hold for every value.
    """
    asserting: set[str] = set(kind.VALIDATORS)
    if schema is True or (isinstance(schema, dict) and asserting.isdisjoint(cast("Any", schema))):
        known = (
            ", ".join(map(str, cast("dict[str, Any]", schema))) if schema is not True else "true"
        )
        message = f"a JSON Schema must assert something, got {known or 'no keyword'}"
        raise BadParams(message, hint="a schema without a known keyword holds for every value")
    for path, part in _schemas(schema, ()):
        for key in part:
            if key in asserting or key in ANNOTATIONS or key.startswith("x-"):
                continue
            offer = did_you_mean(key, asserting | ANNOTATIONS)
            if offer:
                raise BadParams(f"no such keyword {key!r}{offer}", path=(*path, key))


def _schemas(schema: Any, path: _Path) -> Iterator[tuple[_Path, dict[str, Any]]]:
    """Yield each schema inside a schema, itself included, with its place."""
    if not isinstance(schema, dict):
        return
    part = cast("dict[str, Any]", schema)
    yield path, part
    for key, item in part.items():
        if isinstance(item, dict) and key in BY_NAME:
            for name, inner in cast("dict[str, Any]", item).items():
                yield from _schemas(inner, (*path, key, name))
        elif isinstance(item, list) and key in LISTED:
            for index, inner in enumerate(cast("list[Any]", item)):
                yield from _schemas(inner, (*path, key, index))
        elif key in ALONE:
            yield from _schemas(item, (*path, key))


def _check_refs(schema: Any, kind: Any) -> None:
    """Look every reference up now, so that none is found missing, or fetched, during a run."""
    specification = referencing.jsonschema.specification_with(kind.META_SCHEMA["$schema"])
    resource = specification.create_resource(schema)
    resolver = _KNOWN.with_resource("", resource).resolver_with_root(resource)
    if any("$id" in part for _, part in _schemas(schema, ())):
        # References inside a part with an address of its own start from there: judging finds those.
        return
    for path, part in _schemas(schema, ()):
        ref = part.get("$ref")
        if not isinstance(ref, str):
            continue
        try:
            resolver.lookup(ref)
        except (referencing.exceptions.Unresolvable, ValueError) as error:
            hint = "put it into $defs: nothing is fetched"
            message = f"$ref must lead to a part of the schema, got {ref!r}"
            raise BadParams(message, path=(*path, "$ref"), hint=hint) from error


def _asks_for_data(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    kinds = cast("dict[str, Any]", schema).get("type")
    if kinds is None:
        return not STRUCTURAL.isdisjoint(cast("dict[str, Any]", schema))
    names: set[Any] = {kinds} if isinstance(kinds, str) else set(kinds)
    return names <= CONTAINERS


def _judge(params: _Schema, value: Any) -> Finding:
    if isinstance(value, str) and params.reads_text:
        try:
            value = parse_json(value)
        except ValueError as error:
            message = f"value is no JSON: {error}; got {quoted(value)}"
            raise not_applicable(message, observed=brief(value)) from None
    elif has_tags(value):
        value = open_deep(value)
    errors: list[ValidationError] = sorted(
        params.validator.iter_errors(value), key=lambda error: error.json_path
    )
    if not errors:
        return passed("value follows the schema")
    shown = "; ".join(f"{error.json_path}: {error.message:.300}" for error in errors[:SHOWN_ERRORS])
    more = f"; and {len(errors) - SHOWN_ERRORS:,} more" if len(errors) > SHOWN_ERRORS else ""
    noun = "place" if len(errors) == 1 else "places"
    message = f"value breaks the schema in {len(errors):,} {noun}: {shown}{more}"
    return failed(brief_text(message), observed=brief(value))


JSON_SCHEMA = ValueExpectation(
    form={
        "anyOf": [
            {
                "type": "object",
                "description": "a JSON Schema (Draft 2020-12 unless $schema says otherwise)",
            },
            {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": {"type": "string"}},
            },
            {"type": "boolean"},
        ],
        "description": "the value follows this JSON Schema",
    },
    prepare=_prepare,
    decide=_judge,
)
