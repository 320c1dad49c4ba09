"""How is a Python case called in a process of its own, so that its memory is nobody else's?"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import msgspec

from holdfast.measure.monitor_child import CallAnswer, CallRequest, LagRequest
from holdfast.model import codec
from holdfast.model.call import PythonCall
from holdfast.model.evidence import CaseError, Evidence, Output
from holdfast.ports import CallContext
from holdfast.process.child import run_to_end
from holdfast.process.passed_on import PassedOn
from holdfast.process.reaper_client import describe_exit
from holdfast.text.cut import HeadTail
from holdfast.text.units import format_duration

__all__ = ["OwnProcessCalls", "own_process_calls"]

ROOT = str(Path(__file__).resolve().parent.parent.parent)
# -P: the current folder is no place for modules unless the run says so.
START = f"import sys; sys.path.append({ROOT!r}); from holdfast.measure.monitor_child import main; main()"


class OwnProcessCalls(PassedOn):
    """An executor whose every call is a process of its own; validators are asked where they always are.

    `answers` are what was resident around each call. With `lag` set, the loop of each coroutine
    function is measured too.
    """

    def __init__(self, context: CallContext) -> None:
        super().__init__(context)
        self.answers: list[CallAnswer] = []
        self.lag: LagRequest | None = None

    async def call(self, call: PythonCall) -> Evidence:
        """Call the function in a new process."""
        with tempfile.TemporaryDirectory(prefix="holdfast-monitor-") as folder:
            path = Path(folder) / "answer"
            path.touch()
            ended = await self._run(call, path)
            data = path.read_bytes()
        if ended.error is not None and ended.error.kind == "timeout":
            return ended
        try:
            answer = codec.decode(data, CallAnswer)
        except (msgspec.DecodeError, ValueError):
            lost = CaseError(kind="crash", message="the process ended without an answer")
            return msgspec.structs.replace(ended, error=ended.error or lost)
        self.answers.append(answer)
        return msgspec.structs.replace(
            answer.evidence,
            error=answer.evidence.error or ended.error,
            stdout=ended.stdout,
            stderr=ended.stderr,
        )

    async def _run(self, call: PythonCall, answer: Path) -> Evidence:
        """Run the process to its end; the evidence has its output, and an error unless it ended by itself."""
        request = CallRequest(
            ref=call.ref,
            kwargs=call.kwargs,
            seed=call.seed,
            root=self._context.root,
            lag=self.lag,
        )
        child = await self._context.spawn(
            [sys.executable, "-P", "-c", START, str(answer)],
            env={},
            cwd="",
            stdin_data=codec.encode(request),
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
        out, err = (Output(text=each.text(), cut_bytes=each.cut_bytes) for each in written.values())
        return Evidence(has_value=False, error=error, stdout=out, stderr=err)


def own_process_calls(context: CallContext) -> OwnProcessCalls:
    """Return what makes the calls of this attempt, each in a process of its own, for all probes together."""
    calls = context.executor
    if not isinstance(calls, OwnProcessCalls):
        calls = context.executor = OwnProcessCalls(context)
    return calls
