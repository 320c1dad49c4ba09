"""Does the prompt do what is typed, from a script, from a pipe and on a terminal?"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from holdfast.capabilities import CannotEnforce
from holdfast.session import Session
from tests.e2e.project import LIMIT_S, Ended, Project

pexpect: Any = pytest.importorskip("pexpect")


def can_confine() -> bool:
    try:
        with Session(capabilities=[]):
            return True
    except CannotEnforce:
        return False


@pytest.fixture(scope="module")
def confines() -> None:
    if not can_confine():
        pytest.skip("this machine cannot confine")


def script(project: Project, text: str, *words: str, confined: bool = False) -> Ended:
    """Carry a script out."""
    project.write("a.repl", text)
    free = () if confined else ("--unconfined",)
    return project.quick("repl", "a.repl", *free, *words)


def test_a_script_is_carried_out_without_prompts(project: Project) -> None:
    text = "a = 1; b = 2\na + b\ndef double(n):\n\n    return 2 * n\n\ndouble(21)\nprint('said')\n"
    ended = script(project, text)
    assert (ended.code, ended.out, ended.err) == (0, "3\n42\nsaid\n", "")


def test_a_script_ends_at_its_first_failing_line(project: Project) -> None:
    ended = script(project, "1\n\n1 / 0\n2\n")
    assert (ended.code, ended.out) == (1, "1\n")
    assert ended.err.startswith("a.repl:3: ZeroDivisionError: division by zero\n")


def test_a_script_goes_on_where_it_shall(project: Project) -> None:
    ended = script(project, "1 / 0\n.foo\n2\n.exit\n3\n", "--keep-going")
    assert (ended.code, ended.out) == (1, "2\n")
    assert "a.repl:2: no such command '.foo'\nhint: .help lists the commands\n" in ended.err


def test_what_is_incomplete_at_the_end_fails(project: Project) -> None:
    ended = script(project, "f(1,\n")
    assert ended.code == 1
    assert "a.repl:1: SyntaxError" in ended.err


def test_code_that_ends_its_interpreter_is_a_failing_line(project: Project) -> None:
    ended = script(project, "import os; os._exit(0)\n'after'\n", "--keep-going")
    assert (ended.code, ended.out) == (1, "'after'\n")
    assert "the interpreter was replaced" in ended.err


def test_a_line_that_takes_too_long_fails(project: Project) -> None:
    ended = script(project, "while True: pass\n", "--timeout", "300ms")
    assert ended.code == 1
    assert "TimeoutError" in ended.err


def test_a_pipe_is_a_script(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "holdfast", "repl", "--unconfined"],
        input="x = 6\nx * 7\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
        cwd=project.folder,
        env=project.env({}),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "42\n", "")


def test_a_callback_calls_from_outside(project: Project) -> None:
    text = (
        "def double(n):\n    return 2 * n\n.callback double\ndouble_callback(n=4)\n"
        "double_callback(1) + 1\ndouble_callback(object())\ndouble_callback(None)\ndouble_callback(1/0)\n"
    )
    ended = script(project, text, "--keep-going")
    assert ended.code == 1
    assert ended.out.splitlines()[1:] == ["8", "3"]
    assert "an argument of 'double_callback' must be plain data" in ended.err
    assert "TypeError: unsupported operand" in ended.err
    assert "ZeroDivisionError" in ended.err


def test_a_callback_of_nothing_is_refused(project: Project) -> None:
    ended = script(project, ".callback nothing\n")
    assert ended.code == 1
    assert "must have the name of a function of the session, got 'nothing'" in ended.err


def test_a_benchmark_counts_what_fails_and_times_the_rest(project: Project) -> None:
    text = "n = 0\n.benchmark n += 1; 1 / (n % 4) --iterations 8 --warmup 4\nn\n"
    ended = script(project, text, "--keep-going")
    rows = dict(line.split(None, 1) for line in ended.out.splitlines()[:-1])
    assert ended.code == 1
    assert rows["failed"] == "2 (25 % of 8), the first: ZeroDivisionError: division by zero"
    assert set(rows) >= {"mean", "median", "sd", "min", "max", "p95", "CV"}
    assert ended.out.splitlines()[-1] == "12"


def test_a_benchmark_awaits(project: Project) -> None:
    text = "import asyncio\n.benchmark await asyncio.sleep(0) --iterations 3\n"
    ended = script(project, text)
    assert ended.code == 0
    assert "failed      0\n" in ended.out


def test_a_leak_is_told_from_what_is_clean(project: Project) -> None:
    ended = script(project, "kept = []\n.leak x = [1]\n.leak kept.append([1])\n")
    assert ended.code == 1
    assert "blocks   clean" in ended.out
    assert "blocks   leaks    2 " in ended.out


def test_an_executor_begins_without_the_names_of_the_session(project: Project) -> None:
    text = "x = 1\n.async import asyncio; await asyncio.sleep(0); print(1); 6 * 7\n.async x\n"
    ended = script(project, text)
    assert (ended.code, ended.out) == (1, "1\n42\n")
    assert "NameError" in ended.err


def test_what_was_saved_can_be_loaded(project: Project) -> None:
    text = "a = 1\n1 / 0\n.vars\ndef f():\n    return a\n.save b.repl\n.reset\n.load b.repl\nf()\n.history\n.save b.repl\n"
    ended = script(project, text, "--keep-going")
    assert (project.folder / "b.repl").read_text() == "a = 1\ndef f():\n    return a\n"
    lines = ended.out.splitlines()
    assert lines[:3] == ["a  int  1", "2 lines kept in b.repl; .load carries them out again", "1"]
    assert "b.repl' is there already" in ended.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".load nowhere", "a.repl:1: .load must have a text file that can be read, got 'nowhere'"),
        (".load a.repl", "files must not load one another more than 20 deep"),
        (".save no/where", ".save must have a file that can be written"),
        (".help foo", "no such command '.foo'"),
        (".grant net", "this one may touch everything"),
        (".revoke net", "this one may touch everything"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(project: Project, text: str, message: str) -> None:
    ended = script(project, f"{text}\n")
    assert ended.code == 1
    assert message in ended.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), "SCRIPT must be a text file that can be read, got 'nowhere'"),
        (("--timeout", "soon"), "--timeout must be a duration, got 'soon'"),
        (("--timeout", "0s"), "--timeout must be above 0"),
        (("--allow", "fly"), "no such capability 'fly'"),
        (("--allow", "net", "--unconfined"), "--allow must be given to a session that is confined"),
    ],
)
def test_wrong_usage_carries_nothing_out(
    project: Project, words: tuple[str, ...], message: str
) -> None:
    project.write("a.repl", "print('no')")
    ended = project.quick("repl", *(words if words[0] == "nowhere" else ("a.repl", *words)))
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


@pytest.mark.usefixtures("confines")
def test_a_grant_opens_what_a_revocation_closes(project: Project) -> None:
    project.write("data.txt", "inside")
    text = (
        "import json\nkept = [1]\nlost = object()\ndef read():\n    return open('data.txt').read()\n"
        "read()\n.grant read:data.txt\nread(), kept, json.dumps(kept)\n.revoke read\nread()\n.caps\n"
    )
    ended = script(project, text, "--keep-going", "--yes", confined=True)
    assert ended.code == 1
    assert "('inside', [1], '[1]')\n" in ended.out
    assert ended.err.count("was stopped") == 2
    assert "lost with the old interpreter: lost;" in ended.err
    log = [line.split()[1] for line in ended.out.splitlines()[-4:]]
    assert log == ["violation", "grant", "revoke", "violation"]


@pytest.mark.usefixtures("confines")
def test_nobody_there_means_no_grant(project: Project) -> None:
    ended = script(project, ".grant net\n.caps\n", "--keep-going", confined=True)
    assert ended.code == 1
    assert "nobody can be asked, got 'net'\nhint: --yes agrees" in ended.err
    assert ended.out.startswith("nothing is granted\n")
    assert "nobody agreed" in ended.out


@contextmanager
def terminal(project: Project, *words: str, prompt: str) -> Iterator[Any]:
    """Open the prompt on a terminal of its own."""
    quiet = {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "XDG_STATE_HOME": str(project.folder)}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "holdfast", "repl", *words],
        env={**os.environ, **project.env(quiet)},
        cwd=str(project.folder),
        timeout=LIMIT_S,
        encoding="utf-8",
        dimensions=(24, 120),
    )
    try:
        child.expect(prompt)
        yield child
    finally:
        child.close(force=True)


def tell(child: Any, keys: str, answer: str, prompt: str) -> None:
    child.send(keys)
    child.expect(answer)
    child.expect(prompt)


PLAIN = ">>> "
# The editor draws its prompt and then shows the cursor.
EDITOR = r">>>\x1b\[3D[^\n]*\x1b\[\?25h"


@pytest.mark.parametrize(("words", "prompt"), [(("--plain",), PLAIN), ((), EDITOR)])
def test_a_person_types_stops_and_leaves(
    project: Project, words: tuple[str, ...], prompt: str
) -> None:
    with terminal(project, "--unconfined", *words, prompt=prompt) as child:
        tell(child, "a = 20 + 1\r", "", prompt)
        tell(child, "a * 2\r", r"\n42\r|l42\r", prompt)
        child.send("print('begun'); import time; time.sleep(600)\r")
        child.expect("sleep")
        child.expect(r"\n")
        child.sendintr()
        child.expect("interrupted")
        child.expect(prompt)
        tell(child, "a + 1000\r", "1021", prompt)
        child.sendeof()
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0


@pytest.mark.usefixtures("confines")
def test_a_person_is_asked_before_a_grant(project: Project) -> None:
    with terminal(project, "--plain", prompt=PLAIN) as child:
        child.send(".grant env:HOME\r")
        child.expect("grant env:HOME to the code of this session?")
        tell(child, "n\r", "not granted: env:HOME", PLAIN)
        child.send(".grant env:HOME\r")
        child.expect(r"\[y/N\] ")
        tell(child, "y\r", "granted env:HOME", PLAIN)
        child.send(".exit\r")
        child.expect(pexpect.EOF)


def test_the_editor_completes_and_remembers(project: Project) -> None:
    with terminal(project, "--unconfined", prompt=EDITOR) as child:
        tell(child, "quantity = 500 + 5\r", "", EDITOR)
        child.send("quant\t")
        child.expect("quantity")
        tell(child, "\r", "505", EDITOR)
        child.sendeof()
        child.expect(pexpect.EOF)
    kept = project.folder / "holdfast" / "repl_history"
    assert "+quantity = 500 + 5" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
