"""Which JSON Schema describes a case file, for editors and other tools?

Made from the same forms that check a file, and from what each component says of its
parameters, so that it cannot drift away from them.
"""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec

from holdfast.cases.authored import SuiteForm, build_forms
from holdfast.ports import BadParams, Compiled
from holdfast.registry import Registry

__all__ = ["case_schema"]

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEMPLATE: Schema = {"$ref": "#/$defs/template"}
_STEPS: Schema = {"type": "array", "items": {"$ref": "#/$defs/Step"}}
_EXPECT: Schema = {"type": "array", "items": {"$ref": "#/$defs/expectation"}}
_STEP_LISTS = ("before", "before_each", "after_each", "after_all", "teardown", "steps")


def case_schema(registry: Registry) -> Schema:
    """Return the JSON Schema (2020-12) of a case file with the components of a registry."""
    forms = build_forms(registry)
    kinds = [name for _, name in forms.targets]
    (_, case, step), defs = msgspec.json.schema_components(
        [SuiteForm, forms.case, forms.step], ref_template="#/$defs/{name}"
    )
    del case, step
    for form in defs.values():
        _point(form["properties"])
    for kind in kinds:
        defs["Case"]["properties"][kind] = _target(registry, kind, defs)
        if kind != "steps":
            defs["Step"]["properties"][kind] = defs["Case"]["properties"][kind]
    for name, around in forms.around.items():
        component = registry.load(around, name)
        defs["Case"]["properties"][name] = _or_template(_with_templates(component.schema()))
    defs["Case"]["required"] = ["id"]
    defs["Case"]["oneOf"] = [{"required": [kind]} for kind in kinds]
    defs["Step"]["oneOf"] = [{"required": [kind]} for kind in kinds if kind != "steps"]
    defs["Case"]["properties"]["foreach"] = _foreach()
    case_ref = {"$ref": "#/$defs/Case"}
    defs["SuiteForm"]["properties"]["cases"] = {"type": "array", "items": case_ref}
    defs["SuiteForm"]["required"] = ["cases"]
    defs["expectation"] = _expectation(registry)
    defs["template"] = {
        "type": "string",
        "pattern": r"^\{[^{}\n]+\}$",
        "description": "one template: the value takes its place",
    }
    return {
        "$schema": _DIALECT,
        "title": "holdfast cases",
        "anyOf": [{"$ref": "#/$defs/SuiteForm"}, {"type": "array", "items": case_ref}],
        "$defs": dict(sorted(defs.items())),
    }


def _point(properties: Schema) -> None:
    """Put what the forms leave open in its place: steps and expectations."""
    for name in properties:
        if name in _STEP_LISTS:
            properties[name] = _STEPS
        elif name == "expect":
            properties[name] = _EXPECT


def _foreach() -> Schema:
    values: Schema = {"type": "array", "minItems": 1}
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {"file": {"anyOf": [{"type": "string"}, values]}},
        "additionalProperties": values,
    }


def _target(registry: Registry, kind: str, defs: dict[str, Any]) -> Schema:
    if kind == "steps":
        return {**_STEPS, "minItems": 1}
    component = registry.load("target", kind)
    (ref,), parts = msgspec.json.schema_components(
        [component.form], ref_template=f"#/$defs/{kind}.{{name}}"
    )
    for name, part in parts.items():
        defs[f"{kind}.{name}"] = _with_templates(part)
    forms: list[Schema] = [ref, {"type": "string"}]
    argv = parts[ref["$ref"].rpartition(".")[2]]["properties"].get("argv")
    if argv:
        forms.append(argv)
    return {"anyOf": forms}


def _expectation(registry: Registry) -> Schema:
    """Return the schema of `name` or `{name: parameters}`."""
    bare: list[str] = []
    properties: dict[str, Schema] = {}
    families: dict[str, Schema] = {}
    for name in registry.names("expectation"):
        component = registry.load("expectation", name)
        if name.endswith(".*"):
            families[f"^{re.escape(name[:-1])}.+$"] = _or_template(component.schema())
            continue
        properties[name] = _or_template(_with_templates(component.schema()))
        if _holds_bare(component):
            bare.append(name)
            properties[name] = {"anyOf": [properties[name], {"type": "null"}]}
    named: Schema = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": properties,
        **({"patternProperties": families} if families else {}),
    }
    return {"anyOf": [{"enum": bare}, named]}


def _holds_bare(component: Any) -> bool:
    """Tell whether an expectation may be written without parameters."""
    try:
        component.compile(None, _refuse)
    except BadParams:
        return False
    return True


def _refuse(raw: Any) -> Compiled:
    raise BadParams("nothing is nested here")


def _with_templates(schema: Any) -> Any:
    """Let one template stand for every value inside; what is on top is left as it is."""
    if not isinstance(schema, dict):
        return schema
    out: Schema = {}
    for key, value in cast("Schema", schema).items():
        if key in {"properties", "patternProperties"}:
            out[key] = {name: _or_template(_with_templates(sub)) for name, sub in value.items()}
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            out[key] = _or_template(_with_templates(value))
        elif key in {"prefixItems", "anyOf", "oneOf", "allOf"}:
            parts = [_with_templates(sub) for sub in value]
            out[key] = [_or_template(sub) for sub in parts] if key == "prefixItems" else parts
        else:
            out[key] = value
    return out


def _or_template(schema: Any) -> Any:
    """Let one template stand where only other values could."""
    if not isinstance(schema, dict):
        return schema
    found = cast("Schema", schema)
    if not found or found == _TEMPLATE:
        return found
    if found.get("type") == "string" and not {"pattern", "enum", "minLength"} & found.keys():
        return found
    return {"anyOf": [found, _TEMPLATE]}
