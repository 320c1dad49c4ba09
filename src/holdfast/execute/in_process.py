"""How does Python code run inside holdfast itself, for a debugger's sake?

Nothing protects the run here: what ends the process ends the run, and no time
limit can stop synchronous code.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic, seed_global
from holdfast.execute import outcome
from holdfast.execute.assess import assess, is_awaitable
from holdfast.execute.collect import collect_file
from holdfast.execute.wire import Collected, Lane
from holdfast.model.evidence import Assessment, Evidence
from holdfast.ports import AssessorCall, PythonCall
from holdfast.process.page import close_page, open_page
from holdfast.process.reference import find, lane_of_reference

__all__ = ["InProcess"]


class InProcess:
    """The executor that calls functions here and now."""

    def __init__(self, root: str) -> None:
        sys.path.insert(0, root)
        self._root = root
        self._doing: dict[str, str] = {}

    async def resolve(self, refs: Sequence[str]) -> Mapping[str, Lane]:
        """Tell which lane each reference needs; what cannot be imported is `sync`, and fails when it runs."""
        return {ref: lane_of_reference(ref) for ref in refs}

    async def call(self, call: PythonCall) -> Evidence:
        """Call the function; what it raises is in the evidence."""
        self._doing["in-process"] = call.ref
        try:
            page = open_page()
            return close_page(page, await self._call(call))
        finally:
            self._doing.pop("in-process", None)

    async def _call(self, call: PythonCall) -> Evidence:
        try:
            function = find(call.ref)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an import raises is evidence
            return outcome.not_prepared(error)
        seed_global(call.seed)
        start = monotonic()
        try:
            value: Any = function(**call.kwargs)
            if is_awaitable(value):
                value = await asyncio.wait_for(value, call.timeout_s)
            evidence = outcome.from_value(value, monotonic() - start)
        except TimeoutError as error:
            if call.timeout_s and monotonic() - start >= call.timeout_s:
                return outcome.timed_out(call.timeout_s, "", monotonic() - start)
            return outcome.from_error(error, monotonic() - start)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever user code raises is evidence
            return outcome.of_failed_call(function, call.kwargs, error, monotonic() - start)
        if not call.assessors:
            return evidence
        # What is kept is what the call left, whatever a validator makes of it.
        answers = await self.assess(call.assessors, value, 0.0)
        return msgspec.structs.replace(evidence, assessments=answers)

    async def assess(
        self, calls: Sequence[AssessorCall], value: Any, timeout_s: float
    ) -> tuple[Assessment, ...]:
        """Call validators on a value, in a thread so that coroutine functions have a loop to run on."""
        del timeout_s
        loop = asyncio.get_running_loop()

        def run(awaitable: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(_await(awaitable), loop).result()

        return await asyncio.to_thread(assess, tuple(calls), value, run)

    async def collect(self, path: str) -> Collected:
        """Import a Python file and describe its marked functions."""
        return collect_file(0, path)

    def doing(self) -> Mapping[str, str]:
        """Tell what runs now."""
        return self._doing

    def pids(self) -> Mapping[str, int]:
        """There is no process but this one."""
        return {}

    def tasks(self) -> int:
        """Count what runs on this loop."""
        return len(asyncio.all_tasks())

    async def close(self) -> None:
        """Forget the folder that was put on the path."""
        if self._root in sys.path:
            sys.path.remove(self._root)


async def _await(awaitable: Any) -> Any:
    return await awaitable
