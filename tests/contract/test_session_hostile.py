"""Does a session survive code that means it no good, and is nothing of it left?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import HoldfastError, UsageError
from holdfast.session import Session, Turn
from holdfast.session import process_engine as engine_module
from tests.conftest import wait_until_clean
from tests.contract.session_kit import children_of, is_alive, patient

SOURCE = str(Path(__file__).resolve().parents[2] / "src")


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    with patient():
        yield


@pytest.fixture(scope="module")
def shared() -> Iterator[Session]:
    with Session(memory_bytes=400_000_000, cpu_s=20) as session:
        session.execute("kept = 1")
        yield session


# What each piece of code comes to, with the names kept.
SURVIVED: dict[str, tuple[str, Callable[[Turn], bool]]] = {
    "reads stdin": ("input()", lambda turn: "EOFError" in str(turn.error)),
    "reads stdin raw": ("import os\nos.read(0, 10)", lambda turn: turn.value == b""),
    "prints no UTF-8": (
        "import os\nos.write(1, b'a\\xff\\n')",
        lambda turn: turn.stdout == "a\ufffd\n",
    ),
    "prints through a program": (
        "import subprocess\nsubprocess.run(['sh', '-c', 'echo out; echo err >&2'])\n0",
        lambda turn: (turn.stdout, turn.stderr) == ("out\n", "err\n"),
    ),
    "closes stdout": ("import os, sys\nsys.stdout.close()\nos.close(1)\nos.close(2)", lambda t: not t.error),
    "sends stdout away": (
        "import os\nos.dup2(os.open('/dev/null', os.O_WRONLY), 1)",
        lambda turn: not turn.error,
    ),
    "buffers of its own": (
        "import sys\nsys.stdout = open(1, 'w', closefd=False)\nprint('late')",
        lambda turn: turn.stdout == "late\n",
    ),
    "a stream that cannot flush": (
        "import sys\nclass S:\n    def flush(self): 1 / 0\nsys.stdout = S()",
        lambda turn: turn.notes == ("sys.stdout could not be flushed: ZeroDivisionError",),
    ),
    "eats memory": (
        "x = []\nwhile True:\n    x.append(bytearray(50_000_000))",
        lambda turn: turn.error is not None and turn.error.type == "MemoryError",
    ),
    "redefines builtins": (
        "import builtins\nbuiltins.print = builtins.isinstance = builtins.Exception = None",
        lambda turn: "put back" in turn.notes[0],
    ),
    "ignores interrupts from now on": (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)",
        lambda turn: not turn.error,
    ),
    "blocks interrupts from now on": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})",
        lambda turn: not turn.error,
    ),
    "interrupts itself": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nwhile True: pass",
        lambda turn: turn.status == "timeout",
    ),
    "forks and goes on": (
        "import os\npid = os.fork()\nif not pid: print('child')\nelse: os.waitpid(pid, 0)\n7",
        lambda turn: turn.value == 7 and turn.stdout == "child\n",
    ),
    "writes much": (
        "import os\nfor _ in range(60): os.write(1, b'x' * 50_000)",
        lambda turn: "bytes cut" in turn.stdout and len(turn.stdout) < 2_100_000,
    ),
    "returns much": ("'x' * 20_000_000", lambda turn: "more than" in repr(turn.value)),
    "returns a loop": ("x = []\nx.append(x)\nx", lambda turn: turn.status == "ok"),
    "sends much": ("len(" + repr("y" * 3_000_000) + ")", lambda turn: turn.value == 3_000_000),
    "exits": ("raise SystemExit('bye')", lambda turn: str(turn.error) == "SystemExit: bye"),
    "a thread that goes on": (
        "import threading\nthreading.Thread(target=threading.Event().wait).start()",
        lambda turn: turn.status == "ok",
    ),
    "recursion": (
        "def f(): f()\nf()",
        lambda turn: turn.error is not None and turn.error.type == "RecursionError",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SURVIVED))
def test_hostile_code_has_a_clear_result_and_the_session_goes_on(
    shared: Session, name: str
) -> None:
    code, is_as_told = SURVIVED[name]
    turn = shared.execute(code, timeout_s=20)
    assert is_as_told(turn), turn
    assert turn.names_kept
    after = shared.execute("print('still')\nx = None\nkept", timeout_s=20)
    assert (after.status, after.value, after.stdout) == ("ok", 1, "still\n")
    looping = shared.execute("while True: pass", timeout_s=0.1)
    assert (looping.status, looping.names_kept) == ("timeout", True)


# What ends an interpreter, and how that is told.
ENDED: dict[str, tuple[str, str]] = {
    "exits at once": ("import os\nos._exit(3)", "exit 3"),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)", "signal 9 (SIGKILL)"),
    "kills its group": ("import os\nos.killpg(0, 9)", "signal 9 (SIGKILL)"),
    "kills its guard": ("import os\nos.kill(os.getppid(), 9)\nimport time\ntime.sleep(60)", "its guard ended with signal 9 (SIGKILL)"),
    "crashes": ("import ctypes\nctypes.string_at(0)", "signal 11 (SIGSEGV)"),
    "closes every descriptor": ("import os\nos.closerange(3, 200)", "exit 70"),
    "writes to the connection": (
        "import os, stat\n"
        "for fd in range(3, 100):\n"
        "    try:\n"
        "        if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, b'\\0\\0\\0\\1x')\n"
        "    except OSError: pass\n"
        "import time\ntime.sleep(60)",
        "signal 9 (SIGKILL)",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def ended() -> dict[str, tuple[Turn, Turn]]:
    """What each of them left, and the turn after it."""
    with Session() as session:
        return {
            name: (session.execute(code, timeout_s=30), session.execute("1 + 1"))
            for name, (code, _) in ENDED.items()
        }


@pytest.mark.parametrize("name", sorted(ENDED))
def test_code_that_ends_the_interpreter_is_a_crash_and_gets_a_fresh_one(
    ended: dict[str, tuple[Turn, Turn]], name: str
) -> None:
    turn, after = ended[name]
    assert (turn.status, turn.names_kept) == ("crash", False)
    assert turn.error is not None
    assert turn.error.message == f"the interpreter ended before it answered: {ENDED[name][1]}"
    assert (after.status, after.value, after.names_kept) == ("ok", 2, True)


def test_code_that_does_not_heed_the_interrupt_is_killed_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "GRACE_S", 0.2)
    code = f"""
