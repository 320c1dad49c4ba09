"""What does `enforce` stop? What was not granted, also for code that goes around the interpreter."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.capabilities import (
    CannotEnforce,
    CapabilityViolation,
    ConfinedWorker,
    enforce,
)
from holdfast.capabilities.plain_pickle import NotPlain
from holdfast.capabilities.worker import ChildLost
from tests.contract import capability_endings as endings
from tests.contract import capability_kit as kit
from tests.contract.capability_machine import CAN_CONFINE, needs_addresses, needs_confinement


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path.resolve()
    (place / "data").mkdir()
    (place / "data" / "a.txt").write_text("hello", encoding="utf-8")
    (place / "secret.txt").write_text("secret", encoding="utf-8")
    monkeypatch.chdir(place)
    monkeypatch.setenv("SECRET_OF_TEST", "x")
    return place


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A server on this machine: whoever connects is queued and can read what is sent later."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:
        yield listening


def port_of(server: socket.socket) -> int:
    return server.getsockname()[1]


# kind of use, what is called, what grants it
GRANTED: list[tuple[Any, tuple[Any, ...], list[str], Any]] = [
    (kit.read_file, ("data/a.txt",), ["read:data/**"], "hello"),
    (kit.read_file, ("data/a.txt",), ["read:data/*.txt"], "hello"),
    (kit.read_file, ("data/a.txt",), ["read"], "hello"),
    (kit.list_folder, ("data",), ["read:data"], ["a.txt"]),
    (kit.write_file, ("data/new.txt",), ["write:data"], 7),
    (kit.read_variable, ("SECRET_OF_TEST",), ["env:SECRET_*"], "x"),
    (kit.run_program, ("cat", "data/a.txt"), ["run:cat", "read:data"], (0, "hello")),
    (kit.run_program, ("cat", "data/a.txt"), ["run", "read:data"], (0, "hello")),
    (kit.add, (1, 2), [], 3),
    (kit.import_json, (), [], "tomllib"),
    (kit.import_numpy, (), ["import:numpy"], "numpy"),
    (kit.import_by_function, (), ["import:sortedcontainers"], "sortedcontainers"),
    (os.kill, (os.getpid(), 0), ["sys:kill"], None),
]


@needs_confinement
@pytest.mark.parametrize(("function", "args", "allow", "value"), GRANTED)
def test_what_is_granted_works(
    folder: Path, function: Any, args: tuple[Any, ...], allow: list[str], value: Any
) -> None:
    assert enforce(function, *args, allow=allow) == value


REFUSED: list[tuple[Any, tuple[Any, ...], list[str], str]] = [
    (kit.read_file, ("secret.txt",), ["read:data"], "read:secret.txt"),
    (kit.read_file, ("data/../secret.txt",), ["read:data"], "read:secret.txt"),
    (kit.list_folder, (".",), ["read:data"], "read:"),
    (kit.write_file, ("data/a.txt",), ["read"], "write:data/a.txt"),
    (kit.read_variable, ("SECRET_OF_TEST",), [], "env:SECRET_OF_TEST"),
    (kit.run_program, ("cat", "data/a.txt"), ["run:true", "read"], "run:cat"),
    (kit.import_numpy, (), [], "import:numpy"),
    (kit.import_by_function, (), [], "import:sortedcontainers"),
    (kit.call_foreign_code, (), [], "ffi:self"),
    (os.kill, (os.getpid(), 0), [], "sys:kill"),
    (kit.connect, ("127.0.0.1", 9), [], "net:127.0.0.1:9"),
    (kit.call_the_kernel_as_holdfast_did, ("secret.txt",), [], "ffi:self"),
    (kit.switch_the_hook_off, ("secret.txt",), [], "sys:introspect"),
]


@needs_confinement
@pytest.mark.parametrize(("function", "args", "allow", "named"), REFUSED)
def test_what_is_not_granted_is_stopped_and_named(
    folder: Path, function: Any, args: tuple[Any, ...], allow: list[str], named: str
) -> None:
    with pytest.raises(CapabilityViolation) as caught:
        enforce(function, *args, allow=allow)
    assert caught.value.capability.startswith(named)
    assert "grant" in str(caught.value)


@needs_confinement
def test_a_refusal_that_the_code_catches_is_told_all_the_same(folder: Path) -> None:
    with pytest.raises(CapabilityViolation, match=r"read:secret\.txt was stopped"):
        enforce(kit.swallow_the_refusal, "secret.txt", allow=["read:data"])


@needs_confinement
def test_writing_is_not_reading(folder: Path) -> None:
    with pytest.raises(CapabilityViolation):
        enforce(kit.read_file, "data/a.txt", allow=["write:data"])


@needs_confinement
def test_a_file_that_does_not_exist_yet_cannot_be_granted_alone(folder: Path) -> None:
    with pytest.raises(CannotEnforce, match="grant its folder") as caught:
        enforce(kit.write_file, "new.txt", allow=["write:new.txt"])
    assert caught.value.kind == "write"
    assert not (folder / "new.txt").exists()


@needs_confinement
def test_a_pattern_of_names_cannot_be_granted_for_writing(folder: Path) -> None:
    with pytest.raises(CannotEnforce, match="stands for names"):
        enforce(kit.write_file, "data/b.txt", allow=["write:data/*.txt"])


@needs_addresses
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("allow", ["net:127.0.0.1", "net:localhost", "net:127.0.0.1:PORT", "net"])
def test_a_granted_address_is_reached(server: socket.socket, host: str, allow: str) -> None:
    port = port_of(server)
    with ConfinedWorker([allow.replace("PORT", str(port))]) as worker:
        assert worker.call(kit.connect_alone, host, port)
        server.accept()[0].close()


@needs_addresses
def test_the_kernel_tells_addresses_apart_for_foreign_code(server: socket.socket) -> None:
    with ConfinedWorker([f"net:127.0.0.1:{port_of(server)}", "ffi"]) as worker:
        assert worker.call(kit.connect_by_ctypes, port_of(server)) == 0
        assert worker.call(kit.connect_by_ctypes, 9) == errno.EACCES
        assert worker.call(kit.send_datagram_by_ctypes, 9) == errno.EACCES


@needs_addresses
def test_threads_of_confined_code_may_connect_where_it_may(server: socket.socket) -> None:
    with ConfinedWorker(["net:127.0.0.1"]) as worker:
        assert worker.call(kit.connect_alone_in_thread, port_of(server)) == [True]


@needs_addresses
def test_names_that_cannot_be_listed_cannot_be_granted() -> None:
    with pytest.raises(CannotEnforce, match="cannot be listed"):
        enforce(kit.add, 1, 2, allow=["net:*.example.org"])


# The ways around an audit hook: what is called with `ffi` granted, and how the kernel answers.
BYPASSES: dict[str, tuple[Any, tuple[Any, ...], list[str], Any]] = {
    "a file is opened by foreign code": (
        kit.open_by_ctypes,
        ("secret.txt",),
        ["ffi"],
        errno.EACCES,
    ),
    "a connection is made by foreign code": (kit.connect_by_ctypes, (9,), ["ffi"], errno.EACCES),
    "a datagram is sent by foreign code": (
        kit.send_datagram_by_ctypes,
        (9,),
        ["ffi"],
        errno.EACCES,
    ),
    "a program is started by foreign code": (
        kit.execute_by_ctypes,
        ("/bin/true",),
        ["ffi", "sys:fork"],
        126,
    ),
    "a variable is read by foreign code": (
        kit.getenv_by_ctypes,
        ("SECRET_OF_TEST",),
        ["ffi"],
        False,
    ),
    "a variable is read from posix.environ": (
        kit.read_posix_environment,
        ("SECRET_OF_TEST",),
        [],
        False,
    ),
    "another process is traced": (kit.trace_by_ctypes, (os.getppid(),), ["ffi"], errno.EPERM),
    "another file is attached to a database": (
        kit.attach_database,
        ("other.sqlite",),
        [],
        False,
    ),
    "a program is started without an event": (
        kit.spawn_by_multiprocessing,
        ("secret.txt",),
        ["read"],
        255,
    ),
    "a program is started from memory": (kit.run_from_memory, ("/bin/true",), ["read"], 13),
    "another program connects": (kit.connect_through_child, (9,), ["read", "run"], 13),
    "a connection is made below `socket.socket`": (kit.connect_below_socket, (9,), [], 13),
    "a forked process reads a file": (
        kit.read_in_forked_process,
        ("secret.txt",),
        ["sys:fork"],
        13,
    ),
}


@needs_confinement
@pytest.mark.parametrize("way", BYPASSES)
def test_the_kernel_stops_a_way_around_the_hook(folder: Path, way: str) -> None:
    function, args, allow, answer = BYPASSES[way]
    with ConfinedWorker(allow) as worker:
        try:
            assert worker.call(function, *args) == answer
        except CapabilityViolation:
            assert way == "a forked process reads a file"


@needs_confinement
def test_a_started_program_is_held_to_the_same(folder: Path) -> None:
    code, output = enforce(kit.read_through_child, "secret.txt", allow=["run:cat", "read:data"])
    assert code != 0
    assert output == ""


@needs_confinement
@pytest.mark.parametrize("way", [kit.switch_the_hook_off, kit.reach_the_watch])
def test_code_that_switches_the_hook_off_is_still_held_by_the_kernel(
    folder: Path, way: Any
) -> None:
    with pytest.raises(PermissionError):
        enforce(way, "secret.txt", allow=["sys:introspect", "sys:trace"])


# What enforce does not stop: docs/reference/capabilities.md lists exactly these.
NOT_STOPPED: dict[str, tuple[Any, tuple[Any, ...], list[str], Any]] = {
    "whether a file exists": (kit.look_at, ("secret.txt",), [], True),
    "permissions, owner and times of a file, changed by foreign code": (
        kit.chmod_by_ctypes,
        ("secret.txt",),
        ["ffi"],
        0,
    ),
}


@needs_confinement
@pytest.mark.parametrize("way", NOT_STOPPED)
def test_what_is_documented_as_not_stopped_is_not_stopped(folder: Path, way: str) -> None:
    function, args, allow, answer = NOT_STOPPED[way]
    assert enforce(function, *args, allow=allow) == answer


def test_what_is_not_stopped_stands_in_the_documentation() -> None:
    page = Path("docs/reference/capabilities.md")
    text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
    listed = text.partition("## What enforce does not stop")[2]
    assert [way for way in NOT_STOPPED if f"- {way}\n" not in listed] == []


@needs_confinement
def test_an_object_of_the_codes_own_is_not_taken_out() -> None:
    with pytest.raises(NotPlain, match="plain data"):
        enforce(endings.return_thing)


@needs_confinement
def test_an_exception_of_the_interpreter_comes_out_as_it_is() -> None:
    with pytest.raises(ValueError, match=r"^no rows$"):
        enforce(kit.raise_error, "no rows")


@needs_confinement
def test_a_confined_process_that_ends_is_told() -> None:
    with pytest.raises(ChildLost, match="exit status 3"):
        enforce(endings.end_process)


@needs_confinement
def test_a_confined_worker_is_reused(folder: Path) -> None:
    with ConfinedWorker(["read:data"]) as worker:
        assert worker.call(kit.read_file, "data/a.txt") == "hello"
        pid = worker.pid
        assert worker.call(kit.add, 1, 2) == 3
        assert worker.pid == pid


@needs_confinement
def test_a_refusal_counts_for_the_call_in_which_it_happened(folder: Path) -> None:
    with ConfinedWorker(["read:data"]) as worker:
        for _ in range(2):
            with pytest.raises(CapabilityViolation):
                worker.call(kit.swallow_the_refusal, "secret.txt")
            assert worker.call(kit.read_file, "data/a.txt") == "hello"
        assert worker.touched.undeclared == ("read:secret.txt",)
        assert worker.touched.used == ("read:secret.txt", "read:data/a.txt")


def test_where_the_machine_cannot_enforce_it_says_so_and_runs_nothing(tmp_path: Path) -> None:
    if CAN_CONFINE:
        pytest.skip("this machine can enforce")
    with pytest.raises(CannotEnforce, match="cannot be enforced here"):
        enforce(kit.write_file, str(tmp_path / "x"), allow=["read"])
    assert not (tmp_path / "x").exists()
