"""Who watches a run while it goes on? Its processes by a monitor, its cases by their own past."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from holdfast.assembly.pace import Pace
from holdfast.assembly.usage import REAPER, Usage
from holdfast.clock import monotonic
from holdfast.errors import HoldfastError
from holdfast.measure.monitor import Monitor
from holdfast.model.evidence import Series
from holdfast.model.watched import Anomaly, Watched
from holdfast.ports import Executor, Services, Store

__all__ = ["Watching"]

HZ = 10.0
# What is out of line is told within this and the half second after which a case is looked at.
LOOK_S = 0.4
# A run that is over sooner has nothing to see at ten samples a second.
START_AFTER_S = 0.5
# More would push what failed off the screen; the report has them all.
MAX_TOLD = 5

Tell = Callable[[str, Mapping[str, Any]], None]


class Watching:
    """Open while cases run; `pace` is to be told of them, `watched` holds what is kept of the whole."""

    def __init__(
        self,
        store: Store,
        run_id: str,
        executor: Executor,
        services: Services,
        *,
        reaper_pid: int,
        is_on: bool,
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._executor = executor
        self._services = services
        self._reaper_pid = reaper_pid
        self._is_on = is_on
        self._tell: Tell = _nobody
        self._told = 0
        self._started = 0.0
        self._task: asyncio.Task[None] | None = None
        self._usage: Usage | None = None
        self._reason = "" if is_on else "monitor = false"
        self.pace = Pace(store.recent_durations, self._unusual)
        self.watched = Watched(reason=self._reason)

    def used(self) -> Mapping[str, float]:
        """Return the latest value of each series, for the live view."""
        return self._usage.latest if self._usage is not None else {}

    def begin(self, started: float, tell: Tell) -> Self:
        """Say when the run started, on the clock, and who is told what is out of line."""
        self._started = started
        self._tell = tell
        return self

    async def __aenter__(self) -> Self:
        if self._is_on:
            self._task = asyncio.create_task(self._watch(), name="watching")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is None:
            return
        self._task.cancel()
        ended = (await asyncio.gather(self._task, return_exceptions=True))[0]
        if isinstance(ended, Exception):
            self._give_up(f"{type(ended).__name__}: {ended}")
        await self._close()
        self.pace.look()
        self.watched = msgspec.structs.replace(
            self.watched,
            judged=self.pace.judged,
            unusual=self.pace.unusual,
            anomalies=self.pace.anomalies,
        )

    async def _close(self) -> None:
        usage = self._usage
        if usage is None:
            self.watched = Watched(reason=self._reason)
            return
        seen = await asyncio.to_thread(usage.monitor.stop)
        usage.finish(seen)
        self.watched = Watched(
            asked_hz=seen.asked_hz,
            achieved_hz=seen.achieved_hz,
            share=seen.cost.share if seen.cost is not None else 0.0,
            reason=self._reason if seen.cost is not None else "the monitor ended before the run",
            missing=dict(usage.missing),
            peak_bytes=dict(usage.peak_bytes),
        )

    def _give_up(self, why: str) -> None:
        """Say that nothing is watched from here on; the run goes on without."""
        self._reason = why
        self._tell("note", {"text": f"nothing more is watched: {why}"})

    async def _watch(self) -> None:
        self._reason = f"the run was over within {START_AFTER_S:g} s"
        await asyncio.sleep(START_AFTER_S)
        try:
            usage: Usage | None = await self._open()
            self._reason = ""
        except HoldfastError as error:
            self._give_up(error.message)
            usage = None
        next_look = 0.0
        while True:
            await asyncio.sleep(1 / HZ)
            now = monotonic()
            if usage is not None:
                usage.note("cases_in_flight", now, self.pace.in_flight)
                usage.note("asyncio_tasks", now, self._executor.tasks())
            if now < next_look:
                continue
            next_look = now + LOOK_S
            self.pace.look()
            if usage is not None:
                usage.take()

    async def _open(self) -> Usage:
        monitor = Monitor(0, HZ)
        # In a thread: the start of a process must not hold up the cases that run.
        opening = asyncio.ensure_future(asyncio.to_thread(monitor.start))
        try:
            await asyncio.shield(opening)
            monitor.watch(os.getpid())
        except BaseException:
            # The run is over in this moment, or the monitor is: what has been started is ended.
            with contextlib.suppress(HoldfastError):
                await opening
            monitor.stop()
            raise
        self._usage = Usage(monitor, self._names, self._keep, started=self._started)
        return self._usage

    def _names(self) -> Mapping[str, int]:
        return {REAPER: self._reaper_pid, **self._executor.pids(), **self._services.pids()}

    def _keep(self, name: str, points: Series) -> None:
        self._store.add_series(self._run_id, name, points)

    def _unusual(self, anomaly: Anomaly) -> None:
        self._told += 1
        if self._told <= MAX_TOLD:
            facts = {
                "case": anomaly.case,
                "duration_s": anomaly.duration_s,
                "usual_s": anomaly.usual_s,
                "runs": anomaly.runs,
                "is_over": anomaly.is_over,
            }
            self._tell("unusual", facts)


def _nobody(name: str, facts: Mapping[str, Any]) -> None:
    del name, facts
