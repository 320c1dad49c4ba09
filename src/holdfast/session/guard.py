"""Who ends an interpreter and everything that it started, whatever the code does? Its parent, this guard.

The guard is forked off before any code of the session runs. It holds a pipe to
the process that uses the session; when that closes, by `close` or by kill -9, or
when the interpreter ends, the guard kills all that is left below it. It is a
subreaper, so that orphans come to it; the interpreter dies with it. A number of
seconds that comes through the pipe interrupts the code and ends what was started
since.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import sys

from holdfast.process.reaper import (
    become_subreaper,
    descendants,
    kill_all,
    read_file,
    read_parents,
    send_signal,
)

__all__ = ["split"]

PR_SET_PDEATHSIG = 1


def split(sock: socket.socket, keep_away: int) -> None:
    """Fork: return in the interpreter's process, stay here as its guard in the other.

    `sock` is the guard's connection, `keep_away` a descriptor that it must not hold.
    """
    become_subreaper()
    pid = os.fork()
    if pid:
        try:
            _guard(pid, sock, keep_away)
        finally:
            os._exit(70)
    sock.close()
    # A signal to the group of the code reaches neither the guard nor a terminal.
    os.setsid()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _guard(interpreter: int, sock: socket.socket, keep_away: int) -> None:
    os.close(keep_away)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    status = _watch(interpreter, sock)
    me = os.getpid()
    kill_all(lambda: descendants(me, read_parents()), {me})
    while (ended := _reap()) is not None:
        status = ended[1] if ended[0] == interpreter else status
    sock.sendall(str(status).encode())
    os._exit(0)


def _watch(interpreter: int, sock: socket.socket) -> int:
    """Return the exit status of the interpreter, or -9 when the other end wants it to end."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, _nothing)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    while True:
        while (ended := _reap(os.WNOHANG)) is not None:
            if ended[0] == interpreter:
                return ended[1]
        ready, _, _ = select.select([sock, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
        if sock in ready:
            try:
                asked = sock.recv(16)
            except ConnectionError:
                asked = b""
            if not asked:
                return -signal.SIGKILL
            send_signal(interpreter, signal.SIGINT)
            _kill_young(interpreter, float(asked))


def _kill_young(interpreter: int, seconds: float) -> None:
    """Kill what was started below the interpreter within the last seconds: the turn that is stopped did that."""
    me = os.getpid()
    since = float(read_file("/proc/uptime").partition(b" ")[0] or 0) - seconds

    def members() -> set[int]:
        below = descendants(me, read_parents()) - {interpreter}
        return {pid for pid in below if _started(pid) >= since}

    if since > 0:
        kill_all(members, {me, interpreter})


def _started(pid: int) -> float:
    """Return when a process started, in seconds since the machine did; 0 where nobody tells."""
    stat = read_file(f"/proc/{pid}/stat")
    fields = stat[stat.rfind(b")") + 2 :].split()
    return int(fields[19]) / os.sysconf("SC_CLK_TCK") if len(fields) > 19 else 0.0


def _reap(options: int = 0) -> tuple[int, int] | None:
    """Return (pid, status) of a child that has ended, None where there is none."""
    try:
        pid, status = os.waitpid(-1, options)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _nothing(*_: object) -> None:
    """Wake the loop up; the signal itself says nothing more."""
