"""How is a case put under capabilities? Its call is carried out by a process that has no others.

`capabilities: [read:data/**]` confines; an expectation `touches_only` observes. The
evidence is the fact `capabilities`: `mode` (enforce, observe, none), `declared`, `used`,
`undeclared`, `unused`, `blind`, `violations` and, for `none`, the `reason`.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, cast

from holdfast.capabilities.case_call import ConfinedCalls
from holdfast.capabilities.confinement import plan_rules
from holdfast.capabilities.exec import confined_argv, program_scope
from holdfast.capabilities.grammar import BadCapability, parse_capability
from holdfast.capabilities.software import Software
from holdfast.capabilities.violation import CannotEnforce
from holdfast.errors import CannotTell
from holdfast.ports import BadParams, CallContext

__all__ = ["CONDITION", "CapabilityCondition"]

FACT = "capabilities"
MODES = ("enforce", "observe")
FOREIGN = "an audit hook sees into Python alone, and the case runs another program"


class CapabilityCondition:
    """Holds a Python case or a command to its capabilities, or notes what a Python case uses."""

    targets = frozenset({"python", "command"})
    exclusive = False

    def schema(self) -> dict[str, Any]:
        words = {"type": "array", "items": {"type": "string", "minLength": 1}}
        return {
            "description": "what the case may touch, such as read:data/** or net:127.0.0.1",
            "anyOf": [
                words,
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["allow"],
                    "properties": {"allow": words, "mode": {"enum": list(MODES)}},
                },
            ],
        }

    def check(self, raw: Any) -> dict[str, Any]:
        allow, mode = raw, "enforce"
        path: tuple[str, ...] = ()
        if isinstance(raw, Mapping):
            fields = cast("Mapping[str, Any]", raw)
            unknown = sorted(set(fields) - {"allow", "mode"})
            if unknown:
                message = f"no such key {unknown[0]!r} in capabilities"
                raise BadParams(message, path=(unknown[0],), hint="known: allow, mode")
            allow, mode, path = fields.get("allow"), fields.get("mode", "enforce"), ("allow",)
        if not isinstance(allow, list):
            message = f"capabilities must be a list of capabilities, got {allow!r:.100}"
            raise BadParams(message, path=path, hint="for example [read:data/**, net:127.0.0.1]")
        if mode not in MODES:
            message = f"mode must be enforce or observe, got {mode!r:.100}"
            raise BadParams(message, path=("mode",))
        for index, text in enumerate(cast("list[Any]", allow)):
            try:
                parse_capability(text)
            except BadCapability as error:
                raise BadParams(error.message, path=(*path, index), hint=error.hint) from error
        return {"allow": list(cast("list[str]", allow)), "mode": mode}

    @contextlib.asynccontextmanager
    async def apply(self, params: Any, context: CallContext) -> AsyncGenerator[None]:
        """Put an executor or a `spawn` that confines into the place of the run's."""
        allow, mode = params["allow"], params["mode"]
        if context.case.target.kind == "python":
            context.executor = ConfinedCalls(context, allow=allow, mode=mode)
        elif mode == "observe":
            context.recorder.value(FACT, {"mode": "none", "declared": allow, "reason": FOREIGN})
        else:
            context.spawn = _confined_spawn(context.spawn, allow)
            context.recorder.value(FACT, {"mode": mode, "declared": allow})
        yield


def _confined_spawn(spawn: Any, allow: list[str]) -> Any:
    """Return a `spawn` under which a command has no other capabilities.

    Raises, when it is called:
        CannotTell: this machine cannot hold it to them.
    """

    async def start(
        argv: Any, *, env: Mapping[str, str], cwd: str = "", stdin_data: bytes | None = None
    ) -> Any:
        # As the program will find them: relative to the folder where it runs.
        scope = program_scope(allow, argv[0], folder=cwd or str(Path.cwd()))
        try:
            plan_rules(scope, Software(), [])
        except CannotEnforce as error:
            raise CannotTell(str(error)) from error
        names = [f"env:{name}" for name in env]
        return await spawn(
            confined_argv([*allow, *names], argv), env=env, cwd=cwd, stdin_data=stdin_data
        )

    return start


CONDITION = CapabilityCondition()
