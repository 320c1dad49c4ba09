"""Which holdfast commands and flags does a page name, and does the program have them?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.docs.blocks import read_blocks

__all__ = ["Named", "check_named", "read_named"]

SPAN = re.compile(r"(?<!`)`(?:\$ )?(holdfast [^`\n]+)`(?!`)")
LINE = r" *((?:\w+=\S+ )*holdfast .*)"
SHELLS = frozenset({"console", "bash", "sh"})
WORD = re.compile(r"[a-z][a-z-]*")
FLAG = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")


@dataclass(frozen=True)
class Named:
    """A command as a page names it."""

    page: str
    line: int
    words: tuple[str, ...]
    """The words behind `holdfast` up to the first that cannot be a command."""
    flags: tuple[str, ...]


def read_named(page: str, text: str) -> Iterator[Named]:
    """Yield each `holdfast COMMAND` of code spans, and of lines of shell blocks, in order."""
    found = [(text.count("\n", 0, m.start()) + 1, m[1]) for m in SPAN.finditer(text)]
    for block in read_blocks(page, text):
        if block.language in SHELLS:
            lines = ((block.line + n, line) for n, line in enumerate(block.text.splitlines(), 1))
            start = r"\$ " if block.language == "console" else ""
            pattern = re.compile(start + LINE)
            found += [(number, m[1]) for number, line in lines if (m := pattern.match(line))]
    for number, command in sorted(found):
        rest = command.partition("holdfast ")[2].partition(" #")[0]
        words: list[str] = []
        for word in rest.split():
            if not WORD.fullmatch(word):
                break
            words.append(word)
        flags = tuple(FLAG.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", rest)))
        if words or flags:
            yield Named(page, number, tuple(words), flags)


def check_named(named: Named, help_of: Callable[[tuple[str, ...]], str | None]) -> Iterator[str]:
    """Yield what the program lacks; `help_of` returns the help of a command, None if unknown."""
    place = f"{named.page}:{named.line}"
    pages = [help_of(named.words[:1])]
    if pages[0] is None:
        yield f"{place}: there is no command 'holdfast {' '.join(named.words[:1])}'"
        return
    if len(named.words) > 1:
        pages.append(help_of(named.words[:2]))
    known = {flag for page in pages if page for flag in FLAG.findall(page)} | {"--help"}
    for flag in named.flags:
        if flag not in known:
            yield f"{place}: 'holdfast {' '.join(named.words[:1])}' has no flag {flag!r}"
