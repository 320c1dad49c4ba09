"""Does a side call its version as told, and answer with what it took or with what went wrong?"""

from __future__ import annotations

import base64
import json
import os
import pickle
import socket
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from holdfast.measure import lockstep_child
from holdfast.measure.lockstep_child import Side, file_of, find, flags_of, pin, where
from tests.zoo import slowdowns

calls: list[int] = []


def counts(step: int = 1) -> None:
    calls.append(step)


async def counts_async() -> None:
    calls.append(1)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    calls.clear()
    monkeypatch.setattr(sys, "path", list(sys.path))


def message(**changes: Any) -> dict[str, Any]:
    plain = {"path": sys.path, "is_whole_path": True, "kwargs": {}, "concurrency": 1, "root": ""}
    return {**plain, **changes}


def pickled(value: Any) -> dict[str, Any]:
    return message(pickle=base64.b64encode(pickle.dumps(value)).decode())


def test_a_function_is_called_as_often_as_told() -> None:
    side = Side()
    ready = side.answer(pickled(counts))
    assert (ready["lane"], ready["file"]) == ("sync", __file__)
    took = side.answer({"calls": 3})
    assert len(calls) == 4  # the first one shows that it returns no awaitable
    assert side.answer({"calls": 3})["wall_s"] > 0
    assert len(calls) == 7
    assert set(took) == {"wall_s", "cpu_s", "waits", "pushed"}


def test_arguments_are_handed_to_each_call() -> None:
    side = Side()
    side.answer({**pickled(counts), "kwargs": {"step": 5}})
    side.answer({"calls": 1})
    assert calls == [5, 5]


@pytest.mark.parametrize("concurrency", [1, 3, 20])
def test_a_coroutine_function_is_awaited_as_often_as_told(concurrency: int) -> None:
    side = Side()
    ready = side.answer({**pickled(counts_async), "concurrency": concurrency})
    assert ready["lane"] == "async"
    side.answer({"calls": 10})
    side.answer({"calls": 7})
    assert len(calls) == 17
    side._loop.close()


def test_a_command_is_run_to_its_end_and_its_cpu_time_counts() -> None:
    side = Side()
    words = [sys.executable, "-S", "-c", "sum(range(100_000))"]
    assert side.answer(message(command=words))["lane"] == "command"
    took = side.answer({"calls": 2})
    assert took["cpu_s"] > 0
    failing = Side()
    failing.answer(message(command=["false"]))
    assert failing.answer({"calls": 1}) == {
        "error": "RuntimeError: the command must end with exit code 0, got 1"
    }
    killed = Side()
    killed.answer(message(command=["/bin/sh", "-c", "kill -9 $$"]))
    assert "got -9" in killed.answer({"calls": 1})["error"]


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (slowdowns.raises, "ValueError: no luck"),
        (slowdowns.exits, "SystemExit: 3"),
        (slowdowns.generates, "TypeError: the target must run when it is called"),
        (3, "TypeError: the target must be callable, got int"),
    ],
)
def test_what_goes_wrong_is_the_answer(target: Any, error: str) -> None:
    side = Side()
    first = side.answer(pickled(target))
    answer = first if "error" in first else side.answer({"calls": 1})
    assert answer["error"].startswith(error)


def test_a_function_that_returns_a_coroutine_is_refused() -> None:
    side = Side()
    side.answer(message(ref="asyncio:sleep"))
    other = Side()
    other.answer({**message(ref="functools:partial"), "kwargs": {}})
    assert side.lane == "async"
    assert "error" in other.answer({"calls": 1})
    side._loop.close()


def test_the_path_is_put_first_or_in_place_of_the_own_one(tmp_path: Path) -> None:
    (tmp_path / "lockstep_zoo.py").write_text("def go():\n    pass\n")
    own = list(sys.path)
    side = Side()
    first = message(ref="lockstep_zoo:go", path=[str(tmp_path)], root=str(tmp_path))
    ready = side.answer({**first, "is_whole_path": False})
    assert sys.path == [str(tmp_path), *own]
    assert ready["has_root"] is True
    assert ready["file"] == str(tmp_path / "lockstep_zoo.py")
    sys.modules.pop("lockstep_zoo")
    whole = side.answer(message(ref="json:dumps", path=own, root=str(tmp_path)))
    assert sys.path == own
    assert whole["has_root"] is False


def test_a_file_is_found_by_its_path_and_a_method_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "lockstep_file.py"
    file.write_text("class Shop:\n    def total(self):\n        return 3\n")
    try:
        assert find(f"{file}:Shop.total").__name__ == "total"
    finally:
        sys.modules.pop("lockstep_file")
    with pytest.raises(AttributeError):
        find("json:no_such_name")


def test_the_code_behind_a_callable_is_looked_at() -> None:
    class Async:
        async def __call__(self) -> None: ...

    assert flags_of(Async()) & lockstep_child.COROUTINE
    assert flags_of(partial(counts_async)) & lockstep_child.COROUTINE
    assert flags_of(len) == 0
    assert file_of(counts) == __file__
    assert file_of(len) == ""


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="CPUs are chosen on Linux only")
def test_a_side_tells_its_cpu_and_stays_where_it_is_put() -> None:
    before = os.sched_getaffinity(0)
    cpu, threads = where()["cpu"], where()["threads"]
    assert cpu in before
    assert threads >= 0
    side = Side()
    try:
        assert side.answer({"pin": cpu}) == {}
        assert os.sched_getaffinity(0) == {cpu}
        assert side.answer({"where": True})["cpu"] == cpu
        assert pin(-1) == {}
        assert os.sched_getaffinity(0) == lockstep_child.ANYWHERE
    finally:
        os.sched_setaffinity(0, before)


def test_messages_are_answered_until_the_socket_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockstep_child, "watch", lambda fd: None)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=lockstep_child.main, args=(theirs.detach(),))
    thread.start()
    with ours:
        body = json.dumps(message(ref="json:dumps")).encode()
        ours.sendall(len(body).to_bytes(4, "big") + body[:10])
        ours.sendall(body[10:])
        size = int.from_bytes(lockstep_child.receive(ours, 4), "big")
        assert json.loads(lockstep_child.receive(ours, size))["lane"] == "sync"
    thread.join()
