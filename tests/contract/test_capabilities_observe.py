"""What does `observe` tell? Every use that goes through the interpreter, and what it cannot look into."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.capabilities import BadCapability, ConfinedWorker, Observation, observe
from holdfast.capabilities.worker import ChildLost, ChildRaised
from holdfast.errors import UsageError
from tests.contract import capability_endings as endings
from tests.contract import capability_kit as kit


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("observed").resolve()
    (place / "data").mkdir()
    (place / "data" / "a.txt").write_text("hello", encoding="utf-8")
    (place / "other.txt").write_text("other", encoding="utf-8")
    return place


@pytest.fixture
def at_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def port() -> Iterator[int]:
    """A server on this machine that says hello to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_greet, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        with socket.create_connection(server.getsockname()[:2]) as last:
            last.sendall(b"end")
        thread.join()


def _greet(server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"hello")
            connection.settimeout(0.2)
            try:
                if connection.recv(3) == b"end":
                    return
            except OSError:
                continue


def test_a_value_comes_back_with_what_was_used(at_folder: Path) -> None:
    seen = observe(kit.read_file, "data/a.txt", declared=["read:data/**", "net"])
    assert seen == Observation(value="hello", used=("read:data/a.txt",), unused=("net",))


def test_what_was_not_declared_is_told(at_folder: Path) -> None:
    seen = observe(kit.read_file, "other.txt", declared=["read:data/**"])
    assert seen.undeclared == ("read:other.txt",)
    assert seen.unused == ("read:data/**",)


def test_a_call_that_touches_nothing_uses_nothing() -> None:
    assert observe(kit.add, 1, 2) == Observation(value=3)


# what is called -> what it uses
USES: list[tuple[Any, tuple[Any, ...], tuple[str, ...]]] = [
    (kit.write_file, ("new.txt",), ("write:new.txt",)),
    (kit.list_folder, ("data",), ("read:data",)),
    (kit.read_relative_to, ("data", "a.txt"), ("read:data", "read:a.txt")),
    (kit.read_after_chdir, ("data", "a.txt"), ("read:data/a.txt",)),
    (kit.read_file, ("data/../other.txt",), ("read:other.txt",)),
    (kit.read_variable, ("HOME",), ("env:HOME",)),
    (kit.set_variable, ("HOLD_THIS",), ("env:HOLD_THIS",)),
    (kit.copy_environment, (), ("env",)),
    (kit.run_program, ("true",), ("run:true",)),
    (kit.run_shell, ("true",), ("run:sh",)),
    (kit.open_database, ("db.sqlite",), ("read:db.sqlite", "write:db.sqlite")),
    (kit.call_foreign_code, (), ("ffi:self",)),
    (os.kill, (os.getpid(), 0), ("sys:kill",)),
    (socket.gethostname, (), ("sys:hostname",)),
    (kit.listen, (0,), ("net:127.0.0.1:0",)),
]


@pytest.mark.parametrize(
    ("function", "args", "used"), USES, ids=[f"{each[0].__name__}-{each[2][0]}" for each in USES]
)
def test_each_kind_of_use_is_seen(
    at_folder: Path, function: Any, args: tuple[Any, ...], used: tuple[str, ...]
) -> None:
    seen = observe(function, *args)
    assert seen.used == used
    assert seen.undeclared == used


def test_a_connection_is_seen_with_its_address(port: int) -> None:
    seen = observe(kit.connect, "127.0.0.1", port, declared=["net:127.0.0.1"])
    assert seen.value == "hello"
    assert seen.used == (f"net:127.0.0.1:{port}",)
    assert seen.undeclared == ()


def test_a_connection_by_name_is_told_by_the_name(port: int) -> None:
    seen = observe(kit.connect, "localhost", port, declared=[f"net:localhost:{port}"])
    assert f"net:localhost:{port}" in seen.used
    assert seen.undeclared == ()


def test_a_datagram_is_seen(port: int) -> None:
    assert observe(kit.send_datagram, port).undeclared == (f"net:127.0.0.1:{port}",)


def test_threads_are_seen(port: int) -> None:
    seen = observe(kit.connect_in_thread, "127.0.0.1", port)
    assert seen.value == ["hello"]
    assert seen.undeclared == (f"net:127.0.0.1:{port}",)


def test_what_the_interpreter_and_its_library_read_is_no_use() -> None:
    assert observe(kit.import_json).used == ()


def test_an_installed_package_is_told_as_its_import_and_what_it_reads_then_is_not() -> None:
    seen = observe(kit.import_numpy)
    assert seen.used == ("import:numpy",)
    assert "compiled module of numpy" in seen.blind


def test_variables_that_the_interpreter_needs_are_no_use() -> None:
    assert observe(kit.read_variable, "PATH").used == ()


def test_a_link_leads_to_what_is_read(at_folder: Path) -> None:
    seen = observe(kit.link_and_read, "link", "other.txt")
    assert seen.value == "other"
    assert "read:other.txt" in seen.undeclared


