"""What stands in for a session, and runs no code?"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from holdfast.clock import sleep_blocking
from holdfast.doubles.call_log import CallLog
from holdfast.doubles.play import Played, check_limit, failure_of, play, read_options
from holdfast.doubles.records import MockExecutionRecord, MockFunctionCall
from holdfast.doubles.script import Answer, Script, Unscripted
from holdfast.doubles.standing import assume, standing_of
from holdfast.errors import UsageError
from holdfast.model.turn import Turn
from holdfast.registry import load_place

__all__ = ["MockREPLSession"]

_NO_DEFAULT: Any = object()


class MockREPLSession:
    """A `Session` that answers what `script` and `function` say, and raises for everything else.

    A call is scripted by its text as well: `script("double(5)", 10)` answers
    `execute("double(5)")` and `call("double", 5)`. `python_namespace` holds the names.

    >>> session = MockREPLSession()
    >>> session.function("double", lambda n: 2 * n)
    >>> session.call("double", 5), session.execute("double(21)").value
    (10, 42)
    """

    def __init__(
        self,
        *,
        capabilities: Sequence[str] | None = None,
        timeout_s: float | None = 30.0,
        memory_bytes: int | None = None,
        cpu_s: float | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        in_process: bool = False,
        seed: int = 0,
        sleep: Callable[[float], Any] = sleep_blocking,
    ) -> None:
        self._timeout_s = read_options(capabilities, memory_bytes, cpu_s, timeout_s)
        self._capabilities = capabilities
        self._options = {"cwd": cwd, "env": env, "in_process": in_process}
        self._sleep = sleep
        self._script = Script(seed=seed)
        self._standing = standing_of("MockREPLSession")
        self._turns: CallLog[MockExecutionRecord] = CallLog()
        self._calls: CallLog[MockFunctionCall] = CallLog()
        self.script = self._script.on
        self._forget()

    def function(self, name: str, function: Callable[..., Any]) -> None:
        """Let a function answer every call of a name, also one in code with literal arguments."""
        if not name.replace(".", "_").isidentifier():
            raise UsageError(f"a function's name must be a Python identifier, got {name!r}")
        self._functions[name] = function

    def execute(self, code: str, timeout_s: float | None = None) -> Turn:
        """Answer what is scripted; see `Session.execute`.

        Raises:
            Unscripted: nothing is scripted for it.
            UsageError: the session is closed, or an argument cannot mean anything.
        """
        if not isinstance(code, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"code must be a text, got {type(code).__name__}")
        limit = self._timeout_s if timeout_s is None else check_limit(timeout_s)
        call = None if self._script.has(code) else self._read_call(code)
        return self._take(code, call, limit)[1]

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Answer a call, scripted by its text or by `function`; see `Session.call`."""
        if not name.isprintable():
            raise UsageError(f"a function's name must be a Python identifier, got {name!r}")
        self._check_plain([list(args), kwargs], f"an argument of {name!r}")
        shown = [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
        code = f"{name}({', '.join(shown)})"
        scripted = self._script.has(code)
        function = None if scripted else self._functions.get(name)
        compute = None if function is None else lambda: function(*args, **kwargs)
        try:
            value = _value(self._take(code, compute, self._timeout_s)[0])
        except Exception as error:
            self._keep_call(name, args, kwargs, exception=error)
            raise
        self._keep_call(name, args, kwargs, result=value)
        return value

    def callback(
        self,
        name: str,
        *,
        error_handler: Callable[[Exception], Any] | None = None,
        default: Any = _NO_DEFAULT,
    ) -> Callable[..., Any]:
        """Return a callable that calls the scripted function `name`."""
        given = {} if default is _NO_DEFAULT else {"default": default}
        make = load_place("holdfast.session.callback:Callback")
        return make(self.call, name, error_handler=error_handler, **given)

    @property
    def namespace(self) -> dict[str, Any]:
        """A copy of the names; see `python_namespace` for the names themselves."""
        self._check_open()
        return dict(self.python_namespace)

    def assign(self, names: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Put plain data into the namespace."""
        self._check_open()
        given = {**(names or {}), **more}
        for name in given:
            if not name.isidentifier() or keyword.iskeyword(name):
                raise UsageError(f"a name must be a Python identifier, got {name!r}")
        self._check_plain(given, "a value")
        self.python_namespace.update(given)

    @property
    def history(self) -> list[Turn]:
        """The last 1,000 turns."""
        return [each.result for each in self._turns if each.result is not None]

    @property
    def function_calls(self) -> list[MockFunctionCall]:
        """The last 1,000 calls by `call` and callbacks."""
        return list(self._calls)

    def get_execution_count(self, code: str | None = None) -> int:
        """Return how many turns there were, of one code or of all; a call is a turn."""
        return self._turns.total if code is None else self._turns.count_of(code)

    def get_last_execution(self) -> MockExecutionRecord | None:
        """Return the latest turn."""
        return self._turns.last

    def reset(self) -> None:
        """Forget names, history, scripts, functions, calls and `should_fail`."""
        self._check_open()
        self._forget()

    def close(self) -> None:
        """Refuse what is asked from now on."""
        self._is_closed = True

    cleanup = close

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _forget(self) -> None:
        self._script.clear()
        self._turns.clear()
        self._calls.clear()
        self._functions: dict[str, Callable[..., Any]] = {}
        self._is_closed = False
        self.python_namespace: dict[str, Any] = {}
        self.should_fail: bool | BaseException = False

    def _take(
        self, code: str, function: Callable[[], Any] | None, limit_s: float | None
    ) -> tuple[Played, Turn]:
        """Take one turn, and keep it; what nothing scripts is kept as the exception."""
        self._check_open()
        assume(self._standing)
        try:
            answer, compute = self._find(code, function)
        except Unscripted as error:
            self._turns.add(
                code, MockExecutionRecord(n=self._turns.total + 1, code=code, exception=error)
            )
            raise
        played = play(
            answer, compute, timeout_s=limit_s, capabilities=self._capabilities, kills=False
        )
        if played.wait_s:
            self._sleep(played.wait_s)
        if not played.names_kept:
            self.python_namespace.clear()
        elif played.status in {"ok", "error"}:
            self.python_namespace.update(answer.names)
        turn = Turn(
            status=played.status,
            value=played.value,
            stdout=answer.stdout,
            stderr=answer.stderr,
            error=played.error,
            duration_s=played.wait_s,
            code=code,
            names_kept=played.names_kept,
        )
        self._turns.add(
            code,
            MockExecutionRecord(n=self._turns.total + 1, code=code, timeout_s=limit_s, result=turn),
        )
        return played, turn

    def _find(
        self, code: str, function: Callable[[], Any] | None
    ) -> tuple[Answer, Callable[[], Any] | None]:
        if self.should_fail:
            return Answer(error=failure_of(self.should_fail)), None
        if function is not None:
            return Answer(), function
        return self._script.find(code, tuple(self._functions))

    def _read_call(self, code: str) -> Callable[[], Any] | None:
        """Return the call that code makes of a scripted function with literal arguments."""
        try:
            node = ast.parse(code.strip(), mode="eval").body
            if not isinstance(node, ast.Call):
                return None
            function = self._functions.get(ast.unparse(node.func))
            if function is None or any(each.arg is None for each in node.keywords):
                return None
            args = [ast.literal_eval(each) for each in node.args]
            kwargs = {str(each.arg): ast.literal_eval(each.value) for each in node.keywords}
        except (SyntaxError, ValueError):
            return None  # nothing that a function answers: the script decides
        return lambda: function(*args, **kwargs)

    def _keep_call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        call = MockFunctionCall(
            name=name, args=args, kwargs=kwargs, result=result, exception=exception
        )
        self._calls.add(name, call)

    def _check_open(self) -> None:
        if self._is_closed:
            raise UsageError("the session is closed", hint="open another one")

    def _check_plain(self, value: Any, what: str) -> None:
        try:
            load_place("holdfast.session.values:encode_plain")(value)
        except TypeError as error:
            raise UsageError(
                f"{what} {str(error).removeprefix('a value ')}",
                hint="make the value inside the session, with `execute`",
            ) from error


def _value(played: Played) -> Any:
    """Return the value of a call, or raise what ended it."""
    if played.status == "ok":
        return played.value
    if isinstance(played.raised, Exception):
        raise played.raised
    if played.error is not None and played.status == "timeout":
        raise TimeoutError(played.error.message)
    message = str(played.error) if played.error is not None else "the session gave no answer"
    raise load_place("holdfast.session.failure:SessionCrash")(message)
