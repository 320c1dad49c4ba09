"""Who ends every process of a run, whatever happens to holdfast? This program.

It runs as a script of its own (`python -I -S reaper.py FD RUN_ID`) and imports the
standard library only, so that it starts in milliseconds and cannot be broken by
what is installed. It is the parent of all workers, commands and services. FD is a
stream socket to holdfast; when that closes, by a clean end or by kill -9, the
reaper kills everything that belongs to the run and exits.

Requests and answers are JSON behind a 4-byte big-endian length:

    {"op": "spawn", "id": 1, "argv": [...], "env": {...}, "cwd": "...", "fds": [0, 1, 2]}   + that many descriptors
        -> {"id": 1, "pid": 4711} or {"id": 1, "error": "No such file or directory", "errno": 2}
    {"op": "kill", "id": 2, "pid": 4711, "spawn": "..."}   kill the process and everything it started
        -> {"id": 2, "killed": 3}
    {"op": "signal", "id": 3, "pid": 4711, "signal": 15}   -> {"id": 3}
    when a child ends: {"exited": 4711, "status": -9, "peak_bytes": 12345678}      (status as subprocess gives it:
        -signal or exit code; the most that was resident of it or of one that it waited for, where that is known)

What belongs to a process: its descendants by parent pid, and every process whose
environment carries the same HOLDFAST_SPAWN; to the run: all descendants of the
reaper (it is a subreaper, so orphans come to it) and every process whose
environment carries the run's id in HOLDFAST_RUN.
"""

from __future__ import annotations

import array
import ctypes
import errno
import fcntl
import json
import os
import resource
import select
import signal
import socket
import sys
import time  # noqa: TID251 - a program of its own, see above

# As `typing.TYPE_CHECKING`, without the import, which takes longer than all the others together.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Reaper", "main"]

PR_SET_CHILD_SUBREAPER = 36
# The promise is 3 s; what cannot be killed by then is waiting in the kernel.
CLOSE_LIMIT_S = 2.5


def become_subreaper() -> None:
    """Ask Linux to hand orphaned descendants to this process; elsewhere the cookie alone finds them."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read_parents() -> dict[int, int]:
    """Return pid -> parent pid of every process that can be seen."""
    parents: dict[int, int] = {}
    if os.path.isdir("/proc/self"):
        for name in os.listdir("/proc"):
            if name.isdigit():
                stat = read_file(f"/proc/{name}/stat")
                # The command may hold spaces and parentheses; the fields follow the last one.
                fields = stat[stat.rfind(b")") + 2 :].split()
                if len(fields) > 1 and fields[0] != b"Z":
                    parents[int(name)] = int(fields[1])
        return parents
    with os.popen("ps -axo pid=,ppid=") as listing:  # noqa: S605 # pyright: ignore[reportDeprecated] - without /proc; subprocess would take longer to import than all of this to run
        for line in listing:
            pid, parent = line.split()
            parents[int(pid)] = int(parent)
    return parents


def read_file(path: str) -> bytes:
    """Return a file of /proc, or nothing when its process is gone."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def descendants(root: int, parents: dict[int, int]) -> set[int]:
    """Return every process below `root`."""
    found: set[int] = set()
    grew = True
    while grew:
        grew = False
        for pid, parent in parents.items():
            if pid not in found and (parent == root or parent in found):
                found.add(pid)
                grew = True
    return found


def carriers(cookie: bytes, parents: dict[int, int]) -> set[int]:
    """Return every process whose environment holds the text `cookie`."""
    return {pid for pid in parents if cookie in read_file(f"/proc/{pid}/environ")}


