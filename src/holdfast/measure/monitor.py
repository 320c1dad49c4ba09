"""What do processes use while something runs? Watched by one small process for all of them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from holdfast.clock import monotonic, sleep_blocking
from holdfast.errors import CannotTell, UsageError
from holdfast.measure.given import is_number
from holdfast.measure.monitor_values import Cost, Sample, Seen, read_seen

__all__ = ["MOST_HZ", "Monitor", "MonitorLost"]

PLACE = str(Path(__file__).resolve().parent.parent)
# Both packages are left out: what their `__init__` import costs as much as all the rest.
_PACKAGES = (
    "import sys; new = type(sys)\n"
    f"for name, place in (('holdfast', {PLACE!r}), ('holdfast.measure', {PLACE + '/measure'!r})):\n"
    "    package = sys.modules[name] = new(name); package.__path__ = [place]\n"
    "from holdfast.measure.monitor_program import main\n"
)
_START = _PACKAGES + "from holdfast.measure.{reader} import Watched\nmain(sys.argv[1], Watched)"
# A sample takes some 50 us: beyond this the watching would be seen in what is watched.
MOST_HZ = 1000.0
START_S = 10.0
END_S = 5.0
_PAUSE_S = 0.002
_PROC = Path("/proc")


class MonitorLost(CannotTell):
    """The process that watches ended, or never began."""


class Monitor:
    """Watch a process and all that it starts, from a process of its own.

    `pid` is this process where none is given; `watch` adds others, and one process watches
    them all. `hz` times a second it reads CPU, resident memory, threads and the pressure on the
    CPUs, every second what is dearer: memory that is shared with nobody, file descriptors,
    children, I/O, context switches, the limits of the control group. What cannot be read here is
    named in `seen.missing`.

    `cost` and `rate` are known after the end; `samples` and `seen` may be asked for at any time.

    >>> with Monitor(hz=50) as monitor:
    ...     data = bytes(1_000_000)
    >>> monitor.seen.peak_bytes > 1_000_000
    True

    Raises:
        UsageError: `hz` is no rate from 0.1 to 1000, or no process has that `pid`.
        MonitorLost: the process that watches cannot be started, or was killed.
    """

    def __init__(self, pid: int | None = None, hz: float = 10) -> None:
        if not is_number(hz) or not 0.1 <= hz <= MOST_HZ:
            raise UsageError(
                f"hz must be from 0.1 to {MOST_HZ:g}, got {hz!r:.60}", hint="10 is enough for most"
            )
        if pid is not None and not _runs(pid):
            raise UsageError(f"pid must be that of a process that runs, got {pid!r:.60}")
        self.hz = float(hz)
        self._first = os.getpid() if pid is None else pid
        self._process: subprocess.Popen[bytes] | None = None
        self._file: Any = None
        self._seen = Seen(asked_hz=self.hz)
        self._told = 0

    def __enter__(self) -> Self:
        self.start()
        if self._first:
            self.watch(self._first)
            self._await(lambda seen: bool(seen.processes))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def seen(self) -> Seen:
        """Everything that was seen so far."""
        if self._file is not None:
            size = os.fstat(self._file.fileno()).st_size
            self._seen = read_seen(os.pread(self._file.fileno(), size, 0), self.hz)
        return self._seen

    def news(self) -> Seen:
        """Return what was seen since this was last asked; for who watches for hours, and keeps it."""
        if self._file is None:
            return Seen(asked_hz=self.hz)
        size = os.fstat(self._file.fileno()).st_size
        data = os.pread(self._file.fileno(), size - self._told, self._told)
        whole = data[: data.rfind(b"\n") + 1]
        self._told += len(whole)
        return read_seen(whole, self.hz)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All watched processes at each moment."""
        return self.seen.samples

    @property
    def cost(self) -> Cost | None:
        """What the watching itself used; None until it is over."""
        return self.seen.cost

    @property
    def rate(self) -> float:
        """How many samples a second were taken; compare with `hz`."""
        return self.seen.achieved_hz

    def start(self) -> None:
        """Start the process that watches, and wait until it does; nobody is watched yet."""
        has_proc = Path("/proc/self/stat").exists()
        start = _START.format(reader="proc_read" if has_proc else "proc_psutil")
        # -S: it needs no more than the standard library, unless psutil has to be asked.
        flags = ["-I", "-S"] if has_proc else ["-I"]
        # A file and no pipe: a reader that is busy must never hold up who watches it.
        self._file = tempfile.TemporaryFile(prefix="holdfast-monitor-")  # noqa: SIM115 - closed by `stop`
        try:
            self._process = subprocess.Popen(
                [sys.executable, *flags, "-c", start, f"{self.hz:g}"],
                stdin=subprocess.PIPE,
                stdout=self._file,
                stderr=subprocess.DEVNULL,
            )
            self._await(lambda seen: seen.begun > 0)
        except BaseException:
            self._end()
            raise

    def watch(self, pid: int) -> None:
        """Watch one more process with all that it starts; the first sample of it is taken at once."""
        self._tell(f"watch {pid}\n")

    def forget(self, pid: int) -> None:
        """Watch a process no longer."""
        self._tell(f"forget {pid}\n")

    def stop(self) -> Seen:
        """Take a last sample, end the process and return everything that was seen."""
        process = self._process
        if process is None:
            return self._seen
        assert process.stdin is not None  # noqa: S101 - it was started with a pipe
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        seen = self.seen
        self._end()
        return seen

    def _tell(self, line: str) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise MonitorLost("a monitor must be started before it watches, got none that runs")
        try:
            process.stdin.write(line.encode())
            process.stdin.flush()
        except BrokenPipeError as error:
            raise MonitorLost(f"the monitor must run on, but it ended: {self._ending()}") from error

    def _await(self, is_so: Callable[[Seen], bool]) -> None:
        """Wait until what the process says makes something so."""
        end = monotonic() + START_S
        while not is_so(self.seen):
            assert self._process is not None  # noqa: S101 - just started
            if self._process.poll() is not None or monotonic() > end:
                raise MonitorLost(
                    f"the monitor must begin to watch, but it did not: {self._ending()}"
                )
            sleep_blocking(_PAUSE_S)

    def _ending(self) -> str:
        status = None if self._process is None else self._process.poll()
        return "no sign of life" if status is None else f"exit status {status}"

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
        if self._file is not None:
            self._file.close()
            self._file = None


def _runs(pid: object) -> bool:
    """Tell whether there is such a process, as far as this system tells; 0 stands for none at all."""
    if not isinstance(pid, int) or isinstance(pid, bool) or pid < 0:
        return False
    return not pid or not _PROC.exists() or (_PROC / str(pid)).exists()
