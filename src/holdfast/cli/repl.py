"""holdfast repl: a prompt whose code runs in a session of its own, confined to what is granted."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import click

from holdfast.capabilities import parse_capability
from holdfast.cli.repl_blocks import Block, is_complete
from holdfast.cli.repl_desk import Desk
from holdfast.cli.repl_dots import carry_dot
from holdfast.errors import UsageError
from holdfast.registry import load_place
from holdfast.text.units import parse_duration

__all__ = ["command"]


class Reader(Protocol):
    """Whoever types."""

    def read(self) -> str:
        """Return what was typed; EOFError at the end, KeyboardInterrupt at Ctrl-C."""
        ...


@click.command("repl")
@click.argument("script", metavar="[SCRIPT]", required=False)
@click.option("--allow", metavar="CAP", multiple=True, help="Grant a capability from the start.")
@click.option("--unconfined", is_flag=True, help="Let the code touch everything.")
@click.option("--yes", "-y", "assume_yes", is_flag=True, help="Agree to every .grant.")
@click.option("--keep-going", is_flag=True, help="Go on after a line of a script that fails.")
@click.option("--timeout", default="30s", show_default=True, help="How long one line may take.")
@click.option("--plain", is_flag=True, help="No line editor, no completion.")
def command(**options: Any) -> int:
    """Type Python into a session of its own, or carry SCRIPT out; `-` is the standard input.

    \b
    The code may touch nothing but what is granted. Commands begin with a dot: .help
    lists them. Without a terminal the standard input is a script.

    \b
    holdfast repl
    holdfast repl checks.repl --allow 'read:data/**'
    echo '.benchmark sorted(range(100)) --iterations 50' | holdfast repl

    \b
    exit code: 0 fine · 1 a line failed · 2 wrong usage · 3 this machine cannot confine
    """  # noqa: D301 - click wants the character \b itself
    script: str | None = options["script"]
    is_typed = script is None and sys.stdin.isatty()
    if options["unconfined"] and options["allow"]:
        raise UsageError(
            f"--allow must be given to a session that is confined, got {options['allow'][0]!r}",
            hint="leave --unconfined out",
        )
    for each in options["allow"]:
        parse_capability(each)
    with contextlib.ExitStack() as stack:
        lines = None if is_typed else stack.enter_context(_opened(script or "-"))
        desk = Desk(
            allow=None if options["unconfined"] else options["allow"],
            timeout_s=_timeout(options["timeout"]),
            assume_yes=options["assume_yes"],
            ask=_ask if is_typed else None,
            keep_going=options["keep_going"],
        )
        stack.callback(desk.close)
        if lines is None:
            _converse(desk, _reader(desk, is_plain=options["plain"]))
            return 0
        name = "<stdin>" if script in {None, "-"} else str(script)
        return 0 if desk.run_lines(lines, name, carry_dot) else 1


@contextlib.contextmanager
def _opened(script: str) -> Generator[Iterator[str]]:
    """Open a script; the standard input is read line by line, as it comes."""
    if script == "-":
        yield iter(sys.stdin)
        return
    try:
        lines = Path(script).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"SCRIPT must be a text file that can be read, got {script!r} ({reason})"
        ) from error
    yield iter(lines)


def _timeout(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--timeout must be a duration, got {text!r} ({error})") from error
    if seconds <= 0:
        raise UsageError(f"--timeout must be above 0, got {text!r}")
    return seconds


def _converse(desk: Desk, reader: Reader) -> None:
    """Read and carry out until Ctrl-D or .exit; Ctrl-C stops what runs and nothing else."""
    while not desk.is_over:
        try:
            text = reader.read()
            if text.strip():
                desk.run(Block(0, text.rstrip()), "", carry_dot)
        except EOFError:
            return
        except KeyboardInterrupt:
            desk.show.error("interrupted")


def _ask(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _reader(desk: Desk, *, is_plain: bool) -> Reader:
    if not is_plain and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        try:
            made = load_place("holdfast.cli.repl_prompt:RichReader")
        except ImportError as error:
            if (error.name or "").partition(".")[0] != "prompt_toolkit":
                raise
            desk.show.note("no line editor: pip install 'holdfast[repl]' brings one")
        else:
            reader: Reader = made(desk.names, _history_path())
            return reader
    return PlainReader()


def _history_path() -> Path | None:
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111 - Path.expanduser raises where there is no home
    return Path(state) / "holdfast" / "repl_history" if state.startswith("/") else None


class PlainReader:
    """Reads whole statements without a line editor."""

    def read(self) -> str:
        """Return what was typed."""
        text = input(">>> ")
        while not is_complete(text):
            text = f"{text}\n{input('... ')}"
        return text
