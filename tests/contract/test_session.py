"""Does every session keep the promises of the protocol: in a process, in this one, awaited?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

import holdfast
from holdfast.errors import UsageError
from holdfast.session import AsyncSession, Opaque, RemoteError, Session, SessionCrash, Turn
from holdfast.session.protocol import AsyncSessionPort, SessionPort
from tests.contract.session_kit import MAKERS, PROCESSES, opened, patient, public_methods

FORGET = (
    "for _ in [each for each in globals() if each[:2] != '__']: del globals()[_]\n_ = None\ndel _"
)


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    with patient():
        yield


@pytest.fixture(params=sorted(MAKERS), scope="module")
def shared(request: pytest.FixtureRequest) -> Iterator[SessionPort]:
    """One session for all tests that leave it as it was."""
    with opened(request.param) as session:
        # The loop of the session opens with its first coroutine, and stays.
        session.execute("import asyncio\nawait asyncio.sleep(0)")
        yield session


@pytest.fixture
def session(shared: SessionPort) -> SessionPort:
    shared.execute(FORGET)
    return shared


def test_names_stay_from_turn_to_turn(session: SessionPort) -> None:
    assert session.execute("import math\nx = 6\ndef double(n):\n    return 2 * n").status == "ok"
    turn = session.execute("double(x) + math.floor(0.5)")
    assert (turn.status, turn.value, turn.names_kept) == ("ok", 12, True)
    assert turn.duration_s >= 0


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("1 + 1", 2),
        ("x = 1", None),
        ("x = 1\nx + 1", 2),
        ("if True:\n    3", None),
        ("", None),
        ("# only a comment", None),
        ("(1, [2, {'a': {3}}], None, True, b'\\xff', 1.5)", (1, [2, {"a": {3}}], None, True, b"\xff", 1.5)),
        ("{(1, 2): 3, 4: '\\ud800'}", {(1, 2): 3, 4: "\ud800"}),
        ("2 ** 80", 2**80),
        ("float('inf')", math.inf),
        ("from collections import namedtuple\nnamedtuple('P', 'a b')(1, 2)", (1, 2)),
    ],
)  # fmt: skip
def test_the_value_of_a_turn_is_that_of_its_last_expression(
    session: SessionPort, code: str, value: Any
) -> None:
    turn = session.execute(code)
    assert (turn.status, turn.value, turn.error) == ("ok", value, None)
    assert type(turn.value) is type(value)


def test_what_is_no_plain_data_is_opaque(session: SessionPort) -> None:
    session.execute("class Thing:\n    def __repr__(self):\n        return '<thing>'")
    (value,) = session.execute("[Thing()]").value
    assert isinstance(value, Opaque)
    assert value.repr == repr(value) == "<thing>"
    assert value.type.endswith("Thing")


@pytest.mark.parametrize(
    "code", ["def f():", "x = (1,", "'''text", "if x:\n    y = 1\nelse:", "@decorator", "x = \\"]
)
def test_the_beginning_of_a_statement_is_incomplete_and_nothing_runs(
    session: SessionPort, code: str
) -> None:
    turn = session.execute(f"print('ran')\n{code}")
    assert (turn.status, turn.value, turn.error, turn.stdout) == ("incomplete", None, None, "")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("x =", "SyntaxError"),
        ("  x = 1", "IndentationError"),
        ("x = '\0'", "SyntaxError"),
        ("'\ud800'", "UnicodeEncodeError"),
        ("(" * 5000, "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import absent_module", "ModuleNotFoundError"),
        ("input()", "EOFError"),
        ("import sys\nsys.stdin.buffer.read(1)[0]", None),
        ("await nothing", "NameError"),
    ],
)
def test_what_the_code_raises_is_in_the_turn_and_never_raised(
    session: SessionPort, code: str, name: str | None
) -> None:
    session.execute("kept = 1")
    turn = session.execute(code)
    assert turn.status == "error"
    assert turn.error is not None
    if name is not None:
        assert turn.error.type == name
        assert name in turn.error
        assert turn.error.traceback.rstrip().splitlines()[-1].startswith(name)
    assert session.execute("kept").value == 1


def test_a_traceback_shows_the_lines_of_the_code_and_none_of_holdfast(session: SessionPort) -> None:
    session.execute("def half(n):\n    return n / 0  # here")
    error = session.execute("half(1)").error
    assert error is not None
    assert "return n / 0  # here" in error.traceback
    assert "holdfast" not in error.traceback


@pytest.mark.parametrize("method", ["__str__", "__repr__"])
@pytest.mark.parametrize("raises", ["1 / 0", "raise SystemExit"])
def test_an_exception_that_cannot_be_shown_is_shown_by_its_type(
    session: SessionPort, method: str, raises: str
) -> None:
    code = f"class Odd(Exception):\n    def {method}(self):\n        {raises}\nraise Odd(3)"
    error = session.execute(code).error
    assert error is not None
    assert error.type.endswith("Odd")
    if method == "__str__":
        assert "__str__ raised" in error.message


def test_output_belongs_to_its_turn(session: SessionPort) -> None:
    code = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.stdout.write('\\ud800')"
    turn = session.execute(code)
    assert turn.stdout.startswith("out\n")
    assert turn.stderr == "err\n"
    assert session.execute("None").stdout == ""
    failed = session.execute("print('before')\n1 / 0")
    assert failed.stdout == "before\n"


@pytest.mark.parametrize(
    "code", ["sys.stdout.close()", "sys.stdout = None", "del sys.stdout", "sys.stdout = sys.stderr = 3"]
)  # fmt: skip
def test_output_works_again_after_code_that_takes_it_away(session: SessionPort, code: str) -> None:
    assert session.execute(f"import sys\n{code}").status == "ok"
    assert session.execute("print('again')").stdout == "again\n"


def test_top_level_await_is_awaited(session: SessionPort) -> None:
    session.execute("import asyncio\nasync def later(n):\n    await asyncio.sleep(0)\n    return n")
    assert session.execute("await later(3)").value == 3
    assert session.execute("[await later(n) for n in range(3)]").value == [0, 1, 2]
    assert session.execute("async with asyncio.timeout(5):\n    y = await later(4)\ny").value == 4
    assert session.call("later", 5) == 5


def test_builtins_that_are_changed_are_put_back_and_named(session: SessionPort) -> None:
    turn = session.execute("import builtins\nbuiltins.len = None\ndel builtins.print\nlen")
    assert turn.status == "ok"
    assert turn.notes == ("builtins were changed and put back: len, print",)
    turn = session.execute("len('abc')")
    assert (turn.value, turn.notes) == (3, ())
    assert session.execute("import builtins\nvars(builtins).clear()").status == "ok"
    session.execute("__builtins__ = {}")
    assert session.execute("sum([1, 2])").value == 3


def test_a_function_of_the_session_is_called_with_plain_data(session: SessionPort) -> None:
    session.execute(
        "def join(*parts, sep='-', **more):\n    return sep.join(map(str, parts)), more"
    )
    assert session.call("join", 1, (2,), sep="+", other={"a": {1}}) == ("1+(2,)", {"other": {"a": {1}}})  # fmt: skip
    assert session.call("len", [1, 2]) == 2
    session.execute(
        "class Shop:\n    class till:\n        @staticmethod\n        def sum(a, b):\n            return a + b"
    )
    assert session.call("Shop.till.sum", 1, b=2) == 3
    assert session.history[-1].code == "Shop.till.sum(1, b=2)"


def test_a_call_raises_what_the_function_raised(session: SessionPort) -> None:
    session.execute(
        "class OrderError(ValueError):\n"
        "    def __init__(self, code, text):\n"
        "        super().__init__(code, text)\n"
        "        self.code = code\n"
        "def fail(kind):\n"
        "    if kind == 'own':\n"
        "        raise OrderError(7, 'too late')\n"
        "    if kind == 'os':\n"
        "        open('/absent/file')\n"
        "    {}['key']\n"
    )
    with pytest.raises(KeyError, match="key") as caught:
        session.call("fail", "key")
    assert caught.value.args == ("key",)
    assert any("{}['key']" in note for note in caught.value.__notes__)
    with pytest.raises(FileNotFoundError) as missing:
        session.call("fail", "os")
    assert (missing.value.errno, missing.value.filename) == (2, "/absent/file")
    with pytest.raises(ValueError, match="too late") as own:
        session.call("fail", "own")
    assert type(own.value).__name__ == "OrderError"
    assert vars(own.value)["code"] == 7


@pytest.mark.parametrize(
    ("name", "error"),
    [("absent", NameError), ("x", TypeError), ("str.absent", AttributeError), ("no such", NameError)],
)  # fmt: skip
def test_a_name_that_is_no_function_is_the_error_that_python_raises(
    session: SessionPort, name: str, error: type[Exception]
) -> None:
    session.execute("x = 1")
    with pytest.raises(error):
        session.call(name)


def test_an_exit_inside_a_function_does_not_end_the_caller(session: SessionPort) -> None:
    session.execute("import sys")
    with pytest.raises(RemoteError, match="3") as caught:
        session.call("sys.exit", 3)
    assert type(caught.value).__name__ == "SystemExit"
    assert isinstance(caught.value, Exception)


def test_arguments_that_are_no_plain_data_are_refused(session: SessionPort) -> None:
    with pytest.raises(UsageError, match="argument of 'str' must be plain data, got object"):
        session.call("str", object())
    with pytest.raises(UsageError, match="must be plain data"):
        session.assign(x=object())
    session.execute("thing = object()")
    with pytest.raises(UsageError, match="must be plain data, got the Opaque of an object of type"):
        session.call("str", session.namespace["thing"])
    session.execute("del thing")


def test_the_namespace_goes_in_and_out(session: SessionPort) -> None:
    session.assign({"a": (1, 2)}, b={"c": {3}})
    session.execute("d = a + (3,)\ndef f(): pass\n__hidden = 1")
    names = session.namespace
    assert (names.pop("a"), names.pop("b"), names.pop("d")) == ((1, 2), {"c": {3}}, (1, 2, 3))
    assert isinstance(names.pop("f"), Opaque)
    assert names == {}
    for name in ("not a name", "class", "1x"):
        with pytest.raises(UsageError, match="must be a Python identifier"):
            session.assign({name: 1})


def test_a_callback_calls_the_function_with_its_handler_or_default(session: SessionPort) -> None:
    session.execute("def half(n):\n    return 10 / n")
    assert session.callback("half")(4) == 2.5
    with pytest.raises(ZeroDivisionError):
        session.callback("half")(0)
    seen: list[Exception] = []

    def handle(error: Exception) -> str:
        seen.append(error)
        return "handled"

    assert session.callback("half", error_handler=handle, default=3)(0) == "handled"
    assert isinstance(seen[0], ZeroDivisionError)
    assert session.callback("half", default=None)(0) is None
    assert session.callback("absent", default=1)() == 1


def test_the_history_keeps_every_turn_but_no_look_at_names(session: SessionPort) -> None:
    before = len(session.history)
    session.execute("x = 1")
    session.execute("1 / 0")
    session.assign(y=2)
    assert session.namespace["y"] == 2
    session.call("abs", -1)
    session.history.clear()
    shown = [(turn.code, turn.status) for turn in session.history[before:]]
    assert shown == [("x = 1", "ok"), ("1 / 0", "error"), ("abs(-1)", "ok")]


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_reset_begins_anew(name: str) -> None:
    with opened(name) as session:
        session.execute("x = 1")
        session.reset()
        assert session.history == []
        assert session.execute("x").status == "error"


def test_code_that_passes_its_limit_is_interrupted_and_the_names_are_kept(
    session: SessionPort,
) -> None:
    session.execute("x = 1")
    for code in ("while True: x += 1", "import time\ntime.sleep(60)", "import asyncio\nawait asyncio.sleep(60)"):  # fmt: skip
        turn = session.execute(code, timeout_s=0.2)
        assert turn.status == "timeout"
        assert turn.error is not None
        assert turn.error.message == "the code must end within 200 ms; it was interrupted"
        assert turn.names_kept
    assert session.execute("x > 1").value is True


def test_a_slow_str_or_repr_is_stopped_at_the_limit_too(session: SessionPort) -> None:
    loops = "    def {}(self):\n        while True: pass\n"
    session.execute("class Slow(Exception):\n" + loops.format("__str__") + loops.format("__repr__"))
    assert session.execute("Slow()", timeout_s=0.2).status == "timeout"
    assert session.execute("raise Slow", timeout_s=0.2).status == "timeout"
    assert session.execute("1").value == 1


@pytest.mark.parametrize("timeout_s", [0, -1, math.inf, math.nan, "1", True])
def test_a_limit_must_be_seconds_above_zero(session: SessionPort, timeout_s: Any) -> None:
    with pytest.raises(UsageError, match="timeout_s must be a number of seconds above 0"):
        session.execute("1", timeout_s=timeout_s)


def test_code_must_be_a_text(session: SessionPort) -> None:
    code: Any = b"1"
    with pytest.raises(UsageError, match="code must be a text, got bytes"):
        session.execute(code)


def test_future_statements_and_dataclasses_work_as_at_a_prompt(session: SessionPort) -> None:
    session.execute("from __future__ import annotations")
    session.execute("import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: Absent = 1")
    assert session.execute("P().x, P.__annotations__['x']").value == (1, "Absent")


def test_a_child_that_the_code_forks_and_that_returns_does_not_answer(session: SessionPort) -> None:
    if "session" in session.execute("__name__").value:
        pytest.skip("a fork of this process would go on with its tests")
    code = "import os\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\npid > 0"
    assert session.execute(code).value is True
    assert session.execute("1 + 1").value == 2


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_closed_session_refuses_and_says_so(name: str) -> None:
    with opened(name) as session:
        session.close()
        session.close()
        with pytest.raises(UsageError, match="the session is closed"):
            session.execute("1")


@pytest.mark.parametrize("name", PROCESSES)
def test_a_crash_is_told_and_the_next_turn_runs_in_a_fresh_interpreter(name: str) -> None:
    with opened(name) as session:
        session.execute("x = 1\ndef die():\n    import os\n    os._exit(3)")
        turn = session.execute("print('last words', flush=True)\ndie()")
        assert (turn.status, turn.names_kept, turn.stdout) == ("crash", False, "last words\n")
        assert turn.error is not None
        assert turn.error.message == "the interpreter ended before it answered: exit 3"
        after = session.execute("1 + 1")
        assert (after.status, after.value) == ("ok", 2)
        assert session.execute("x").error is not None
        assert [turn.status for turn in session.history] == ["ok", "crash", "ok", "error"]
        pid = session.execute("import os\nos.getpid()").value
        with pytest.raises(SessionCrash, match="SIGKILL"):
            session.call("os.kill", pid, 9)


def test_the_names_of_the_package_are_reached_through_holdfast() -> None:
    assert holdfast.session.Session is Session
    assert set(dir(holdfast.session)) >= {"Session", "AsyncSession", "AsyncExecutor", "Turn"}
    with pytest.raises(AttributeError, match=r"'holdfast.session' has no attribute 'Sesion'"):
        holdfast.session.Sesion  # noqa: B018
    assert Turn(status="ok").names_kept


@pytest.mark.parametrize(
    ("kind", "port"), [(Session, SessionPort), (AsyncSession, AsyncSessionPort)]
)
def test_a_session_has_the_methods_of_its_protocol_with_the_same_parameters(
    kind: type, port: type
) -> None:
    assert public_methods(kind) == public_methods(port)
