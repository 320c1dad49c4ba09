"""Does a block hold what its page promises? Runs it and says what is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.docs.blocks import Block, Command, matches, read_blocks, read_commands

__all__ = ["Workspace", "check_page"]

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 120
RUNNABLE = frozenset({"holdfast", "python", "pytest", "cat", "echo", "ls"})
SETUP = frozenset({"git", "cd", "pip", "apt-get", "export", "docker"})
PARSERS: dict[str, Callable[[str], object]] = {
    "yaml": yaml.safe_load,
    "json": json.loads,
    "toml": tomllib.loads,
}


@dataclass(frozen=True)
class Workspace:
    """The folder that a page's blocks share, and what their commands may see."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: clean_environment(os.environ))

    def run(self, command: str) -> tuple[int, str]:
        """Run a shell command; return its exit code and both its outputs together."""
        with subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
                return -signal.SIGKILL, f"{output}\nkilled after {TIMEOUT_S} s"
        return process.returncode, output

    def write(self, block: Block, suffix: str) -> Path:
        """Write a block under the name it asks for, or one made from its line."""
        path = self.folder / (block.file or f"block_{block.line}{suffix}")
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise ValueError(f"a block's file must stay in its folder, got {block.file!r}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.body, encoding="utf-8")
        return path.relative_to(self.folder)


def clean_environment(outer: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a page reads the same on every machine."""
    kept = {
        name: value
        for name, value in outer.items()
        if not name.startswith("HOLDFAST_") or name == "HOLDFAST_TEST_SESSION"
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    extra = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    return {**kept, "PATH": path, "PYTHONPATH": extra, "NO_COLOR": "1", "COLUMNS": "100"}


def check_page(page: str, text: str, workspace: Workspace) -> list[str]:
    """Check every block of a page in order; return all problems as `page:line: message`."""
    return [problem for block in read_blocks(page, text) for problem in check(block, workspace)]


def check(block: Block, workspace: Workspace) -> Iterator[str]:
    """Yield what is wrong with a block."""
    place = f"{block.page}:{block.line}"
    if "text" in block.words:
        return
    if block.language not in CHECKS:
        yield (
            f"{place}: language must be one of {', '.join(CHECKS)} or be tagged text,"
            f" got {block.language!r}"
        )
        return
    for problem in CHECKS[block.language](block, workspace):
        yield problem if problem.startswith(f"{block.page}:") else f"{place}: {problem}"


def check_python(block: Block, workspace: Workspace) -> Iterator[str]:
    """Run a Python block as a file."""
    path = workspace.write(block, ".py")
    code, output = workspace.run(f"python {path}")
    if code != 0:
        yield f"python must run, got exit {code}\n{output}"


def check_data(block: Block, workspace: Workspace) -> Iterator[str]:
    """Parse YAML, JSON or TOML; validate it where it is tagged `case`."""
    path = workspace.write(block, f".{block.language}")
    if "case" in block.words:
        code, output = workspace.run(f"holdfast validate {path}")
        if code != 0:
            yield f"the case file must be valid, got exit {code}\n{output}"
    elif block.language in PARSERS:
        try:
            PARSERS[block.language](block.body)
        except (ValueError, yaml.YAMLError) as error:
            yield f"{block.language} must parse, got {error}"


def check_console(block: Block, workspace: Workspace) -> Iterator[str]:
    """Run each `$ command` and compare its exit code and output."""
    commands = list(read_commands(block))
    if not commands:
        yield "a console block must hold a line that starts with '$ '"
    for command in commands:
        for problem in check_command(command, workspace):
            yield f"{block.page}:{command.line}: {problem}"


def check_command(command: Command, workspace: Workspace) -> Iterator[str]:
    """Yield what is wrong with one command of a console block."""
    word = first_word(command.text)
    if word == "make":
        yield from check_make(command.text)
    elif word not in RUNNABLE:
        yield f"command must be make or one of {', '.join(sorted(RUNNABLE))}, got {word!r}"
    else:
        code, output = workspace.run(command.text)
        if code != command.exit_code:
            yield f"exit code must be {command.exit_code}, got {code}\n{output}"
        elif command.expected is not None and not matches(command.expected, output):
            yield f"output must be\n{command.expected}\n-- got --\n{output}"


def check_shell(block: Block, _workspace: Workspace) -> Iterator[str]:
    """Check the make targets of a set-up block; nothing of it is run."""
    for line in block.text.replace("\\\n", " ").splitlines():
        word = first_word(line)
        if word == "make":
            yield from check_make(line)
        elif word and word not in SETUP | RUNNABLE:
            yield f"command must be known to {Path(__file__).name}, got {word!r}"


def first_word(line: str) -> str:
    """Return the command of a line; VAR=value before it does not count, nor a comment."""
    words = line.partition("#")[0].split()
    return next((word for word in words if not re.match(r"\w+=", word)), "")


def check_make(line: str) -> Iterator[str]:
    """Yield the targets of a make command that the Makefile lacks."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    words = line.partition("#")[0].split()
    for word in words[words.index("make") + 1 :]:
        if "=" not in word and not word.startswith("-") and word not in targets:
            yield f"make has no target {word!r}"


CHECKS: dict[str, Callable[[Block, Workspace], Iterator[str]]] = {
    "python": check_python,
    "yaml": check_data,
    "json": check_data,
    "jsonc": check_data,
    "json5": check_data,
    "toml": check_data,
    "console": check_console,
    "bash": check_shell,
    "sh": check_shell,
}
