"""What does a step save for the steps after it, and where does that stand in its evidence?"""

from __future__ import annotations

from typing import Any

import jsonpath

from holdfast.model.evidence import Evidence
from holdfast.ports import BadParams

__all__ = ["read_saved"]

# Only what RFC 9535 says: a path means the same here as everywhere else.
_PATHS = jsonpath.JSONPathEnvironment(strict=True)


def read_saved(source: str, evidence: Evidence) -> Any:
    """Return the part of the evidence that `source` names.

    `$...` is a JSONPath into the value: one match is that value, a path that may
    match more gives the list of all. `headers.NAME` is a header, `value`, `stdout`
    and `stderr` the whole of it, any other name a fact such as `status` or `exit_code`.

    Raises:
        BadParams: nothing is there.
    """
    if source.startswith("$"):
        return _read_path(source, evidence)
    if source == "value":
        return evidence.value
    if source in {"stdout", "stderr"}:
        output = evidence.stdout if source == "stdout" else evidence.stderr
        if output is None:
            raise BadParams(f"there is no {source}")
        return output.text
    if source.startswith("headers."):
        return _read_header(source.removeprefix("headers.").lower(), evidence)
    if source not in evidence.facts:
        known = ", ".join(["$.path", "value", *sorted(evidence.facts)])
        raise BadParams(f"{source!r} must be one of {known}")
    return evidence.facts[source]


def _read_path(source: str, evidence: Evidence) -> Any:
    try:
        path = _PATHS.compile(source)
        found = path.findall(evidence.value)
    except (jsonpath.JSONPathError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise BadParams(f"{source!r} must be a JSONPath into the value, got {reason}") from error
    if not found:
        raise BadParams(f"{source!r} matches nothing in {_brief(evidence.value)}")
    return found[0] if isinstance(path, jsonpath.JSONPath) and path.singular_query() else found


def _read_header(name: str, evidence: Evidence) -> Any:
    headers: dict[str, str] = evidence.facts.get("headers", {})
    if name not in headers:
        known = ", ".join(sorted(headers)) or "none"
        raise BadParams(f"there is no header {name!r} (headers: {known})")
    return headers[name]


def _brief(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 200 else f"{shown[:200]}..."
