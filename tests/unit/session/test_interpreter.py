"""Does an interpreter answer every request, and put back what the code took?"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from typing import Any

import cloudpickle
import pytest

from holdfast.session import interpreter as interpreter_module
from holdfast.session.interpreter import Interpreter
from holdfast.session.values import decode_value, encode_plain, encode_value
from holdfast.session.wire import Apply, Call, Done, Read, Run, Setup, Write


@pytest.fixture
def interpreter() -> Iterator[Interpreter]:
    made = Interpreter("__test_session__")
    yield made
    made.close()
    assert "__test_session__" not in sys.modules


def run(interpreter: Interpreter, code: str, **options: Any) -> Done:
    return interpreter.answer(Run(encode_plain(code), **options))


def test_a_fresh_run_begins_without_names(interpreter: Interpreter) -> None:
    run(interpreter, "x = 1")
    assert run(interpreter, "x", fresh=True).status == "error"
    assert decode_value(run(interpreter, "result = 5", fresh=True).value) == 5
    assert decode_value(run(interpreter, "result = 6").value) is None


def test_a_single_run_shows_every_expression(
    interpreter: Interpreter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(interpreter, "for i in range(2): i\n'a'\nNone", mode="single").status == "ok"
    assert capsys.readouterr().out == "0\n1\n'a'\n"


def test_a_function_that_was_sent_along_is_called(interpreter: Interpreter) -> None:
    done = interpreter.answer(Apply(cloudpickle.dumps(lambda: 7)))
    assert decode_value(done.value) == 7
    assert interpreter.answer(Apply(b"no pickle")).status == "error"


def test_names_are_written_and_read(interpreter: Interpreter) -> None:
    interpreter.answer(Write(encode_plain({"a": (1,), "__b": 2})))
    assert decode_value(interpreter.answer(Read()).value) == {"a": (1,)}
    done = interpreter.answer(Call("a.count", encode_plain([[1], {}])))
    assert decode_value(done.value) == 1


def test_a_request_that_is_none_is_an_error(interpreter: Interpreter) -> None:
    done = interpreter.answer(Setup())
    assert done.error is not None
    assert "cannot be asked" in done.error.message


def test_an_interrupt_is_the_limit_that_was_passed_or_the_codes_own() -> None:
    passed = ""
    made = Interpreter("__test_limit__", stopped=lambda: passed)
    assert run(made, "raise KeyboardInterrupt").error.type == "KeyboardInterrupt"  # type: ignore[union-attr]
    passed = "the limit"
    done = run(made, "raise KeyboardInterrupt")
    assert (done.status, str(done.error)) == ("timeout", "TimeoutError: the limit")
    code = "class Slow(Exception):\n    def __str__(self): raise KeyboardInterrupt\nraise Slow"
    assert run(made, code).status == "timeout"
    made.close()


def test_sources_are_kept_for_tracebacks_and_not_for_ever(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter_module, "MOST_SOURCES", 2)
    for n in range(4):
        run(interpreter, f"x = {n}")
    kept = [name for name in linecache.cache if "test_session" in name]
    assert kept == ["<turn 3 of test_session>", "<turn 4 of test_session>"]
    interpreter.close()
    assert not [name for name in linecache.cache if "test_session" in name]


def test_code_that_leaves_no_memory_spends_the_interpreter(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not run(interpreter, "raise MemoryError").spent
    monkeypatch.setattr(interpreter_module, "ROOM_BYTES", sys.maxsize)
    done = run(interpreter, "raise MemoryError")
    assert done.spent
    assert done.notes == ("the code left no memory to go on with",)


def test_a_coroutine_that_is_interrupted_is_cancelled(interpreter: Interpreter) -> None:
    code = "import asyncio\nseen = []\nasync def f():\n    try:\n        await asyncio.sleep(60)\n    finally:\n        seen.append(1)\nasync def g():\n    asyncio.get_running_loop().call_soon(stop)\n    await f()\ndef stop(): raise KeyboardInterrupt\nawait g()"
    assert run(interpreter, code).status == "error"
    assert decode_value(run(interpreter, "seen").value) == [1]


def test_a_builtin_is_called_by_name(interpreter: Interpreter) -> None:
    done = interpreter.answer(Call("len", encode_value([["ab"], {}])))
    assert decode_value(done.value) == 2
