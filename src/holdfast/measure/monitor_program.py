"""What do the watched processes use, many times a second? A program of its own, so that nobody's GIL is in its way.

    python -I -S -c START HZ         (see monitor.py)

Standard input says whom to watch: `watch PID` (with all that it starts) and `forget PID`, a line
each; when it closes, a last sample is taken and the program ends. Standard output, a file, takes one
JSON array per line:

    ["begun", at, cpu_s]
    ["light", start, end, cpu_pressure_s, [[pid, cpu_s, rss, threads, peak], ...]]
    ["dear", start, end, memory_pressure_s, io_pressure_s,
        [[pid, uss, fds, children, read, written, waits, pushed], ...], [[name, value], ...]]
    ["started", at, pid, parent], ["ended", at, pid]
    ["missing", what, why]
    ["over", at, cpu_s, ticks, lost]

Times are those of CLOCK_MONOTONIC; null stands for what could not be read, and `missing` says
why, once. `lost` are the samples that were due but not taken.
"""

from __future__ import annotations

import os
import resource
import select

# The very clock of clock.py, which this program does not import.
from timeit import default_timer as monotonic

from holdfast.measure.proc_cgroup import find_groups, read_group
from holdfast.measure.proc_read import open_pressure, read_pressure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Program", "main"]

DEAR_S = 1.0
# A large process makes its USS dear (6 ms for 500 MB): it is read so seldom that it takes no more
# than this share of a core, however large the process grows.
USS_SHARE = 0.003