def send_signal(pid: int, number: int) -> None:
    """Signal a process that may be gone already."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


class Reaper:
    """The state of the program: its socket, its children, the descriptors that came with a request."""

    def __init__(self, sock: socket.socket, run_id: str) -> None:
        self.sock = sock
        self.cookie = f"HOLDFAST_RUN={run_id}".encode()
        self.run_id = run_id.encode()
        self.children: dict[int, str] = {}
        self.fds: list[int] = []
        self.buffer = b""

    def serve(self) -> None:
        """Answer requests until holdfast is gone."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        while True:
            ready, _, _ = select.select([self.sock, wake_read], [], [])
            if wake_read in ready:
                os.read(wake_read, 4096)
                self.collect()
            if self.sock in ready and not self.receive():
                return

    def receive(self) -> bool:
        """Read what has come; False when holdfast is gone."""
        space = socket.CMSG_SPACE(16 * 4)
        try:
            data, ancillary, _flags, _address = self.sock.recvmsg(65536, space)
        except ConnectionError:
            return False
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(payload[: len(payload) - len(payload) % 4])
                self.fds.extend(numbers)
        if not data:
            return False
        self.buffer += data
        while len(self.buffer) >= 4:
            size = int.from_bytes(self.buffer[:4], "big")
            if len(self.buffer) < 4 + size:
                break
            request = json.loads(self.buffer[4 : 4 + size])
            self.buffer = self.buffer[4 + size :]
            if not self.answer(request):
                return False
        return True

    def answer(self, request: dict[str, Any]) -> bool:
        """Carry out one request; False when holdfast is gone."""
        number = request["id"]
        if request["op"] == "spawn":
            reply = {"id": number, **self.spawn(request)}
        elif request["op"] == "kill":
            reply = {"id": number, "killed": self.kill_tree(request["pid"], request["spawn"])}
        else:
            if request["pid"] in self.children:
                send_signal(request["pid"], request["signal"])
            reply = {"id": number}
        return self.send(reply)

    def send(self, message: dict[str, Any]) -> bool:
        """Send one message; False when holdfast is gone."""
        data = json.dumps(message).encode()
        try:
            self.sock.sendall(len(data).to_bytes(4, "big") + data)
        except OSError:
            return False
        return True

    def spawn(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start a child in a session of its own, with exactly the descriptors that came along."""
        wanted = request["fds"]
        given, self.fds = self.fds[: len(wanted)], self.fds[len(wanted) :]
        status_read, status_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            run_child(request, dict(zip(wanted, given, strict=True)), status_write)
        os.close(status_write)
        for fd in given:
            os.close(fd)
        failure = os.read(status_read, 16)
        os.close(status_read)
        if failure:
            os.waitpid(pid, 0)
            return {"error": os.strerror(int(failure)), "errno": int(failure)}
        self.children[pid] = request["env"].get("HOLDFAST_SPAWN", "")
        return {"pid": pid}

    def collect(self) -> None:
        """Reap what has ended, and tell holdfast of its own children."""
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self.children.pop(pid, None) is not None:
                message = {"exited": pid, "status": os.waitstatus_to_exitcode(status)}
                self.send({**message, **peak_of(used)})

    def kill_tree(self, root: int, spawn: str) -> int:
        """Kill a child of ours and everything it started; return how many processes that were.

        A child that has ended already is known by its cookie alone: its pid may be another's now.
        """
        cookie = f"HOLDFAST_SPAWN={spawn}\0".encode()

        def members() -> set[int]:
            parents = read_parents()
            found = carriers(cookie, parents) if spawn else set[int]()
            if root in self.children:
                found |= descendants(root, parents) | {root}
            return found

        return len(kill_all(members, {os.getpid(), os.getppid()}))

    def kill_run(self) -> None:
        """Kill everything that belongs to the run, within the limit."""
        end = time.monotonic() + CLOSE_LIMIT_S
        me = os.getpid()

        def members() -> set[int]:
            parents = read_parents()
            marked = {pid for pid in parents if self.carries_run(pid)}
            return descendants(me, parents) | marked

        while kill_all(members, {me}) and time.monotonic() < end:
            self.collect_silently()
            time.sleep(0.01)

    def carries_run(self, pid: int) -> bool:
        """Tell whether a process was started for this run."""
        environ = read_file(f"/proc/{pid}/environ")
        start = environ.find(b"HOLDFAST_RUN=")
        return start >= 0 and self.run_id in environ[start : environ.find(b"\0", start)]

    def collect_silently(self) -> None:
        """Reap what was killed."""
        while True:
            try:
                pid, _status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return


def peak_of(used: resource.struct_rusage) -> dict[str, int]:
    """Return the peak of a child that ended; it keeps the mark of the copy of us that it replaced."""
    # Kilobytes on Linux, bytes on macOS: man 2 getrusage of either.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = used.ru_maxrss * unit
    return {"peak_bytes": peak} if peak > own_mark() * unit else {}


def own_mark() -> int:
    """Return the most memory that this program held, as getrusage counts it.

    Not what getrusage says: to this program, too, it tells the mark of the one that it replaced,
    and that is a copy of whoever started it, however large.
    """
    _, _, rest = read_file("/proc/self/status").partition(b"VmHWM:")
    if rest:
        return int(rest.split(None, 1)[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def kill_all(members: Callable[[], set[int]], spare: set[int]) -> set[int]:
    """Stop, then kill all members, so that none can fork while the others die; return them."""
    stopped: set[int] = set()
    while True:
        fresh = members() - stopped - spare
        if not fresh:
            break
        for pid in fresh:
            send_signal(pid, signal.SIGSTOP)
        stopped |= fresh
    for pid in stopped:
        send_signal(pid, signal.SIGKILL)
    return stopped


def run_child(request: dict[str, Any], fds: dict[int, int], status_write: int) -> None:
    """Become the requested program; report the errno when that cannot be done. Never returns."""
    try:
        os.setsid()
        for number in (
            signal.SIGINT,
            signal.SIGTERM,
            signal.SIGHUP,
            signal.SIGCHLD,
            signal.SIGPIPE,
        ):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        status_write = place_fds(fds, status_write)
        if request["cwd"]:
            os.chdir(request["cwd"])
        argv = request["argv"]
        os.execvpe(argv[0], argv, request["env"])
    except OSError as error:
        os.write(status_write, str(error.errno or errno.EIO).encode())
    except Exception:  # noqa: BLE001 - a NUL byte, a name with "=": the system cannot be asked for it
        os.write(status_write, str(errno.EINVAL).encode())
    finally:
        os._exit(127)


def place_fds(fds: dict[int, int], status_write: int) -> int:
    """Put each descriptor at its number, without one overwriting another; return where the status pipe is now."""
    above = max([*fds, *fds.values(), status_write, 2]) + 1
    moved = {target: fd_at_least(source, above) for target, source in fds.items()}
    status_write = fd_at_least(status_write, above)
    for source in fds.values():
        # What came over the socket would stay open in the program, under a number that it does not know.
        os.set_inheritable(source, False)
    for target, source in moved.items():
        os.dup2(source, target, inheritable=True)
    for standard in range(3):
        if standard not in fds:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, standard, inheritable=True)
    return status_write


def fd_at_least(fd: int, lowest: int) -> int:
    """Duplicate a descriptor to a number of at least `lowest`."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, lowest)


def main(arguments: list[str]) -> int:
    """Serve until holdfast is gone, then leave nothing running."""
    fd, run_id = int(arguments[0]), arguments[1]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    become_subreaper()
    os.setsid()
    # A child that held it would hide our end from holdfast.
    os.set_inheritable(fd, False)
    reaper = Reaper(socket.socket(fileno=fd), run_id)
    try:
        reaper.serve()
    finally:
        reaper.kill_run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
