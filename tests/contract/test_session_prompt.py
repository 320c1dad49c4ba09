"""Does any program with a prompt make a session, here Python's own and a shell's?"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.errors import HoldfastError, UsageError
from holdfast.session import PromptSession
from holdfast.session import prompt_engine as engine_module
from holdfast.session.prompt_engine import Dialect, PromptEngine
from holdfast.session.waiting import drive
from holdfast.session.wire import Read
from tests.contract.session_kit import is_alive, patient

pytest.importorskip("pexpect", reason="the extra `repl` is not installed")
PYTHON = [sys.executable, "-q"]


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    with patient():
        yield


@pytest.fixture(scope="module")
def python() -> Iterator[PromptSession]:
    with PromptSession(PYTHON, error=r"^\w*(Error|Exit).*") as session:
        yield session


@pytest.fixture(scope="module")
def shell() -> Iterator[PromptSession]:
    with PromptSession("sh", prompt="$ ", continuation="> ", env={"PS1": "$ "}) as session:
        yield session


@pytest.mark.parametrize(
    ("code", "status", "stdout"),
    [
        ("x = 6", "ok", ""),
        ("6 * 7", "ok", "42\n"),
        ("for n in range(2):\n    print(n)", "ok", "0\n1\n"),
        ("for n in range(2): print(n)\n", "ok", "0\n1\n"),
        ("def f():", "incomplete", ""),
        ("print('no end', end='')", "ok", "no end"),
        ("'>>> '", "ok", "'>>> '\n"),
        ("(1,\n2)", "ok", "(1, 2)\n"),
        ("print('a\\nb')", "ok", "a\nb\n"),
    ],
)
def test_a_turn_is_what_is_shown_until_the_next_prompt(
    python: PromptSession, code: str, status: str, stdout: str
) -> None:
    turn = python.execute(code)
    assert (turn.status, turn.stdout, turn.value, turn.names_kept) == (status, stdout, None, True)


def test_a_pattern_tells_an_error(python: PromptSession) -> None:
    turn = python.execute("1 / 0")
    assert turn.status == "error"
    assert turn.error is not None
    assert turn.error.message == "ZeroDivisionError: division by zero"
    assert turn.error.traceback.startswith("Traceback")
    assert python.execute("1").error is None


def test_what_passes_its_limit_is_interrupted_and_the_names_are_kept(python: PromptSession) -> None:
    python.execute("x = 5")
    turn = python.execute("while True: pass\n", timeout_s=0.3)
    assert (turn.status, turn.names_kept) == ("timeout", True)
    assert python.execute("x").stdout == "5\n"
    flood = python.execute("while True: print('y' * 70)\n", timeout_s=0.3)
    assert flood.status == "timeout"
    assert python.execute("x").stdout == "5\n"


def test_a_shell_remembers_too(shell: PromptSession) -> None:
    shell.execute("n=20")
    assert shell.execute("echo $((n + 1))").stdout == "21\n"
    assert shell.execute("for i in 1 2; do\necho $i\ndone").stdout == "1\n2\n"
    assert shell.execute("echo 'open").status == "incomplete"
    assert shell.execute("printf '\\377'").stdout == "\ufffd"
    assert [turn.code for turn in shell.history][:1] == ["n=20"]


def test_a_program_that_ends_is_a_crash_and_is_started_again() -> None:
    with PromptSession("sh", prompt="$ ", env={"PS1": "$ "}) as session:
        turn = session.execute("n=1; exit 3")
        assert (turn.status, turn.names_kept) == ("crash", False)
        assert turn.error is not None
        assert turn.error.message == "'sh' ended before it showed its prompt again"
        assert session.execute("echo [$n]").stdout == "[]\n"
        session.reset()
        assert session.history == []


def test_a_program_that_does_not_heed_the_interrupt_is_killed_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_module, "GRACE_S", 0.2)
    with PromptSession("sh", prompt="$ ", env={"PS1": "$ "}) as session:
        pid = int(session.execute("setsid sleep 600 & echo $!").stdout.split()[-1])
        turn = session.execute("trap '' INT; while :; do sleep 0.1; done", timeout_s=0.3)
        assert (turn.status, turn.names_kept) == ("timeout", False)
        assert turn.error is not None
        assert "killed" in turn.error.message
        assert not is_alive(pid)
        assert session.execute("echo 1").stdout == "1\n"


@pytest.mark.parametrize(
    ("command", "options", "error", "message"),
    [
        ("absent-program", {}, UsageError, "'absent-program' must be a program that can be started"),
        ("true", {}, HoldfastError, "'true' must show its prompt '>>> ', got ''"),
        ("", {}, UsageError, "must have a command and a prompt"),
        ("sh", {"prompt": ""}, UsageError, "must have a command and a prompt"),
        ("sh", {"error": "("}, UsageError, r"error must be a pattern, got '\('"),
    ],
)  # fmt: skip
def test_what_makes_no_session_is_refused(
    command: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message), PromptSession(command, **options):
        pass


def test_a_prompt_that_does_not_come_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "START_LIMIT_S", 0.3)
    with pytest.raises(HoldfastError, match="must show its prompt 'never '"):
        PromptSession("sh", prompt="never ").execute("1")


def test_without_pexpect_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(UsageError, match="needs pexpect") as caught:
        PromptSession("sh").execute("1")
    assert caught.value.hint == "pip install 'holdfast[repl]'"


def test_another_program_has_no_names_to_hand_over() -> None:
    engine = PromptEngine(["sh"], Dialect(prompt="$ "))
    with pytest.raises(UsageError, match="must be asked in its own language"):
        drive(engine.ask(Read(), 1.0), engine.halt)
    assert drive(engine.halt(), engine.halt)
