"""Where does one piece of input end and the next begin? Python's own tokenizer tells."""

from __future__ import annotations

import ast
import codeop
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

import msgspec

__all__ = ["DOT", "Block", "is_complete", "read_blocks", "tokens_of"]

# `.benchmark`, and neither `.5` nor `...`.
DOT = re.compile(r"\.([A-Za-z]\w*)[ \t]*")
_COMPOUND = {"async", "class", "def", "for", "if", "try", "while", "with", "@"}
_GOES_ON = re.compile(r"(elif|else|except|finally)\b")
_CLOSING = re.compile(r"[)\]}'\"]")
_LAYOUT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


class Block(msgspec.Struct, frozen=True):
    """A statement or a dot-command; `line` is that of its first line, from 1."""

    line: int
    text: str


def read_blocks(lines: Iterable[str]) -> Iterator[Block]:
    r"""Yield statements and dot-commands as soon as each is whole.

    A compound statement ends where the next line is not indented; a blank line ends
    nothing, as in a file of Python. What is incomplete at the end is yielded as it is.

    >>> [each.text for each in read_blocks([".caps", "if x:", "    y()", "", "    z()", "a = 1"])]
    ['.caps', 'if x:\n    y()\n\n    z()', 'a = 1']
    """
    pending: list[str] = []
    begun, is_open = 0, False
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if pending and (is_open or _belongs(line, pending)):
            pending.append(line)
            # Nothing closes what is open but one of these.
            if not is_open or _CLOSING.search(line) or pending[-2].endswith("\\"):
                is_open = _is_open("\n".join(pending))
        else:
            if pending:
                yield Block(begun, "\n".join(pending).rstrip())
            pending, begun = [line], number
            if not line.strip() or line.lstrip().startswith("#"):
                pending = []
                continue
            is_open = _is_open(line)
        if not is_open and not _has_suite(pending):
            yield Block(begun, "\n".join(pending).rstrip())
            pending = []
    if pending:
        yield Block(begun, "\n".join(pending).rstrip())


def is_complete(text: str) -> bool:
    """Tell whether what was typed can be carried out; a compound statement ends with a blank line.

    >>> is_complete("a = 1; b = 2"), is_complete("for i in x:"), is_complete(".caps")
    (True, False, True)
    """
    code = _code_of(text)
    if not code.strip():
        return True
    compiler = codeop.CommandCompiler()
    compiler.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        is_whole = compiler(code, "<input>", "exec") is not None
    except (SyntaxError, ValueError, OverflowError):
        # The session says what is wrong with it; options are no Python and end the input as well.
        is_whole = not _is_open(code)
    if not is_whole:
        return False
    return not _has_suite(code.splitlines()) or text.rstrip(" \t").endswith("\n")


def tokens_of(code: str) -> list[tokenize.TokenInfo] | None:
    """Return the tokens that are more than layout, None where there are none to be had."""
    try:
        found = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    return [each for each in found if each.type not in _LAYOUT]


def _code_of(text: str) -> str:
    """Return what of the text is Python; of a dot-command what follows its name."""
    match = DOT.match(text)
    if match is None:
        return text
    return text[match.end() :] if match[1] in {"async", "benchmark", "leak"} else ""


def _is_open(text: str) -> bool:
    """Tell whether the text ends within brackets, a string or a continued line."""
    code = _code_of(text)
    try:
        for _ in tokenize.generate_tokens(io.StringIO(code + "\n").readline):
            pass
    except tokenize.TokenError as error:
        said = str(error)
        return "multi-line" in said or "triple-quoted" in said
    except SyntaxError:
        return False
    return False


def _has_suite(lines: list[str]) -> bool:
    """Tell whether more may follow below, indented."""
    code = _code_of("\n".join(lines))
    found = tokens_of(code)
    if not found:
        return False
    first = found[0].string
    if found[-1].string == ":" or first in _COMPOUND:
        return True
    # A name like any other, unless a suite follows.
    return first == "match" and len(lines) > 1


def _belongs(line: str, pending: list[str]) -> bool:
    """Tell whether a line goes on with the statement above it."""
    is_blank = not line.strip() or line.lstrip().startswith("#")
    is_decorator = pending[-1].lstrip().startswith("@")
    return is_blank or line[0] in " \t" or is_decorator or bool(_GOES_ON.match(line))
