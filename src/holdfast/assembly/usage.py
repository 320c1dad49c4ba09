"""What do the processes of a run use, named by what they are? Series for the store and the live view."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import msgspec

from holdfast.measure.monitor import Monitor
from holdfast.measure.monitor_values import Reading, Sample, Seen
from holdfast.model.evidence import Series

__all__ = ["COMMANDS", "HOLDFAST", "REAPER", "Usage"]

HOLDFAST = "holdfast"
REAPER = "reaper"
# What the reaper started and nobody names: the commands of cases, and what those start.
COMMANDS = "commands"
# A chunk of a series is handed over when it spans this much.
CHUNK_S = 10.0
# A circle cannot be, but a number that is given again could look like one.
_MOST_ANCESTORS = 64

Keep = Callable[[str, Series], None]


class Usage:
    """Sorts what a monitor sees by the names of the processes, as `rss_bytes.worker-1`.

    `names` answers who has which process now, the reaper too; whatever a named process starts belongs to it.
    `started` is the run's start on the clock; `keep` is handed the series, a chunk at a time.
    """

    def __init__(
        self,
        monitor: Monitor,
        names: Callable[[], Mapping[str, int]],
        keep: Keep,
        *,
        started: float,
    ) -> None:
        self.monitor = monitor
        self._names = names
        self._keep = keep
        self._started = started
        self._who: dict[int, str] = {os.getpid(): HOLDFAST}
        self._parents: dict[int, int] = {}
        self._open: dict[str, Series] = {}
        self._before: tuple[float, Mapping[str, float]] | None = None
        self._pressure: tuple[float, float] | None = None
        self._held: set[str] = set()
        self._last_at = 0.0
        self.peak_bytes: dict[str, int] = {}
        self.missing: dict[str, str] = {}
        self.latest: dict[str, float] = {}

    def take(self) -> None:
        """Take what the monitor has seen since the last time."""
        for name, pid in self._names().items():
            if pid:
                self._who[pid] = name
        self._add(self.monitor.news())

    def finish(self, seen: Seen) -> None:
        """Take what is left of everything that the monitor saw, once it has ended."""
        last_at = self._last_at
        later = tuple(each for each in seen.samples if each.started > last_at)
        details = tuple(each for each in seen.details if each.at > last_at)
        self._add(msgspec.structs.replace(seen, samples=later, details=details))
        for name, series in self._open.items():
            self._keep(name, series)
        self._open.clear()

    def note(self, name: str, at: float, value: float) -> None:
        """Add a point to a series; hand over what is long enough."""
        at_s = at - self._started
        series = self._open.get(name)
        if series is None:
            series = self._open[name] = Series(at_s=[], values=[])
        series.at_s.append(at_s)
        series.values.append(value)
        self.latest[name] = value
        if at_s - series.at_s[0] >= CHUNK_S:
            self._keep(name, series)
            del self._open[name]

    def _add(self, seen: Seen) -> None:
        for process in seen.processes:
            if process.parent:
                self._parents[process.pid] = process.parent
        self.missing.update(seen.missing)
        for sample in seen.samples:
            if sample.readings:
                self._add_sample(sample)
        for details in seen.details:
            who = self._who.get(details.pid)
            for what, value in (("uss_bytes", details.uss_bytes), ("fds", details.fds)):
                if value is not None and who is not None:
                    self.note(f"{what}.{who}", details.at, value)

    def _add_sample(self, sample: Sample) -> None:
        at = sample.started
        rss: dict[str, int] = {}
        threads: dict[str, int] = {}
        cpu_s: dict[str, float] = {}
        for reading in sample.readings:
            who = self._name(reading.pid)
            rss[who] = rss.get(who, 0) + reading.rss_bytes
            threads[who] = threads.get(who, 0) + reading.threads
            if who != REAPER:
                # The kernel adds to the reaper what those used that it has collected.
                cpu_s[who] = cpu_s.get(who, 0.0) + reading.cpu_s
            self._note_peak(who, reading)
        for who in self._held - rss.keys():
            self.note(f"rss_bytes.{who}", at, 0.0)
        self._held = set(rss)
        self._last_at = at
        for who, size in rss.items():
            self.peak_bytes[who] = max(self.peak_bytes.get(who, 0), size)
            self.note(f"rss_bytes.{who}", at, size)
            self.note(f"threads.{who}", at, threads[who])
        self._add_cpu(at, cpu_s)
        self._add_pressure(sample)

    def _add_cpu(self, at: float, cpu_s: dict[str, float]) -> None:
        if self._before is not None and at > self._before[0]:
            then, used = self._before
            for who in {**used, **cpu_s}:
                # What a process used that has just ended is not known any more: never below 0.
                grown = max(cpu_s.get(who, 0.0) - used.get(who, cpu_s.get(who, 0.0)), 0.0)
                self.note(f"cpu.{who}", at, grown / (at - then))
        self._before = (at, cpu_s)

    def _add_pressure(self, sample: Sample) -> None:
        if sample.cpu_pressure_s is None:
            return
        if self._pressure is not None and sample.started > self._pressure[0]:
            then, waited_s = self._pressure
            share = (sample.cpu_pressure_s - waited_s) / (sample.started - then)
            self.note("cpu_pressure", sample.started, min(max(share, 0.0), 1.0))
        self._pressure = (sample.started, sample.cpu_pressure_s)

    def _note_peak(self, who: str, reading: Reading) -> None:
        self.peak_bytes[who] = max(self.peak_bytes.get(who, 0), reading.peak_bytes)

    def _name(self, pid: int) -> str:
        """Return who a process belongs to: itself, or the nearest that started it and has a name."""
        named = pid
        for _ in range(_MOST_ANCESTORS):
            if named in self._who:
                break
            named = self._parents.get(named, 0)
        who = self._who.get(named, COMMANDS)
        return COMMANDS if who == REAPER and named != pid else who
