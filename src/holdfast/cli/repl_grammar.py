"""What does a line of the prompt ask for: Python, or which command with which arguments?"""

from __future__ import annotations

import shlex
import tokenize
from typing import Literal

import msgspec

from holdfast.cli.repl_blocks import DOT, tokens_of
from holdfast.errors import UsageError
from holdfast.text.suggest import did_you_mean

__all__ = ["COMMANDS", "Code", "Command", "Dot", "parse_line"]

MOST_CALLS = 1_000_000


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What a dot-command takes: code, `least` to `most` words, and options with their defaults."""

    usage: str
    text: str
    takes: Literal["code", "words"] = "words"
    least: int = 0
    most: int = 0
    options: dict[str, int] = {}


COMMANDS: dict[str, Command] = {
    "async": Command(
        usage="CODE",
        text="Run CODE in an executor: a fresh interpreter, stopped at the limit.",
        takes="code",
    ),
    "callback": Command(
        usage="NAME",
        text="Make NAME_callback, which calls NAME from outside the session.",
        least=1,
        most=1,
    ),
    "caps": Command(usage="", text="Show what is granted, and what was decided."),
    "grant": Command(
        usage="CAP...", text="Grant capabilities, such as read:data/**.", least=1, most=100
    ),
    "revoke": Command(usage="CAP...", text="Take capabilities away again.", least=1, most=100),
    "benchmark": Command(
        usage="CODE [--iterations N] [--warmup N]",
        text="Time CODE in the session.",
        takes="code",
        options={"iterations": 100, "warmup": 10},
    ),
    "leak": Command(
        usage="CODE [--iterations N]",
        text="Tell whether CODE keeps something with each run.",
        takes="code",
        options={"iterations": 1200},
    ),
    "vars": Command(usage="", text="List the names of the session."),
    "history": Command(usage="", text="List what was carried out."),
    "reset": Command(usage="", text="Begin anew: no names, no history; grants stay."),
    "load": Command(usage="FILE", text="Carry out the lines of FILE.", least=1, most=1),
    "save": Command(
        usage="FILE", text="Write what was carried out to a new FILE.", least=1, most=1
    ),
    "help": Command(usage="[COMMAND]", text="Explain the commands.", most=1),
    "exit": Command(usage="", text="Leave."),
}


class Code(msgspec.Struct, frozen=True):
    """Python for the session."""

    text: str


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """A command with its arguments; `options` are complete."""

    name: str
    code: str = ""
    words: tuple[str, ...] = ()
    options: dict[str, int] = {}


def parse_line(text: str) -> Code | Dot:
    """Read one piece of input.

    Raises:
        UsageError: it names no command, or what follows is not for that command.

    >>> parse_line("a = 1; b = 2")
    Code(text='a = 1; b = 2')
    >>> found = parse_line(".benchmark a = 1; b = a --iterations 10")
    >>> found.code, found.options["iterations"]
    ('a = 1; b = a', 10)
    """
    match = DOT.match(text)
    if match is None:
        return Code(text)
    name, rest = match[1], text[match.end() :]
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(
            f"no such command '.{name}'{did_you_mean(f'.{name}', [f'.{each}' for each in COMMANDS])}",
            hint=".help lists the commands",
        )
    if command.takes == "code":
        code, options = _split_options(name, rest, command.options)
        if not code.strip():
            raise _misused(name, "must have code")
        return Dot(name=name, code=code, options=options)
    words = _split_words(name, rest)
    if not command.least <= len(words) <= command.most:
        raise _misused(name, f"must have {_count(command)}, got {len(words)}")
    return Dot(name=name, words=words)


def _misused(name: str, what: str) -> UsageError:
    return UsageError(f".{name} {what}", hint=f"usage: .{name} {COMMANDS[name].usage}".rstrip())


def _count(command: Command) -> str:
    if not command.most:
        return "no argument"
    if command.least == command.most == 1:
        return "one argument"
    return "at most one argument" if command.most == 1 else "at least one argument"


def _split_words(name: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text, comments=True))
    except ValueError as error:
        raise UsageError(
            f"the arguments of .{name} must be words as in a shell, got {text!r} ({str(error).lower()})",
            hint="put what holds blanks or quotes between quotes of the other kind",
        ) from error


def _split_options(name: str, text: str, defaults: dict[str, int]) -> tuple[str, dict[str, int]]:
    """Take options off both ends of code; `--n 10` with its value is no Python anywhere."""
    options = dict(defaults)
    while defaults:
        tokens = tokens_of(text)
        found = _option_at(tokens or [], text, defaults)
        if found is None:
            break
        option, value, begin, end = found
        options[option] = _number(name, option, value, defaults)
        text = f"{text[:begin].rstrip()}{text[end:].lstrip(' ')}"
    return text, options


def _option_at(
    tokens: list[tokenize.TokenInfo], text: str, known: dict[str, int]
) -> tuple[str, str, int, int] | None:
    """Return name, value, begin and end of an option in front of the code or behind it."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for at, token in enumerate(tokens):
        if not _is_name_of_option(tokens, at):
            continue
        is_set = at + 1 < len(tokens) and tokens[at + 1].string == "="
        first = at + 1 + is_set
        # A value may be below zero, which is then refused by its name.
        last = first + (first < len(tokens) and tokens[first].string == "-")
        is_known = token.string in known
        if last >= len(tokens):
            if is_known and last == len(tokens):
                return token.string, "", _offset(starts, tokens[at - 2].start), len(text)
            continue
        is_value = tokens[last].type == tokenize.NUMBER or is_known
        if is_value and (at == 2 or last == len(tokens) - 1):
            begin = _offset(starts, tokens[at - 2].start)
            end = _offset(starts, tokens[last].end)
            value = text[_offset(starts, tokens[first].start) : end]
            return token.string, value, begin, end
    return None


def _is_name_of_option(tokens: list[tokenize.TokenInfo], at: int) -> bool:
    """Tell whether this is the name in `--name`, written without blanks."""
    if at < 2 or tokens[at].type != tokenize.NAME:
        return False
    one, two = tokens[at - 2], tokens[at - 1]
    is_near = one.end == two.start and two.end == tokens[at].start
    return one.string == two.string == "-" and is_near


def _offset(starts: list[int], place: tuple[int, int]) -> int:
    return starts[place[0] - 1] + place[1]


def _number(name: str, option: str, value: str, known: dict[str, int]) -> int:
    if option not in known:
        near = did_you_mean(f"--{option}", [f"--{each}" for each in known])
        raise _misused(name, f"has no option '--{option}'{near}")
    least = 0 if option == "warmup" else 1
    plain = value.replace("_", "")
    if not plain.isascii() or not plain.isdigit() or not least <= int(plain) <= MOST_CALLS:
        raise _misused(
            name, f"--{option} must be a whole number from {least} to {MOST_CALLS:,}, got {value!r}"
        )
    return int(plain)
