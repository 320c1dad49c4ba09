"""What did a monitor see, and how far is it to be trusted?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

__all__ = ["Cost", "Details", "Process", "Reading", "Sample", "Seen", "read_seen"]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One process at one moment; `cpu_s` and `peak_bytes` count from its start.

    `cpu_s` includes children that it has waited for; `peak_bytes` is the kernel's own high-water mark
    where there is one, so that no moment between two samples is missed.
    """

    pid: int
    cpu_s: float
    rss_bytes: int
    threads: int
    peak_bytes: int


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """All watched processes at one moment: read from `started` to `ended`, on the clock of `holdfast.clock`.

    `cpu_pressure_s` is for how many seconds, since the start of the machine, some task of it waited
    for a CPU; None where the kernel does not tell.
    """

    started: float
    ended: float
    readings: tuple[Reading, ...]
    cpu_pressure_s: float | None = None

    @property
    def rss_bytes(self) -> int:
        """What all of them hold together; pages that they share are counted for each."""
        return sum(each.rss_bytes for each in self.readings)

    @property
    def cpu_s(self) -> float:
        """What all of them have used together."""
        return sum(each.cpu_s for each in self.readings)

    @property
    def threads(self) -> int:
        """How many threads they have together."""
        return sum(each.threads for each in self.readings)


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What is read every second only, per process; None where it could not be read.

    `uss_bytes` are shared with nobody; `read_bytes` and `written_bytes` passed storage; `waits` are
    voluntary context switches of all its threads, `pushed` involuntary ones.
    """

    pid: int
    at: float
    uss_bytes: int | None = None
    fds: int | None = None
    children: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    waits: int | None = None
    pushed: int | None = None


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A process that was watched: seen first and last; `ended` where it ended meanwhile."""

    pid: int
    started: float
    parent: int = 0
    ended: float | None = None


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What watching cost: CPU seconds to start and then to watch, and the share of one core of the latter."""

    start_s: float
    cpu_s: float
    share: float


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a monitor saw.

    `asked_hz` and `achieved_hz` tell how much of what was asked was seen; `missing` names what could
    not be read here, and why. `pressure` has, by `memory` and `io`, the moments and the seconds that
    some task of the machine waited; `groups` the control group's figures by moment.
    """

    asked_hz: float
    achieved_hz: float = 0.0
    begun: float = 0.0
    over: float = 0.0
    cost: Cost | None = None
    lost: int = 0
    samples: tuple[Sample, ...] = ()
    details: tuple[Details, ...] = ()
    pressure: Mapping[str, Sequence[tuple[float, float]]] = {}
    groups: tuple[tuple[float, Mapping[str, float]], ...] = ()
    processes: tuple[Process, ...] = ()
    missing: Mapping[str, str] = {}

    def of(self, pid: int) -> Iterator[tuple[float, Reading]]:
        """Return the readings of one process, each with its moment."""
        for sample in self.samples:
            for each in sample.readings:
                if each.pid == pid:
                    yield sample.started, each

    @property
    def peak_bytes(self) -> int:
        """The most that was resident: of all processes together when sampled, or of one by the kernel's mark."""
        together = max((sample.rss_bytes for sample in self.samples), default=0)
        each = (reading.peak_bytes for sample in self.samples for reading in sample.readings)
        return max(together, max(each, default=0))

    @property
    def cpu_s(self) -> float:
        """What the processes used between the first and the last sample that saw any of them."""
        alive = [sample for sample in self.samples if sample.readings]
        return (
            max((sample.cpu_s for sample in alive), default=0.0) - alive[0].cpu_s if alive else 0.0
        )


class _Reader:
    """Adds up lines."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.details: list[Details] = []
        self.pressure: dict[str, list[tuple[float, float]]] = {}
        self.groups: list[tuple[float, dict[str, float]]] = []
        self.processes: dict[int, Process] = {}
        self.missing: dict[str, str] = {}
        self.begun = self.over = self.start_s = 0.0
        self.cpu_s: float | None = None
        self.ticks = self.lost = 0

    def add(self, line: Sequence[Any]) -> None:
        kind, *parts = line
        getattr(self, f"_{kind}")(*parts)

    def _begun(self, at: float, cpu_s: float) -> None:
        self.begun = self.over = at
        self.start_s = cpu_s

    def _light(self, start: float, end: float, pressure: float | None, rows: list[Any]) -> None:
        readings = tuple(
            Reading(pid=pid, cpu_s=cpu, rss_bytes=rss, threads=threads, peak_bytes=peak)
            for pid, cpu, rss, threads, peak in rows
        )
        self.over = end
        self.samples.append(
            Sample(started=start, ended=end, readings=readings, cpu_pressure_s=pressure)
        )

    def _dear(self, *parts: Any) -> None:
        start, _, memory, io, rows, group = parts
        for pid, uss, fds, children, read, written, waits, pushed in rows:
            self.details.append(
                Details(
                    pid=pid,
                    at=start,
                    uss_bytes=uss,
                    fds=fds,
                    children=children,
                    read_bytes=read,
                    written_bytes=written,
                    waits=waits,
                    pushed=pushed,
                )
            )
        for name, value in (("memory", memory), ("io", io)):
            if value is not None:
                self.pressure.setdefault(name, []).append((start, value))
        if group:
            self.groups.append((start, dict(group)))

    def _started(self, at: float, pid: int, parent: int) -> None:
        self.processes[pid] = Process(pid=pid, started=at, parent=parent)

    def _ended(self, at: float, pid: int) -> None:
        known = self.processes.get(pid) or Process(pid=pid, started=at)
        self.processes[pid] = msgspec.structs.replace(known, ended=at)

    def _missing(self, what: str, why: str) -> None:
        self.missing[what] = why

    def _over(self, at: float, cpu_s: float, ticks: int, lost: int) -> None:
        self.over, self.cpu_s, self.ticks, self.lost = at, cpu_s, ticks, lost


def read_seen(data: bytes, asked_hz: float) -> Seen:
    """Read what the program wrote, as far as it came; a line that was cut off is left for later."""
    reader = _Reader()
    for line in data.splitlines(keepends=True):
        if line.endswith(b"\n"):
            reader.add(msgspec.json.decode(line))
    lasted = reader.over - reader.begun
    # Before the program has said what it took, every sample counts.
    ticks = reader.ticks if reader.cpu_s is not None else len(reader.samples)
    cost = None
    if reader.cpu_s is not None and lasted > 0:
        used = reader.cpu_s - reader.start_s
        cost = Cost(start_s=reader.start_s, cpu_s=used, share=used / lasted)
    due = ticks + reader.lost if reader.cpu_s is not None else lasted * asked_hz
    return Seen(
        asked_hz=asked_hz,
        # By what was due: one sample more or less at the ends of a short look is no rate.
        achieved_hz=asked_hz * ticks / due if due else 0.0,
        begun=reader.begun,
        over=reader.over,
        cost=cost,
        lost=reader.lost,
        samples=tuple(reader.samples),
        details=tuple(reader.details),
        pressure=reader.pressure,
        groups=tuple(reader.groups),
        processes=tuple(reader.processes.values()),
        missing=reader.missing,
    )
