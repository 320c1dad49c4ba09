"""How are settings shown to people, without their secrets?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec

from holdfast.settings.load import Loaded
from holdfast.settings.secret import MASK, hide_secrets
from holdfast.text.redact import is_secret_name

__all__ = ["DEFAULT", "Row", "list_settings", "settings_json", "settings_text"]

DEFAULT = "default"
# Longer values are shown in full, but do not push the origins of the others away.
_WIDEST = 48


class Row(msgspec.Struct, frozen=True):
    """One setting by its dotted name; secrets in `value` are hidden already."""

    name: str
    value: Any
    origin: str


def list_settings(loaded: Loaded) -> tuple[Row, ...]:
    """List every value in effect with where it came from, in the order of the reference."""
    secrets = loaded.secrets
    return tuple(
        Row(name, _hidden(name, value, secrets), loaded.origins.get(name, DEFAULT))
        for name, value in _leaves("", msgspec.to_builtins(loaded.settings))
    )


def settings_text(loaded: Loaded, shown_file: str) -> str:
    """Draw the settings as an aligned table; `shown_file` is how the file is called, or empty."""
    rows = [(row.name, _value_text(row.value), row.origin) for row in list_settings(loaded)]
    names = max(len(name) for name, _, _ in rows)
    values = max(len(value) for _, value, _ in rows if len(value) <= _WIDEST)
    lines = [f"settings file: {shown_file or 'none'}"]
    lines += [f"profile: {loaded.profile}"] if loaded.profile else []
    lines += ["", f"{'setting':{names}}  {'value':{values}}  origin"]
    lines += [f"{name:{names}}  {value:{values}}  {origin}" for name, value, origin in rows]
    return "\n".join(lines)


def settings_json(loaded: Loaded, shown_file: str) -> dict[str, Any]:
    """Return the settings as plain data."""
    return {
        "file": shown_file or None,
        "profile": loaded.profile or None,
        "settings": {
            row.name: {"value": row.value, "origin": row.origin} for row in list_settings(loaded)
        },
    }


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict) or not value:
        yield name, value
        return
    for key, item in cast("dict[str, Any]", value).items():
        yield from _leaves(f"{name}.{key}" if name else key, item)


def _hidden(name: str, value: Any, secrets: Mapping[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_hidden(name, item, secrets) for item in cast("Sequence[Any]", value)]
    if not isinstance(value, str):
        return value
    is_secret = bool(value) and is_secret_name(name.rpartition(".")[2])
    return MASK if is_secret else hide_secrets(value, secrets)


def _value_text(value: Any) -> str:
    if value in ("", None):
        return "-"
    return json.dumps(value, ensure_ascii=False)
