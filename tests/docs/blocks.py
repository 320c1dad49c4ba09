"""Which fenced blocks does a page hold, and which word says what is done with each?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Block", "Command", "matches", "read_blocks", "read_commands"]

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<info>[^`]*)$")
FILE = re.compile(r"^(?:#|//|<!--) file: (?P<name>\S+)")
EXIT = re.compile(r"\s+# exit (?P<code>\d+)$")


@dataclass(frozen=True)
class Block:
    """One fenced block: where it starts, its info string, its text."""

    page: str
    line: int
    """The line of the opening fence."""
    words: tuple[str, ...]
    """The info string: a language, then tags."""
    text: str

    @property
    def language(self) -> str:
        """The first word of the info string."""
        return self.words[0] if self.words else ""

    @property
    def file(self) -> str | None:
        """The name that the first line gives it: `# file: cases/a.yaml`."""
        found = FILE.match(self.text)
        return found["name"] if found else None

    @property
    def body(self) -> str:
        """The text without a `// file:` line, which plain JSON could not hold."""
        if self.text.startswith("// file:"):
            return self.text.partition("\n")[2]
        return self.text


@dataclass(frozen=True)
class Command:
    """One `$ command` of a console block, with what it must answer."""

    line: int
    text: str
    exit_code: int
    expected: str | None
    """None when the page shows no output: then any will do."""


def read_blocks(page: str, text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page; one that is not closed goes to the end."""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        opening = FENCE.match(line)
        if opening is None:
            continue
        body: list[str] = []
        for _, inner in lines:
            if re.fullmatch(rf" *{opening['fence']}{opening['fence'][0]}* *", inner):
                break
            body.append(inner.removeprefix(opening["indent"]))
        words = tuple(opening["info"].split())
        yield Block(page, number, words, "".join(f"{inner}\n" for inner in body))


def read_commands(block: Block) -> Iterator[Command]:
    """Yield each `$ command`, joined where it ends in a backslash, with the output below it."""
    lines = block.text.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in pairwise([*starts, len(lines)]):
        last = start
        while lines[last].endswith("\\") and last + 1 < end:
            last += 1
        text = "\n".join(lines[start : last + 1]).removeprefix("$ ")
        found = EXIT.search(text)
        output = "\n".join(lines[last + 1 : end]).strip("\n")
        yield Command(
            line=block.line + 1 + start,
            text=text[: found.start()] if found else text,
            exit_code=int(found["code"]) if found else 0,
            expected=output or None,
        )


def matches(expected: str, actual: str) -> bool:
    """Say whether an output is the expected one.

    `...` inside a line stands for any text, a line that is `...` alone for any
    lines, none included. Space at the ends of lines does not count.
    """
    pattern = ""
    for line in expected.strip().splitlines():
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            parts = (re.escape(part) for part in line.rstrip().split("..."))
            pattern += r"[^\n]*".join(parts) + r"[ \t]*\n"
    return re.fullmatch(pattern, f"{actual.strip()}\n") is not None