def test_a_forked_process_is_seen_while_it_runs(at_folder: Path) -> None:
    seen = observe(kit.read_in_forked_process, "other.txt")
    assert seen.value == 0
    assert set(seen.undeclared) == {"sys:fork", "read:other.txt"}


def test_a_program_that_is_started_is_named_as_what_cannot_be_seen_into(at_folder: Path) -> None:
    seen = observe(kit.read_through_child, "other.txt")
    assert seen.value == (0, "other")
    assert seen.undeclared == ("run:cat",)
    assert seen.blind == ("program cat",)


def test_an_exception_keeps_its_type_and_its_message() -> None:
    with pytest.raises(ValueError, match=r"^no rows$"):
        observe(kit.raise_error, "no rows")


def test_an_exception_that_cannot_be_rebuilt_is_told() -> None:
    with pytest.raises(ChildRaised, match="OwnError: a b"):
        observe(endings.raise_own_error)


def test_a_process_that_ends_itself_is_told() -> None:
    with pytest.raises(ChildLost, match="exit status 3"):
        observe(endings.end_process)


def test_a_word_that_is_no_capability_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(BadCapability, match="did you mean 'read'"):
        observe(kit.write_file, str(tmp_path / "x"), declared=["raed:data"])
    assert not (tmp_path / "x").exists()


def test_a_worker_carries_out_many_calls_and_adds_up_what_they_use(at_folder: Path) -> None:
    with ConfinedWorker(["read"], mode="observe") as worker:
        first = worker.observe(kit.read_file, "other.txt")
        pid = worker.pid
        second = worker.observe(kit.read_file, "data/a.txt")
        assert worker.pid == pid
    assert first.used == ("read:other.txt",)
    assert second.used == ("read:other.txt", "read:data/a.txt")
    assert worker.pid is None


def test_a_lost_worker_is_replaced_at_the_next_call() -> None:
    with ConfinedWorker(mode="observe") as worker:
        with pytest.raises(ChildLost):
            worker.call(endings.end_process)
        assert worker.call(kit.add, 1, 2) == 3


# What an audit hook cannot see, as docs/reference/capabilities.md lists it: what is called, and
# what is told of it all the same.
UNSEEN: dict[str, tuple[Any, tuple[Any, ...], set[str]]] = {
    "whether a file exists": (kit.look_at, ("other.txt",), set()),
    "a file that SQL attaches": (kit.attach_database, ("attached.sqlite",), set()),
    "the environment by other ways": (kit.read_posix_environment, ("HOME",), set()),
    "a program that is started by `_posixsubprocess`": (
        kit.spawn_by_multiprocessing,
        ("other.txt",),
        set(),
    ),
    "what goes through a socket that is open": (kit.talk_over_a_pair, (), set()),
    "what a program that was started does": (
        kit.read_through_child,
        ("other.txt",),
        {"run:cat"},
    ),
    "what foreign code does itself": (kit.open_by_ctypes, ("other.txt",), {"ffi:self"}),
    "code that reaches what watches it by another way": (
        kit.reach_the_watch,
        ("other.txt",),
        set(),
    ),
    "code that puts other code in the place of the hook": (
        kit.switch_the_hook_off,
        ("other.txt",),
        {"sys:introspect"},
    ),
}


@pytest.mark.skipif(os.name != "posix", reason="the ways around are those of POSIX")
@pytest.mark.parametrize("way", UNSEEN)
def test_what_is_documented_as_unseen_is_not_seen(at_folder: Path, way: str) -> None:
    function, args, told = UNSEEN[way]
    assert set(observe(function, *args).used) == told
    text = (Path(__file__).parents[2] / "docs" / "reference" / "capabilities.md").read_text()
    listed = text.partition("## What an audit hook cannot see")[2].partition("\n## ")[0]
    assert f"- {way}" in listed


@pytest.mark.skipif(os.name != "posix", reason="the limit is kept by what POSIX has")
def test_a_call_that_never_ends_is_ended_and_the_next_one_runs() -> None:
    with ConfinedWorker(mode="observe", timeout_s=0.05) as worker:
        with pytest.raises(TimeoutError, match="no answer within 50 ms"):
            worker.call(kit.loop_for_ever)
        assert worker.pid is None
        worker.timeout_s = None
        assert worker.call(kit.add, 1, 2) == 3


@pytest.mark.parametrize("timeout_s", [0, -1, float("inf"), float("nan")])
def test_a_limit_that_cannot_be_kept_is_refused(timeout_s: float) -> None:
    with pytest.raises(UsageError, match="timeout_s must be a number of seconds above 0"):
        ConfinedWorker(mode="observe", timeout_s=timeout_s)


def test_what_was_touched_is_told_also_where_the_call_raised(at_folder: Path) -> None:
    with ConfinedWorker(mode="observe") as worker:
        assert worker.touched == Observation()
        with pytest.raises(ValueError, match="no rows"):
            worker.call(kit.read_and_raise, "other.txt", "no rows")
        assert worker.touched.used == ("read:other.txt",)
