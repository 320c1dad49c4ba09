"""What does a case's process use while the target is called? The probe `monitor`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, cast

from holdfast.measure.monitor import MOST_HZ, Monitor, MonitorLost
from holdfast.measure.monitor_call import OwnProcessCalls, own_process_calls
from holdfast.measure.monitor_child import CallAnswer
from holdfast.measure.monitor_values import Sample, Seen
from holdfast.ports import BadParams, CallContext, Recorder

__all__ = ["PROBE", "MonitorProbe"]

FACT = "monitor"
_HINT = "for example {monitor: {hz: 20}}"


class MonitorProbe:
    """Watches a command with all that it starts; a Python call gets a process of its own for it.

    What surrounds the call otherwise, a driver or a condition, starts processes too: those are
    watched likewise. Series, figures (`peak_rss`, `rss_growth`, `cpu_s`) and the fact `monitor`, which
    says what they are worth, are kept.
    """

    targets = frozenset({"python", "command"})
    exclusive = True

    def schema(self) -> dict[str, Any]:
        return {
            "type": ["object", "null"],
            "description": "watch CPU, memory, threads and more while the target is called",
            "additionalProperties": False,
            "properties": {"hz": {"type": "number", "minimum": 0.1, "maximum": MOST_HZ}},
        }

    def check(self, raw: Any) -> dict[str, Any]:
        if raw is not None and not isinstance(raw, Mapping):
            raise BadParams(f"monitor must be an object, got {raw!r:.60}", hint=_HINT)
        fields = cast("Mapping[str, Any]", raw or {})
        unknown = sorted(map(str, set(fields) - {"hz"}))
        if unknown:
            raise BadParams(
                f"no such key {unknown[0]!r} in monitor", path=(unknown[0],), hint="known: hz"
            )
        hz = fields.get("hz", 10)
        if isinstance(hz, bool) or not isinstance(hz, int | float) or not 0.1 <= hz <= MOST_HZ:
            message = f"hz must be a number from 0.1 to {MOST_HZ:g}, got {hz!r:.60}"
            raise BadParams(message, path=("hz",), hint=_HINT)
        return {"hz": hz}

    @contextlib.asynccontextmanager
    async def watch(self, params: Any, context: CallContext) -> AsyncGenerator[None]:
        """Watch every process that the call is given."""
        monitor = Monitor(hz=params["hz"])
        started = context.clock.now()
        await asyncio.to_thread(monitor.start)
        watched: list[Any] = []
        context.spawn = _watched_spawn(context.spawn, monitor, watched)
        calls: OwnProcessCalls | None = None
        # A condition has an executor of its own, which starts the process itself.
        is_free = all(each.kind != "condition" for each in context.case.surround)
        if context.case.target.kind == "python" and is_free:
            calls = own_process_calls(context)
        try:
            yield
        finally:
            seen = await asyncio.to_thread(monitor.stop)
            _note_series(context.recorder, seen, started)
            _note_figures(context.recorder, seen, watched, calls.answers if calls else ())


def _watched_spawn(spawn: Any, monitor: Monitor, watched: list[Any]) -> Any:
    async def start(
        argv: Any, *, env: Mapping[str, str], cwd: str = "", stdin_data: bytes | None = None
    ) -> Any:
        child = await spawn(argv, env=env, cwd=cwd, stdin_data=stdin_data)
        watched.append(child)
        # A monitor that was killed is seen at the end: nothing is proven then.
        with contextlib.suppress(MonitorLost):
            monitor.watch(child.pid)
        return child

    return start


def _note_series(recorder: Recorder, seen: Seen, started: float) -> None:
    before: Sample | None = None
    for sample in seen.samples:
        at = max(sample.started - started, 0.0)
        if sample.readings:
            recorder.series("rss_bytes", at, sample.rss_bytes)
            recorder.series("threads", at, sample.threads)
            recorder.series("processes", at, len(sample.readings))
        if before is not None and sample.started > before.started:
            _note_rates(recorder, before, sample, at)
        before = sample
    for details in seen.details:
        at = max(details.at - started, 0.0)
        for name in ("uss_bytes", "fds", "read_bytes", "written_bytes", "waits", "pushed"):
            value = getattr(details, name)
            if value is not None:
                recorder.series(f"{name}.{details.pid}", at, value)


def _note_rates(recorder: Recorder, before: Sample, sample: Sample, at: float) -> None:
    """Note what was used between two samples; a process that came or went makes it unknown."""
    lasted = sample.started - before.started
    same = [each.pid for each in before.readings] == [each.pid for each in sample.readings]
    if sample.readings and same:
        recorder.series("cpu", at, max(sample.cpu_s - before.cpu_s, 0.0) / lasted)
    if sample.cpu_pressure_s is not None and before.cpu_pressure_s is not None:
        waited = sample.cpu_pressure_s - before.cpu_pressure_s
        recorder.series("cpu_pressure", at, min(waited / lasted, 1.0))


def _note_figures(
    recorder: Recorder, seen: Seen, watched: Sequence[Any], answers: Sequence[CallAnswer]
) -> None:
    alive = [sample for sample in seen.samples if sample.readings]
    peaks = [each.peak_bytes for each in answers if each.peak_bytes is not None]
    growths = [
        each.after_bytes - each.before_bytes
        for each in answers
        if each.after_bytes is not None and each.before_bytes is not None
    ]
    # The kernel's mark of the call alone leaves out what its imports took, the samples' mark cannot.
    is_marked = bool(peaks) and len(peaks) == len(answers)
    together = max((sample.rss_bytes for sample in alive), default=0)
    at_end = [] if answers else [each.peak_bytes for each in watched if each.peak_bytes]
    if alive or peaks or at_end:
        most = max([together if is_marked else seen.peak_bytes, *peaks, *at_end])
        recorder.sample("peak_rss", float(most))
    if growths:
        recorder.sample("rss_growth", float(max(growths)))
    elif len(alive) > 1:
        recorder.sample("rss_growth", float(alive[-1].rss_bytes - alive[0].rss_bytes))
    if alive:
        recorder.sample("watched_cpu_s", max(sample.cpu_s for sample in alive))
    recorder.value(
        FACT,
        {
            "pids": [each.pid for each in watched],
            "processes": len(seen.processes),
            "ended": {
                str(each.pid): each.ended - seen.begun for each in seen.processes if each.ended
            },
            "samples": len(alive),
            "asked_hz": seen.asked_hz,
            "achieved_hz": round(seen.achieved_hz, 3),
            "cost_share": None if seen.cost is None else round(seen.cost.share, 6),
            "cost_s": None if seen.cost is None else seen.cost.start_s + seen.cost.cpu_s,
            "missing": dict(seen.missing),
            "peak_by": "kernel" if is_marked else _peak_by(seen, at_end),
            "growth_by": "call" if growths else "samples",
            "group": dict(seen.groups[-1][1]) if seen.groups else {},
        },
    )


def _peak_by(seen: Seen, at_end: Sequence[int]) -> str:
    """Tell who knows the peak of a command: with its end the kernel tells that of one process alone."""
    is_alone = len(at_end) == 1 and len(seen.processes) <= 1
    return "ended" if is_alone and seen.cost is not None else "samples"


PROBE = MonitorProbe()
