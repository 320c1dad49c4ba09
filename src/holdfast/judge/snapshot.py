"""Is the value what it was when it was last approved? `snapshot`."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.judge.component import ValueExpectation, take_fields
from holdfast.judge.param import take_flag, take_text
from holdfast.judge.show import brief, brief_text, shown
from holdfast.judge.value import open_deep, same
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.text.diff import diff_values

__all__ = ["SNAPSHOT"]


class _Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    file: str = ""
    stored: Any = None
    exists: bool = False
    update: bool = False


def _prepare(raw: Any) -> _Snapshot:
    """Read a name, or nothing, as authored; or `file`, `stored` and `exists`, as filled in before the run."""
    if raw is None or raw is True:
        return _Snapshot()
    if isinstance(raw, str):
        return _Snapshot(file=take_text(raw, what="the name of a snapshot"))
    fields = take_fields(raw, ("file", "stored", "exists", "update"), what="snapshot")
    return _Snapshot(
        file=take_text(fields.get("file", ""), what="file", path=("file",), allow_empty=True),
        stored=fields.get("stored"),
        exists=take_flag(fields.get("exists", False), what="exists", path=("exists",)),
        update=take_flag(fields.get("update", False), what="update", path=("update",)),
    )


def _judge(params: _Snapshot, value: Any) -> Finding:
    name = params.file or "of this case"
    if params.update and not (params.exists and same(params.stored, value)):
        return undecided(
            f"snapshot {name} is written from this run; run again to compare with it",
            observed=brief(value),
        )
    if not params.exists:
        return undecided(
            f"snapshot {name} does not exist; write it with `holdfast run --update`",
            observed=brief(value),
        )
    if same(params.stored, value):
        return passed(f"value is that of snapshot {name}")
    diff = diff_values(open_deep(params.stored), open_deep(value))
    message = f"value differs from snapshot {name}: {shown(value)}\n{diff}".rstrip()
    return failed(brief_text(message), expected=brief(params.stored), observed=brief(value))


SNAPSHOT = ValueExpectation(
    form={
        "anyOf": [
            {"enum": [None, True]},
            {"type": "string", "description": "the name of the snapshot's file"},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "file": {"type": "string"},
                    "stored": {},
                    "exists": {"type": "boolean"},
                    "update": {"type": "boolean"},
                },
            },
        ],
        "description": "the value equals the one that `--update` stored",
    },
    prepare=_prepare,
    decide=_judge,
)
