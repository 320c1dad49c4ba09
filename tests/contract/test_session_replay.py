"""Does a case that is a conversation tell what differs, where, and how it ended?"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import HoldfastError, ProblemsError
from holdfast.model.case import Case, Target
from holdfast.model.evidence import Evidence
from holdfast.process.child import spawn_child
from holdfast.process.reaper_client import Reaper
from holdfast.session.replay import Job, Outcome, Step, replay
from tests.contract.target_kit import REGISTRY, context

GOOD = """\
Talk.

>>> x = 2
>>> x * 3
6
>>> for i in range(2):
...     print(i)
0
1
>>> object()
<object object at 0x...>
>>> def half(n):
...     return 10 / n

>>> half(0)
Traceback (most recent call last):
    ...
ZeroDivisionError: division by zero
>>> {}["pear"]  # doctest: +IGNORE_EXCEPTION_DETAIL
Traceback (most recent call last):
KeyError: another text
>>> print("a\\n\\nb")
a
<BLANKLINE>
b
>>> [1,   2]  # doctest: +NORMALIZE_WHITESPACE
[1,
 2]
>>> 1 / 0  # doctest: +SKIP
>>> import asyncio
>>> await asyncio.sleep(0, 3)
3
"""


def call(spec: dict[str, Any], base: Path, **changes: Any) -> Evidence:
    """Call the target as a run does, under a reaper."""
    case = Case(suite="s", id="c", target=Target(kind="session", spec=spec), base=str(base))

    async def main() -> Evidence:
        reaper = Reaper(f"test-session-{os.getpid()}")
        try:
            parts = {"timeout_s": 60.0, "spawn": partial(spawn_child, reaper), **changes}
            ctx = context(case=case, **parts)
            return await REGISTRY.load("target", "session").call(spec, ctx)
        finally:
            reaper.close()

    return asyncio.run(main())


def run(text: str, folder: Path, **fields: Any) -> Outcome:
    path = folder / "talk.txt"
    path.write_text(text, encoding="utf-8")
    return replay(Job(transcript=str(path), name="talk.txt", **fields))


def test_a_transcript_that_holds_says_how_many_examples_did(tmp_path: Path) -> None:
    (tmp_path / "talk.txt").write_text(GOOD, encoding="utf-8")
    evidence = call({"transcript": "talk.txt"}, tmp_path)
    assert evidence.error is None
    assert evidence.value == {"examples": 11, "mismatches": []}
    assert evidence.stdout is not None
    assert evidence.stdout.text.startswith("6\n0\n1\n<object")
    assert evidence.call_s


def test_each_mismatch_names_line_expected_and_got(tmp_path: Path) -> None:
    text = GOOD.replace("\n6\n", "\n7\n").replace("division by zero", "oh")
    (tmp_path / "talk.txt").write_text(text, encoding="utf-8")
    evidence = call({"transcript": "talk.txt"}, tmp_path)
    assert evidence.error is not None
    assert evidence.error.is_assertion
    assert evidence.error.message == (
        "talk.txt:4: 'x * 3' must show '7\\n', got '6\\n'\n"
        "talk.txt:15: 'half(0)' must show 'ZeroDivisionError: oh\\n', "
        "got 'ZeroDivisionError: division by zero\\n'"
    )
    found = evidence.value["mismatches"]
    assert [(each["line"], each["expected"]) for each in found] == [
        (4, "7\n"),
        (15, "ZeroDivisionError: oh\n"),
    ]


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (">>> 1 / 0\n", "'ZeroDivisionError: division by zero\\n'"),
        (">>> print('x')\n", "'x\\n'"),
        (">>> 1\nTraceback (most recent call last):\nValueError: no\n", "'1\\n'"),
        (">>> raise KeyError(1)\nTraceback (most recent call last):\nValueError: 1\n", "'KeyError: 1\\n'"),
        (">>> if True:\n", "'incomplete: incomplete\\n'"),
    ],
)  # fmt: skip
def test_what_was_not_expected_is_a_mismatch(tmp_path: Path, text: str, got: str) -> None:
    outcome = run(text, tmp_path)
    assert outcome.kind == "mismatch"
    assert outcome.message.endswith(f"got {got}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no prompt\n", "talk.txt:1: a transcript must have a line that begins with '>>> '"),
        ("ok\n>>>x\n", "talk.txt:2: lacks blank after >>>"),
        (">>> x  # doctest: +ABSENT\n", "talk.txt:1: "),
    ],
)
def test_a_transcript_that_cannot_be_read_is_a_set_up_error_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    outcome = run(text, tmp_path)
    assert (outcome.kind, outcome.type) == ("setup", ProblemsError.__name__)
    assert message in outcome.message


def test_a_transcript_ends_where_the_interpreter_did(tmp_path: Path) -> None:
    outcome = run(">>> import os\n>>> os._exit(4)\n>>> 1\n1\n", tmp_path)
    assert outcome.kind == "crash"
    assert outcome.message.startswith(
        "talk.txt:2: the interpreter ended before it answered: exit 4"
    )
    outcome = run(">>> while True: pass\n", tmp_path, timeout_s=0.3)
    assert (outcome.kind, outcome.type) == ("timeout", "TimeoutError")


def test_turns_are_compared_with_what_they_name(tmp_path: Path) -> None:
    turns: list[Any] = [
        "x = (6, object)",
        {"code": "print('hi')\nx[0] * 7", "value": 42, "stdout": "hi\n"},
        {"code": "x[9]", "error": "IndexError: tuple index"},
        "x",
    ]
    evidence = call({"turns": turns}, tmp_path)
    assert evidence.error is None
    assert evidence.value == [6, {"$type": "opaque", "type": "type", "repr": "<class 'object'>"}]


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        ({"code": "1", "value": 2}, "turn 1: '1': value must be 2, got 1"),
        ({"code": "print(1)", "stdout": ""}, "turn 1: 'print(1)': stdout must be '', got '1\\n'"),
        ({"code": "1", "error": "KeyError"}, "turn 1: '1': error must hold 'KeyError', got 'no error'"),
        ({"code": "1 / 0", "error": "KeyError"}, "turn 1: '1 / 0': error must hold 'KeyError', got 'ZeroDivisionError: division by zero'"),
    ],
)  # fmt: skip
def test_a_turn_that_differs_is_a_failed_assertion(turn: dict[str, Any], message: str) -> None:
    outcome = replay(Job(turns=(Step(**turn),)))
    assert (outcome.kind, outcome.message) == ("mismatch", message)


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        ("1 / 0", "exception", "ZeroDivisionError"),
        ("import os; os._exit(3)", "crash", "SessionCrash"),
        ("while True: pass", "timeout", "TimeoutError"),
        ("def f():", "exception", "SyntaxError"),
    ],
)
def test_a_turn_that_goes_wrong_ends_the_conversation(code: str, kind: str, name: str) -> None:
    outcome = replay(Job(turns=(Step(code=code), Step(code="1")), timeout_s=0.5))
    assert (outcome.kind, outcome.type) == (kind, name)
    assert outcome.message.startswith("turn 1: ")


def test_another_programs_transcript_is_read_by_its_prompts(tmp_path: Path) -> None:
    shutil.which("sh") or pytest.skip("needs sh")
    text = "$ n=20\n$ echo $((n + 1))\n21\n$ echo a b\na ...\n"
    outcome = run(text, tmp_path, command=("env", "PS1=$ ", "sh"), prompt="$ ", continuation="> ")
    assert (outcome.kind, outcome.message) == ("", "")
    assert outcome.value["examples"] == 3


def test_limits_need_pythons_own_session() -> None:
    outcome = replay(Job(turns=(Step(code="1"),), command=("sh",), memory_bytes=1))
    assert outcome.kind == "setup"
    assert "must have no capabilities and no limits" in outcome.message


def test_a_case_that_passes_its_limit_leaves_no_process(tmp_path: Path) -> None:
    evidence = call({"turns": ["while True: pass"]}, tmp_path, timeout_s=0.5)
    assert evidence.error is not None
    assert (evidence.error.kind, evidence.has_value) == ("timeout", False)


def test_a_process_that_says_nothing_is_a_crash(tmp_path: Path) -> None:
    class Silent:
        def __init__(self) -> None:
            self._real = REGISTRY.load("session", "replay")
            self.pack, self.read = self._real.pack, self._real.read

        def argv(self) -> list[str]:
            return [sys.executable, "-c", "import sys; sys.exit('gone wrong')"]

    def load(kind: str, name: str) -> Any:
        return Silent() if (kind, name) == ("session", "replay") else REGISTRY.load(kind, name)

    evidence = call({"turns": ["1"]}, tmp_path, load=load)
    assert evidence.error is not None
    assert evidence.error.kind == "crash"
    assert "gone wrong" in evidence.error.message


@pytest.mark.parametrize(
    "spec",
    [
        {"transcript": "absent.txt"},
        {"turns": ["1"], "transcript": "t"},
        {"turns": ["1"], "command": "sh", "memory": "1MB"},
        {"turns": ["1"], "cpu": "soon"},
    ],
)
def test_fields_that_cannot_mean_anything_are_a_set_up_error(
    spec: dict[str, Any], tmp_path: Path
) -> None:
    evidence = call(spec, tmp_path)
    assert evidence.error is not None
    assert evidence.error.kind == "setup"


def test_an_interpreter_that_cannot_start_is_a_set_up_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise HoldfastError("an interpreter must start, got exit 1")

    monkeypatch.setattr("holdfast.session.process_engine.Child", fail)
    outcome = replay(Job(turns=(Step(code="1"),)))
    assert (outcome.kind, outcome.message) == ("setup", "an interpreter must start, got exit 1")
