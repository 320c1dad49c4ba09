"""Which JSON Schema do editors use for holdfast.toml?"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from holdfast.settings.about import ABOUT
from holdfast.settings.values import GateSettings, SecretSettings, Settings

__all__ = ["settings_schema"]

_TABLES = {"gate": GateSettings.__name__, "secrets": SecretSettings.__name__}


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the settings file.

    >>> settings_schema()["properties"]["slots"]["minimum"]
    1
    """
    whole = msgspec.json.schema(Settings)
    defs = cast("dict[str, Any]", whole["$defs"])
    for name, text in ABOUT.items():
        table, _, key = name.rpartition(".")
        owner = defs[_TABLES[table] if table else Settings.__name__]
        owner["properties"][key]["description"] = text
    top = defs.pop(Settings.__name__)
    # A profile may say all but profiles.
    rest = {key: value for key, value in top["properties"].items() if key != "profiles"}
    defs["Profile"] = {**top, "title": "Profile", "properties": rest}
    top["properties"]["profiles"]["additionalProperties"] = {"$ref": "#/$defs/Profile"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **top,
        "title": "holdfast settings",
        "$defs": defs,
    }
