"""What does the reaper's program answer to who speaks its protocol by hand?"""

from __future__ import annotations

import array
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.contract.executor_kit import carriers

# As a module, not as the script that a run starts: so its lines are measured.
PROGRAM = "import sys; from holdfast.process.reaper import main; sys.exit(main(sys.argv[1:]))"


class Wire:
    """A connection to the program; `receive` waits for its next message."""

    def __init__(self) -> None:
        self.run_id = f"program-{os.urandom(4).hex()}"
        self.sock, theirs = socket.socketpair()
        self.sock.settimeout(20)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(theirs.fileno()), self.run_id],
                pass_fds=[theirs.fileno()],
            )
        self.stream = self.sock.makefile("rb")
        self.next = 0

    def frame(self, op: str, **fields: Any) -> bytes:
        self.next += 1
        data = json.dumps({"op": op, "id": self.next, **fields}).encode()
        return len(data).to_bytes(4, "big") + data

    def receive(self) -> dict[str, Any]:
        size = int.from_bytes(self.stream.read(4), "big")
        return json.loads(self.stream.read(size))

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        self.sock.sendall(self.frame(op, **fields))
        return self.answer()

    def answer(self) -> dict[str, Any]:
        reply = self.receive()
        assert reply.pop("id") == self.next
        return reply

    def spawn_frame(self, argv: Sequence[str], **options: Any) -> bytes:
        env = {"PATH": os.environ["PATH"], "HOLDFAST_RUN": self.run_id, **options.pop("env", {})}
        return self.frame("spawn", **{"argv": argv, "env": env, "cwd": "", "fds": [], **options})

    def spawn(self, *argv: str, **options: Any) -> dict[str, Any]:
        self.sock.sendall(self.spawn_frame(argv, **options))
        return self.answer()

    def close(self) -> int:
        self.stream.close()
        self.sock.close()
        return self.process.wait(20)


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    assert made.close() == 0
    assert carriers(f"HOLDFAST_RUN={made.run_id}") == []


def test_the_end_of_a_child_is_told_after_its_start(wire: Wire) -> None:
    pid = wire.spawn("sh", "-c", "exit 3")["pid"]
    assert wire.receive() == {"exited": pid, "status": 3}


@pytest.mark.parametrize(
    ("argv", "options", "number"),
    [
        (["/no/such/program"], {}, errno.ENOENT),
        (["true"], {"cwd": "/no/such/folder"}, errno.ENOENT),
        (["true"], {"env": {"A": "nul\0"}}, errno.EINVAL),
    ],
)
def test_what_cannot_be_started_is_answered_with_its_number(
    wire: Wire, argv: list[str], options: dict[str, Any], number: int
) -> None:
    assert wire.spawn(*argv, **options) == {"error": os.strerror(number), "errno": number}


def test_requests_arrive_in_any_pieces(wire: Wire) -> None:
    first, second = wire.spawn_frame(["sleep", "61"]), wire.spawn_frame(["sleep", "61"])
    both = first + second
    wire.sock.sendall(both[:2])
    wire.sock.sendall(both[2:9])
    wire.sock.sendall(both[9:])
    assert [wire.receive()["id"], wire.receive()["id"]] == [1, 2]


def test_a_killed_tree_is_counted_and_its_root_is_told(wire: Wire) -> None:
    script = "sleep 61 & echo there; wait"
    read, write = os.pipe()
    with os.fdopen(read, "rb", 0) as output:
        frame = wire.spawn_frame(["sh", "-c", script], fds=[1], env={"HOLDFAST_SPAWN": "one"})
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [write]))]
        wire.sock.sendmsg([frame], rights)
        os.close(write)
        pid = wire.answer()["pid"]
        assert output.readline() == b"there\n"
        assert wire.ask("kill", pid=pid, spawn="one") == {"killed": 2}
        assert wire.receive() == {"exited": pid, "status": -signal.SIGKILL}
        assert output.read() == b""
    assert wire.ask("kill", pid=pid, spawn="one") == {"killed": 0}
    assert wire.ask("kill", pid=pid, spawn="") == {"killed": 0}


def test_the_peak_of_a_child_is_told_where_it_is_its_own(wire: Wire) -> None:
    pid = wire.spawn(sys.executable, "-S", "-c", "bytearray(80_000_000)[::4096] = b'x' * 19532")[
        "pid"
    ]
    ended = wire.receive()
    assert (ended["exited"], ended["status"]) == (pid, 0)
    assert 80_000_000 < ended["peak_bytes"] < 160_000_000
    # A smaller one has kept the mark of the program that it replaced, which is this one's.
    pid = wire.spawn("true")["pid"]
    assert wire.receive() == {"exited": pid, "status": 0}


def test_a_program_has_a_descriptor_at_the_number_that_was_asked_for(wire: Wire) -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb", 0) as output:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [write]))]
        wire.sock.sendmsg([wire.spawn_frame(["sh", "-c", "echo five >&5"], fds=[5])], rights)
        os.close(write)
        assert "pid" in wire.answer()
        assert output.read() == b"five\n"


def test_only_a_child_of_this_program_is_signalled(wire: Wire) -> None:
    with subprocess.Popen(["sleep", "61"]) as stranger:
        assert wire.ask("signal", pid=stranger.pid, signal=int(signal.SIGTERM)) == {}
        pid = wire.spawn("sleep", "61")["pid"]
        assert wire.ask("signal", pid=pid, signal=int(signal.SIGTERM)) == {}
        assert wire.receive() == {"exited": pid, "status": -signal.SIGTERM}
        assert stranger.poll() is None
        stranger.kill()


def test_an_asker_that_left_before_the_answer_ends_the_program(wire: Wire) -> None:
    wire.sock.sendall(wire.spawn_frame(["sleep", "61"]))
    assert wire.close() == 0
    assert carriers(f"HOLDFAST_RUN={wire.run_id}") == []


def test_signals_that_end_a_run_do_not_end_the_program(wire: Wire) -> None:
    pid = wire.spawn("sleep", "61")["pid"]  # it serves, so it ignores them by now
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        wire.process.send_signal(number)
    assert wire.ask("kill", pid=pid, spawn="") == {"killed": 1}
