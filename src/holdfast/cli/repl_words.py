"""Which words could the one before the cursor become?"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable

from holdfast.cli.repl_grammar import COMMANDS

__all__ = ["complete_line"]

_KINDS = ("env", "ffi", "import", "net", "read", "run", "sys", "write")
_WORD = re.compile(r"[^\W\d]\w*\Z")


def complete_line(text: str, names: Iterable[str]) -> tuple[int, list[str]]:
    """Return how far back the word begins (zero or below), and what it could become.

    >>> complete_line(".gr", [])
    (-3, ['.grant'])
    >>> complete_line("total = pri", ["price", "print", "x"])
    (-3, ['price', 'print'])
    """
    if re.fullmatch(r"\.\w*", text):
        return -len(text), sorted(f".{each}" for each in COMMANDS if f".{each}".startswith(text))
    command, _, rest = text.partition(" ")
    word = rest.rpartition(" ")[2]
    if command in {".grant", ".revoke"}:
        return -len(word), [each for each in _KINDS if each.startswith(word)]
    if command in {".load", ".save"}:
        found = sorted(glob.glob(f"{glob.escape(word)}*"))  # noqa: PTH207 - a text that is completed stays as it was typed
        return -len(word), [f"{each}/" if os.path.isdir(each) else each for each in found]  # noqa: PTH112
    if command == ".help":
        return -len(word), [each for each in COMMANDS if each.startswith(word)]
    match = _WORD.search(text)
    # Behind a dot stands an attribute, which only the object itself knows.
    if match is None or text[: match.start()].endswith("."):
        return 0, []
    return -len(match[0]), sorted({each for each in names if each.startswith(match[0])})