class Program:
    """Reads whom to watch from one descriptor and writes samples to another, until the first closes."""

    def __init__(self, hz: float, watch: Callable[[int, str], Any], *, proc: str = "/proc") -> None:
        self._period_s = 1.0 / hz
        self._open = watch
        self._proc = proc
        self._watched: dict[int, Any] = {}
        self._forgotten: set[int] = set()
        self._groups: dict[str, tuple[str, str]] | None = None
        self._missing: set[str] = set()
        self._lines: list[str] = []
        self._buffer = b""
        self._ticks = self._lost = 0
        self._uss_at: dict[int, float] = {}
        self._pressure = {name: self._find_pressure(name) for name in ("cpu", "memory", "io")}

    def run(self, source: int, sink: int) -> None:
        """Watch until `source` ends."""
        self._say("begun", monotonic(), _cpu_s())
        self._flush(sink)
        due = monotonic()
        dear_due = due + min(DEAR_S, self._period_s)
        while self._heed(source, due):
            now = monotonic()
            if now < due:
                self._light()  # somebody new: at once, whatever the rate
            else:
                self._light()
                self._ticks += 1
                late = int((now - due) / self._period_s)
                self._lost += late
                due += (late + 1) * self._period_s
            if now >= dear_due and self._watched:
                self._dear()
                dear_due = now + DEAR_S
            self._flush(sink)
        self._light()
        self._dear()
        self._say("over", monotonic(), _cpu_s(), self._ticks, self._lost)
        self._flush(sink)
        for each in self._watched.values():
            each.close()
        for fd in self._pressure.values():
            if fd is not None:
                os.close(fd)

    # --- whom ----------------------------------------------------------------------

    def _heed(self, source: int, due: float) -> bool:
        """Wait until a sample is due, or wanted; False when nobody listens any more."""
        while True:
            wait_s = due - monotonic()
            if not select.select([source], [], [], max(wait_s, 0.0))[0]:
                return True
            data = os.read(source, 65536)
            if not data:
                return False
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            if self._obey(lines):
                return True

    def _obey(self, lines: list[bytes]) -> bool:
        """Do what each line says, in their order; tell whether somebody new is watched."""
        is_new = False
        for line in lines:
            word, _, number = line.partition(b" ")
            if word == b"forget":
                self.forget(int(number))
            elif word == b"watch":
                self._forgotten.discard(int(number))
                self._add(int(number), 0)
                is_new = True
        return is_new

    def _add(self, pid: int, parent: int) -> None:
        if pid in self._watched or pid in self._forgotten:
            return
        try:
            each = self._open(pid, self._proc)
        except OSError as error:
            if isinstance(error, PermissionError):
                self._miss(f"process {pid}", "it may not be read")
            elif not parent:
                self._say("ended", monotonic(), pid)
            return
        if parent and self._try("process", each.light) is None:
            # A child that has ended, and is not collected yet, is no news.
            each.close()
            return
        self._watched[pid] = each
        self._say("started", monotonic(), pid, parent)
        if self._groups is None:
            self._groups = self._find_groups(pid)

    def forget(self, pid: int) -> None:
        """Watch a process no longer, nor from now on."""
        self._forgotten.add(pid)
        watched = self._watched.pop(pid, None)
        if watched is not None:
            watched.close()

    def _end(self, pid: int) -> None:
        self._watched.pop(pid).close()
        self._uss_at.pop(pid, None)
        self._say("ended", monotonic(), pid)

    # --- what ----------------------------------------------------------------------

    def _light(self) -> None:
        start = monotonic()
        readings: list[str] = []
        todo = list(self._watched)
        while todo:
            pid = todo.pop(0)
            each = self._watched[pid]
            children: list[int] = []
            try:
                found = each.light()
                children = each.children()
            except OSError:
                found = None
            if found is None:
                self._end(pid)
                continue
            readings.append(f"[{pid},{found[0]:.3f},{found[1]},{found[2]},{found[3]}]")
            if not each.has_peak:
                self._miss("peak", "the kernel does not tell the highest resident size")
            todo += self._add_all(children, pid)
        waited = _json(self._read_pressure("cpu"))
        self._lines.append(
            f'["light",{start:.6f},{monotonic():.6f},{waited},[{",".join(readings)}]]\n'
        )

    def _add_all(self, pids: list[int], parent: int) -> list[int]:
        """Watch those that are not yet; return them."""
        new = [pid for pid in pids if pid not in self._watched]
        for pid in new:
            self._add(pid, parent)
        return [pid for pid in new if pid in self._watched]

    def _dear(self) -> None:
        start = monotonic()
        rows: list[str] = []
        for pid, each in list(self._watched.items()):
            children = self._children(pid, each)
            disk = self._try("io", each.disk) or (None, None)
            switches = self._try("switches", each.switches) or (None, None)
            row = [
                pid,
                self._uss(pid, each),
                self._try("fds", each.descriptors),
                None if children is None else len(children),
                *disk,
                *switches,
            ]
            rows.append(f"[{','.join(map(_json, row))}]")
        told = read_group(self._groups) if self._groups else {}
        group = ",".join(f'["{name}",{_json(value)}]' for name, value in told.items())
        memory, io = self._read_pressure("memory"), self._read_pressure("io")
        head = f'["dear",{start:.6f},{monotonic():.6f},{_json(memory)},{_json(io)}'
        self._lines.append(f"{head},[{','.join(rows)}],[{group}]]\n")

    def _children(self, pid: int, each: Any) -> list[int] | None:
        found: list[int] | None = self._try("children", each.all_children)
        if found is None:
            return None
        children = [child for child in found if child not in self._forgotten]
        self._add_all(children, pid)
        return children

    def _uss(self, pid: int, each: Any) -> int | None:
        start = monotonic()
        if start < self._uss_at.get(pid, 0.0):
            return None
        found: int | None = self._try("uss", each.uss)
        end = monotonic()
        self._uss_at[pid] = end + (end - start) / USS_SHARE - DEAR_S / 2
        return found

    def _try(self, what: str, ask: Callable[[], Any]) -> Any:
        """Return an answer, None where there is none; say once what may not be known."""
        try:
            return ask()
        except PermissionError as error:
            self._miss(what, str(error.strerror or error))
        except OSError:
            # It has ended; the next light sample says so.
            return None
        return None

    def _find_pressure(self, name: str) -> int | None:
        try:
            return open_pressure(name, self._proc)
        except OSError:
            self._miss(f"{name} pressure", "this kernel tells no pressure (PSI)")
            return None

    def _read_pressure(self, name: str) -> float | None:
        fd = self._pressure[name]
        return None if fd is None else read_pressure(os.pread(fd, 256, 0))

    def _find_groups(self, pid: int) -> dict[str, tuple[str, str]]:
        try:
            found = find_groups(pid, self._proc)
        except OSError:
            found = {}
        if not found:
            self._miss("cgroup", "no control group is mounted")
        return found

    # --- saying --------------------------------------------------------------------

    def _miss(self, what: str, why: str) -> None:
        if what not in self._missing:
            self._missing.add(what)
            self._say("missing", what, why)

    def _say(self, *parts: object) -> None:
        self._lines.append(f"[{','.join(map(_json, parts))}]\n")

    def _flush(self, sink: int) -> None:
        data, self._lines = "".join(self._lines).encode(), []
        while data:
            data = data[os.write(sink, data) :]


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _json(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        plain = "".join(each if each.isascii() and each.isprintable() else "?" for each in value)
        return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def main(hz: str, watch: Callable[[int, str], Any]) -> None:
    """Watch whom the standard input names, until it ends."""
    program = Program(float(hz), watch)
    # Who watches its parent would otherwise watch itself.
    program.forget(os.getpid())
    program.run(0, 1)