import os, subprocess, time
far = subprocess.Popen(["sleep", "600"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open({str(tmp_path / "orphan")!r}, "w").write(str(os.getpid()))
        while True: time.sleep(600)
    os._exit(0)
open({str(tmp_path / "far")!r}, "w").write(f"{{far.pid}} {{os.getpid()}}")
while True:
    try: time.sleep(600)
    except BaseException: pass
"""
    with Session() as session:
        turn = session.execute(code, timeout_s=2)
        assert (turn.status, turn.names_kept) == ("timeout", False)
        assert turn.error is not None
        assert turn.error.message.endswith("it was killed with all that it started")
        pids = [int(each) for name in ("far", "orphan") for each in (tmp_path / name).read_text().split()]  # fmt: skip
        assert len(pids) == 3
        assert [pid for pid in pids if is_alive(pid)] == []
        assert session.execute("2").value == 2


def test_an_interrupt_ends_what_the_turn_has_forked_and_spares_what_was_there_before() -> None:
    with Session() as session:
        before = session.execute(
            "import os, subprocess\nsubprocess.Popen(['sleep', '600']).pid"
        ).value
        session.execute("import time\ntime.sleep(0.1)")
        # A fork bomb, before it hurts.
        code = "pids = []\nfor _ in range(12):\n    pid = os.fork()\n    if pid == 0:\n        time.sleep(600)\n    pids.append(pid)\ntime.sleep(600)"
        turn = session.execute(code, timeout_s=1)
        assert (turn.status, turn.names_kept) == ("timeout", True)
        pids = session.execute("pids").value
        assert pids
        assert wait_until_clean(lambda: [str(pid) for pid in pids if is_alive(pid)], 5.0) == []
        assert is_alive(before)


def test_processor_time_is_limited_and_sleep_is_none() -> None:
    with Session(cpu_s=0.2) as session:
        turn = session.execute("while True: pass")
        assert (turn.status, turn.names_kept) == ("timeout", True)
        assert turn.error is not None
        assert turn.error.message == "the code must take at most 0.2 s of CPU time"
        assert session.execute("import time\ntime.sleep(0.3)\n3").value == 3


def test_names_that_hold_all_memory_cost_the_interpreter() -> None:
    code = "x = []\nn = 1 << 24\nwhile n > 4096:\n    try: x.append(bytearray(n))\n    except MemoryError: n >>= 1\nraise MemoryError"
    with Session(memory_bytes=100_000_000) as session:
        turn = session.execute(code)
        assert (turn.status, turn.names_kept) in {("error", False), ("crash", False)}
        assert session.execute("'x' in globals()").value is False


def test_output_between_two_turns_belongs_to_the_next() -> None:
    with Session() as session:
        code = "import os\nr, w = os.pipe()\nif os.fork() == 0:\n    os.close(w)\n    os.read(r, 1)\n    print('later')\n    os._exit(0)\nos.close(r)"
        assert session.execute(code).stdout == ""
        assert session.execute("os.close(w)\nos.wait()[1]").stdout == "later\n"


def test_processes_that_the_code_started_end_with_the_session() -> None:
    with Session() as session:
        pid = session.execute("import subprocess\nsubprocess.Popen(['sleep', '600']).pid").value
        assert is_alive(pid)
    assert not is_alive(pid)


@pytest.mark.parametrize("how", ["SIGKILL", "exit"])
def test_a_session_dies_with_the_program_that_holds_it(tmp_path: Path, how: str) -> None:
    program = f"""
import os, signal, sys
sys.path.insert(0, {SOURCE!r})
from holdfast.session import Session
session = Session()
session.execute("import os, subprocess")
pids = session.execute("[os.getpid(), os.getppid(), subprocess.Popen(['sleep', '600'], start_new_session=True).pid]").value
print(*pids, flush=True)
if {how!r} == "SIGKILL":
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
    pids = [int(each) for each in done.stdout.split()]
    assert len(pids) == 3, done.stderr
    assert done.returncode == (-signal.SIGKILL if how == "SIGKILL" else 0)
    assert wait_until_clean(lambda: [str(pid) for pid in pids if is_alive(pid)], 5.0) == []


def test_a_session_that_nobody_closed_ends_with_its_last_reference() -> None:
    session = Session()
    pid = session.execute("import os\nos.getpid()").value
    del session
    assert not is_alive(pid)


def test_an_interrupt_of_the_caller_stops_the_code_and_is_passed_on() -> None:
    with Session() as session:
        session.execute("x = 1")
        # Ctrl-C while the caller waits: the code sends it to us.
        code = f"import os, signal, time\nos.kill({os.getpid()}, signal.SIGINT)\nwhile True: pass"
        with pytest.raises(KeyboardInterrupt):
            session.execute(code)
        stopped = session.history[-1]
        assert (stopped.status, stopped.names_kept) == ("timeout", True)
        assert stopped.error is not None
        assert stopped.error.type == "Cancelled"
        assert session.execute("x").value == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout_s": 0}, "timeout_s must be a number of seconds above 0, got 0"),
        ({"memory_bytes": 1.5}, "memory_bytes must be a number of bytes above 0, got 1.5"),
        ({"memory_bytes": 0}, "memory_bytes must be a number of bytes above 0, got 0"),
        ({"cpu_s": -1}, "cpu_s must be a number of seconds above 0, got -1"),
        ({"capabilities": "net"}, "capabilities must be a list of texts, got 'net'"),
        ({"capabilities": [1]}, "capabilities must be a list of texts"),
        ({"in_process": True, "memory_bytes": 1}, "memory_bytes must be left out of a session in this process"),
        ({"in_process": True, "capabilities": []}, "capabilities must be left out"),
    ],
)  # fmt: skip
def test_what_a_session_cannot_be_is_refused_with_the_cure(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Session(**options)


def test_an_interpreter_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.exit('no start today')")
    session = Session(env={"PYTHONPATH": str(tmp_path)})
    with pytest.raises(HoldfastError, match="an interpreter must start, got exit 1") as caught:
        session.execute("1")
    assert "no start today" in caught.value.hint
    with pytest.raises(FileNotFoundError):
        Session(cwd=str(tmp_path / "absent")).execute("1")


def test_a_session_starts_in_its_folder_with_its_environment(tmp_path: Path) -> None:
    (tmp_path / "own_module.py").write_text("answer = 42")
    with Session(cwd=str(tmp_path), env={"OWN": "1"}) as session:
        turn = session.execute("import os, own_module\n(own_module.answer, os.environ['OWN'], os.getcwd())")  # fmt: skip
        assert turn.value == (42, "1", str(tmp_path))
        assert len(children_of(os.getpid())) >= 1
