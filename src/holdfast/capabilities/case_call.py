"""How is a Python case carried out in a process that is observed or confined?"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.capabilities.case_child import CaseAnswer, CaseRequest
from holdfast.capabilities.grammar import parse_capabilities
from holdfast.capabilities.worker import ROOT
from holdfast.model import codec
from holdfast.model.call import PythonCall
from holdfast.model.evidence import CaseError, Evidence, Output
from holdfast.ports import CallContext
from holdfast.process.child import run_to_end
from holdfast.process.passed_on import PassedOn
from holdfast.process.reaper_client import describe_exit
from holdfast.text.cut import HeadTail
from holdfast.text.units import format_duration

__all__ = ["ConfinedCalls"]

START = (
    f"import sys; sys.path.insert(0, {ROOT!r}); "
    "from holdfast.capabilities.case_child import main; main()"
)


class ConfinedCalls(PassedOn):
    """An executor whose every call is a process of its own; validators are asked where they always are."""

    def __init__(self, context: CallContext, *, allow: Sequence[str], mode: str) -> None:
        super().__init__(context)
        self._allow = list(allow)
        self._mode = mode
        self._told: dict[str, list[str]] = {}
        self._unused: set[str] | None = None

    async def call(self, call: PythonCall) -> Evidence:
        """Call the function in a new process."""
        with tempfile.TemporaryDirectory(prefix="holdfast-capabilities-") as folder:
            path = Path(folder) / "answer"
            path.touch()
            evidence = await self._run(call, path)
            data = path.read_bytes()
        if evidence.error is not None and evidence.error.kind == "timeout":
            return evidence
        return self._read(data, evidence)

    def _request(self, call: PythonCall) -> bytes:
        return codec.encode(
            CaseRequest(
                ref=call.ref,
                kwargs=call.kwargs,
                seed=call.seed,
                root=self._context.root or str(Path.cwd()),
                mode=self._mode,
                grants=parse_capabilities(self._allow),
                folder=str(Path.cwd()),
                search=os.environ.get("PATH", os.defpath),
            )
        )

    async def _run(self, call: PythonCall, answer: Path) -> Evidence:
        """Run the process to its end; the evidence has its output, and an error unless it ended by itself."""
        child = await self._context.spawn(
            [sys.executable, "-c", START, str(answer)],
            env={},
            cwd="",
            stdin_data=self._request(call),
        )
        written = {1: HeadTail(), 2: HeadTail()}
        sinks = {fd: kept.append for fd, kept in written.items()}
        status = await run_to_end(child, sinks, call.timeout_s)
        error: CaseError | None = None
        if status is None:
            message = f"no end within {format_duration(call.timeout_s or 0.0)}"
            error = CaseError(kind="timeout", message=message)
        elif status:
            how = describe_exit(status)
            error = CaseError(kind="crash", message=f"the process ended with {how}")
        return Evidence(
            has_value=False, error=error, stdout=_output(written[1]), stderr=_output(written[2])
        )

    def _read(self, data: bytes, ended: Evidence) -> Evidence:
        try:
            answer = codec.decode(data, CaseAnswer)
        except (msgspec.DecodeError, ValueError):
            if ended.error is not None:
                return ended
            crash = CaseError(kind="crash", message="the process ended without an answer")
            return msgspec.structs.replace(ended, error=crash)
        if answer.cannot:
            self._note(mode="none", reason=answer.cannot)
            failure = CaseError(
                kind="setup", type="CannotEnforce", message=answer.cannot, tags=("undecided",)
            )
            return msgspec.structs.replace(ended, error=failure)
        self._add(answer)
        return msgspec.structs.replace(
            answer.evidence,
            error=answer.evidence.error or ended.error,
            stdout=ended.stdout,
            stderr=ended.stderr,
        )

    def _add(self, answer: CaseAnswer) -> None:
        """Add what one call touched to what earlier calls of the attempt did."""
        for name in ("used", "undeclared", "blind"):
            known = self._told.setdefault(name, [])
            known += [each for each in getattr(answer, name) if each not in known]
        unused = set(answer.unused)
        self._unused = unused if self._unused is None else self._unused & unused
        self._note(
            mode=self._mode,
            **self._told,
            unused=[each for each in answer.unused if each in self._unused],
            violations=self._told["undeclared"] if self._mode == "enforce" else [],
        )

    def _note(self, **facts: Any) -> None:
        self._context.recorder.value("capabilities", {"declared": self._allow, **facts})


def _output(written: HeadTail) -> Output:
    return Output(text=written.text(), cut_bytes=written.cut_bytes)
