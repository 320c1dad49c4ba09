"""What does a transcript say was typed, and does what came back match?

`>>> input` with `...` for the lines that continue it, then what was shown. The
rules are those of doctest, with ELLIPSIS on: `<BLANKLINE>` is an empty line, a
`Traceback` header with a last line is an exception, `# doctest: +SKIP` and the
other directives count for their example.
"""

from __future__ import annotations

import doctest
import re

import msgspec

from holdfast.errors import Problem, ProblemsError
from holdfast.session.protocol import Turn

__all__ = ["Example", "Mismatch", "compare", "parse_transcript"]

# What a transcript means unless a directive says otherwise.
DEFAULT_FLAGS = doctest.ELLIPSIS


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One input with what must be shown; `line` counts from 1, `raises` is the last line of a traceback."""

    line: int
    code: str
    expected: str
    raises: str | None = None
    flags: int = DEFAULT_FLAGS

    @property
    def is_skipped(self) -> bool:
        """Whether a directive leaves it out."""
        return bool(self.flags & doctest.SKIP)


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """An example that showed something else."""

    line: int
    code: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.line}: {self.code.strip()!r} must show {self.expected!r}, got {self.got!r}"


def parse_transcript(
    text: str, name: str = "transcript", *, prompt: str = ">>> ", continuation: str = "... "
) -> list[Example]:
    """Return the examples of a transcript; other text between them is left out.

    Raises:
        ProblemsError: a line cannot be read, or there is no example at all.
    """
    if (prompt, continuation) != (">>> ", "... "):
        text = _as_python(text, prompt, continuation)
    try:
        found = doctest.DocTestParser().get_examples(text, name)
    except ValueError as error:
        place = rf"line (?P<line>\d+) of the \w+ for {re.escape(name)}:? (?P<what>.*)"
        match = re.match(place, str(error), re.DOTALL)
        line, what = (int(match["line"]), match["what"]) if match else (0, str(error))
        raise ProblemsError([Problem(name, line, 0, what)]) from error
    if not found:
        message = f"a transcript must have a line that begins with {prompt!r}, got none"
        raise ProblemsError([Problem(name, 1, 0, message)])
    return [
        Example(
            line=each.lineno + 1,
            code=each.source,
            expected=each.want,
            raises=each.exc_msg,
            flags=_flags(each.options),
        )
        for each in found
    ]


def compare(example: Example, turn: Turn) -> Mismatch | None:
    """Return how a turn differs from its example, None where it does not."""
    got = turn.stdout
    if turn.status == "ok":
        if example.raises is None and _matches(example.expected, got, example.flags):
            return None
        return _mismatch(example, got)
    error = turn.error
    shown = (
        f"{error.type}: {error.message}" if error and error.message else str(error or turn.status)
    )
    if turn.status == "error" and example.raises is not None and _raises(example, shown):
        return None
    return _mismatch(
        example, f"{got}{turn.status}: {shown}\n" if turn.status != "error" else f"{got}{shown}\n"
    )


def _raises(example: Example, shown: str) -> bool:
    expected = (example.raises or "").strip()
    if _matches(f"{expected}\n", f"{shown}\n", example.flags):
        return True
    if not example.flags & doctest.IGNORE_EXCEPTION_DETAIL:
        return False
    return _bare(expected) == _bare(shown)


def _bare(line: str) -> str:
    """Return the name of an exception's class, without module and message."""
    return line.partition(":")[0].strip().rpartition(".")[2]


def _matches(expected: str, got: str, flags: int) -> bool:
    return doctest.OutputChecker().check_output(expected, got, flags)


def _mismatch(example: Example, got: str) -> Mismatch:
    expected = example.expected
    if example.raises is not None:
        expected = example.raises
    return Mismatch(line=example.line, code=example.code, expected=expected, got=got)


def _flags(options: dict[int, bool]) -> int:
    flags = DEFAULT_FLAGS
    for flag, is_on in options.items():
        flags = flags | flag if is_on else flags & ~flag
    return flags


def _as_python(text: str, prompt: str, continuation: str) -> str:
    """Write another program's prompts as Python's, so that one reader reads both."""
    lines: list[str] = []
    for line in text.split("\n"):
        for theirs, ours in ((prompt, ">>> "), (continuation, "... ")):
            if theirs and (line.startswith(theirs) or line == theirs.rstrip()):
                lines.append((ours + line[len(theirs) :]).rstrip())
                break
        else:
            lines.append(line)
    return "\n".join(lines)
