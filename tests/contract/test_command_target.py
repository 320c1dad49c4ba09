"""Does a command target keep what a command did, and leave nothing of it running?"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from holdfast.model.case import Case, Target
from holdfast.model.evidence import Evidence
from holdfast.process.child import spawn_child
from holdfast.process.reaper_client import Reaper
from holdfast.targets.command import TARGET
from tests.contract.target_kit import context


def under_reaper(main: Callable[[Any], Awaitable[Any]]) -> Any:
    """Run `main(spawn)` on a loop with a reaper of its own."""

    async def run() -> Any:
        reaper = Reaper(f"test-command-{os.getpid()}")
        try:
            return await main(partial(spawn_child, reaper))
        finally:
            reaper.close()

    return asyncio.run(run())


def run(timeout_s: float | None = 20.0, base: str = "", **spec: Any) -> Evidence:
    case = Case(suite="s", id="c", target=Target(kind="command", spec={}), base=base)
    return under_reaper(
        lambda spawn: TARGET.call(spec, context(spawn=spawn, timeout_s=timeout_s, case=case))
    )


def python(code: str, **spec: Any) -> Evidence:
    return run(argv=[sys.executable, "-c", code], **spec)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that died and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_command_leaves_its_output_and_exit_code() -> None:
    evidence = run(shell="echo out; echo err >&2; exit 3")
    assert evidence.error is None
    assert evidence.facts == {"exit_code": 3}
    assert (evidence.value, evidence.has_value) == ("out\n", True)
    assert evidence.stdout is not None
    assert evidence.stderr is not None
    assert (evidence.stdout.text, evidence.stderr.text) == ("out\n", "err\n")
    assert evidence.call_s is not None
    assert evidence.notes == ()


def test_a_command_that_dies_of_a_signal_exits_as_a_shell_tells_it() -> None:
    evidence = run(shell="kill -9 $$")
    assert evidence.error is None
    assert evidence.facts == {"exit_code": 137, "signal": "SIGKILL"}


def test_arguments_reach_the_program_as_they_are() -> None:
    evidence = run(argv=["/bin/sh", "-c", 'printf "%s|" "$@"', "x", "a b", "$HOME", 3, True])
    assert evidence.value == "a b|$HOME|3|true|"


def test_stdin_env_and_cwd_reach_the_command(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    evidence = run(
        shell='cat; echo "$N $PATH"; pwd',
        stdin={"a": 1},
        env={"N": 7},
        cwd="sub",
        base=str(tmp_path),
    )
    assert evidence.value.splitlines() == [
        f'{{"a":1}}7 {os.environ["PATH"]}',
        str((tmp_path / "sub").resolve()),
    ]


def test_without_stdin_a_command_reads_nothing() -> None:
    assert run(shell="cat; echo done").value == "done\n"


def test_a_command_that_does_not_read_its_input_still_ends() -> None:
    evidence = run(shell="echo done", stdin="x" * 1_000_000)
    assert (evidence.value, evidence.facts["exit_code"]) == ("done\n", 0)


@pytest.mark.parametrize(
    ("argv", "kind"),
    [(["/no/such/program"], "FileNotFoundError"), (["/etc/passwd"], "PermissionError")],
)
def test_a_program_that_cannot_be_started_is_an_error_of_setup(argv: list[str], kind: str) -> None:
    evidence = run(argv=argv)
    assert evidence.error is not None
    assert not evidence.has_value
    assert (evidence.error.kind, evidence.error.type) == ("setup", kind)
    assert repr(argv[0]) in evidence.error.message


def test_a_timed_out_command_dies_with_everything_that_it_started(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    # The grandchild leaves the process group; the wait for its pid makes the order certain.
    shell = (
        f"echo before; setsid sh -c 'echo $$ > {pid_file}; exec sleep 600' & "
        f"while ! [ -s {pid_file} ]; do :; done; echo ready; wait"
    )
    evidence = run(shell=shell, timeout="1s")
    assert evidence.error is not None
    assert evidence.error.kind == "timeout"
    assert "within 1 s" in evidence.error.message
    assert evidence.stdout is not None
    assert evidence.stdout.text == "before\nready\n"
    assert not evidence.has_value
    assert not is_alive(int(pid_file.read_text()))


def test_a_command_that_is_cancelled_is_killed(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    async def main(spawn: Any) -> int:
        children: list[Any] = []
        has_child = asyncio.Event()

        async def keep(*args: Any, **options: Any) -> Any:
            children.append(await spawn(*args, **options))
            has_child.set()
            return children[0]

        spec = {"shell": f"echo $$ > {fifo}; exec sleep 600"}
        call = asyncio.ensure_future(TARGET.call(spec, context(spawn=keep)))
        await asyncio.to_thread(fifo.read_text)
        await has_child.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        return await asyncio.wait_for(children[0].wait(), 10)

    assert under_reaper(main) == -9


def test_a_grandchild_that_holds_the_output_open_does_not_hold_the_case() -> None:
    evidence = run(shell="sleep 600 & echo done")
    assert (evidence.value, evidence.facts["exit_code"]) == ("done\n", 0)
    assert "still holds its output open" in evidence.notes[0]


def test_output_beyond_the_limit_keeps_head_and_tail_and_leaves_no_whole_value() -> None:
    evidence = python("print('a' * 5_000_000 + 'z')")
    assert evidence.stdout is not None
    assert evidence.stdout.cut_bytes == 3_000_002
    assert evidence.stdout.text.endswith("z\n")
    assert evidence.value["$type"] == "cut"
    assert evidence.value["bytes"] == 5_000_002
    assert not evidence.round_trips


def test_output_that_is_no_text_is_shown_all_the_same() -> None:
    assert (
        python("import sys; sys.stdout.buffer.write(b'a\\xff')").value
        == "a\N{REPLACEMENT CHARACTER}"
    )


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "either 'argv' or 'shell'"),
        ({"argv": ["a"], "shell": "b"}, "either 'argv' or 'shell'"),
        ({"shell": "true", "cwd": "/no/such"}, "'cwd' must be a folder, got '/no/such'"),
        ({"shell": "true\0"}, "NUL"),
        ({"shell": "true", "env": {"A=B": "1"}}, "'A=B'"),
        ({"shell": "true", "timeout": "soon"}, "a duration must be"),
        ({"argv": [["nested"]]}, "argv"),
    ],
)
def test_a_command_that_makes_no_sense_is_a_set_up_error(spec: dict[str, Any], said: str) -> None:
    evidence = asyncio.run(TARGET.call(spec, context()))
    assert evidence.error is not None
    assert evidence.error.kind == "setup"
    assert said in evidence.error.message
