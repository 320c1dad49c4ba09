"""Is a session held to its capabilities before its first line, and never free where that cannot be done?"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from holdfast.capabilities import CannotEnforce, CapabilityViolation, enforce
from holdfast.errors import UsageError
from holdfast.session import AsyncExecutor, Session
from holdfast.session import process_engine as engine_module
from tests.contract.session_kit import patient


@functools.cache
def why_not() -> str:
    """Say what this machine lacks to confine anything, "" where it lacks nothing."""
    try:
        enforce(int)
    except CannotEnforce as error:
        return str(error)
    return ""


needs_enforcement = pytest.mark.skipif(bool(why_not()), reason=f"cannot confine: {why_not()}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place")
    (folder / "open.txt").write_text("open")
    (folder / "shut.txt").write_text("shut")
    return folder


@pytest.fixture(scope="module")
def confined(place: Path) -> Iterator[Session]:
    allowed = [f"read:{place}/open.txt"]
    with patient(), Session(capabilities=allowed, memory_bytes=500_000_000) as session:
        yield session


@needs_enforcement
def test_what_is_granted_works_and_so_does_plain_python(confined: Session, place: Path) -> None:
    assert confined.execute(f"open({str(place / 'open.txt')!r}).read()").value == "open"
    assert (
        confined.execute("import json, asyncio\nawait asyncio.sleep(0, json.dumps([1]))").value
        == "[1]"
    )
    assert confined.execute("while True: pass", timeout_s=0.2).names_kept
    assert confined.execute("print('written')").stdout == "written\n"


@needs_enforcement
@pytest.mark.parametrize(
    ("code", "capability"),
    [
        ("open({shut!r})", "read:{shut}"),
        ("open({shut!r}, 'w')", "write:{shut}"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))", "net:127.0.0.1:9"),
        ("import subprocess\nsubprocess.run(['true'])", "run:true"),
        ("import os\nos.fork()", "sys:fork"),
        ("import ctypes\nctypes.CDLL(None)", "ffi:self"),
    ],
)
def test_what_is_not_granted_is_stopped_and_the_session_goes_on(
    confined: Session, place: Path, code: str, capability: str
) -> None:
    names = {"shut": str(place / "shut.txt")}
    turn = confined.execute(code.format(**names))
    assert turn.status == "error"
    assert turn.error is not None
    assert turn.error.type.endswith("CapabilityViolation")
    assert f"{capability.format(**names)} was stopped" in turn.error.message
    assert "holdfast/capabilities" not in turn.error.traceback
    assert confined.execute("1").value == 1
    assert (place / "shut.txt").read_text() == "shut"


@needs_enforcement
def test_a_call_raises_the_violation_with_its_capability(confined: Session, place: Path) -> None:
    confined.execute(f"def peek():\n    return open({str(place / 'shut.txt')!r}).read()")
    with pytest.raises(CapabilityViolation) as caught:
        confined.call("peek")
    assert caught.value.capability == f"read:{place / 'shut.txt'}"
    assert confined.callback("peek", default="nothing")() == "nothing"


@needs_enforcement
def test_a_fresh_interpreter_is_confined_like_the_first() -> None:
    with Session(capabilities=["sys"]) as session:
        assert session.execute("import os\nos._exit(3)").status == "crash"
        turn = session.execute("open('/etc/hostname')")
        assert "was stopped" in str(turn.error)


@needs_enforcement
def test_an_executor_confines_code_and_callables(place: Path) -> None:
    path = str(place / "shut.txt")

    async def main() -> list[Any]:
        async with AsyncExecutor(workers=1, capabilities=[]) as executor:
            return [
                await executor.execute("6 * 7"),
                await executor.execute(f"open({path!r})"),
                await executor.execute(lambda: 42),
                await executor.execute(lambda: Path(path).open()),
            ]

    code, stopped, function, stopped_too = anyio.run(main)
    assert (code.value, function.value) == (42, 42)
    assert "was stopped" in stopped.error
    assert "was stopped" in stopped_too.error


def test_a_capability_that_names_none_is_refused_before_any_code_runs() -> None:
    with pytest.raises(Exception, match="no such capability 'nonsense'"):
        Session(capabilities=["nonsense:/x"]).execute("1")


def test_without_a_component_that_confines_the_code_does_not_run_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = [each for each in engine_module.COMPONENTS if each[:2] != ("capability", "confine")]
    monkeypatch.setattr(engine_module, "COMPONENTS", others)
    with pytest.raises(UsageError, match="capabilities need a component that confines"):
        Session(capabilities=[]).execute("1")
