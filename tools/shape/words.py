"""Does a file name a place that exists on one machine only?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.shape.source import Finding

__all__ = ["check_files", "check_words"]

# Written in pieces, so that this file does not hold what it looks for.
WORDS: tuple[tuple[str, str], ...] = (
    (
        "a path of one machine",
        r"(?<![\w.~}-])(?<!sqlite://)/" + r"(?:work|root|home/\w+|Users/\w+)/",
    ),
    ("a host of a package registry", r"\b(?:files\.)?python" + r"hosted\.org|\bpypi\." + r"org\b"),
    ("a host of a package registry", r"\bregistry\.(?:npm" + r"js|yarn" + r"pkg)\.\w+"),
    ("an index option", r"--(?:extra-)?index" + r"-url[ =]|--find" + r"-links[ =]"),
)
ADDRESS = re.compile(r"https?://|file:/")
LOCK = "requirements.lock"
UNWANTED = frozenset({"uv" + ".lock", "poetry" + ".lock", "Pipfile" + ".lock"})


def check_words(path: str, text: str) -> Iterator[Finding]:
    """Yield every line with a word that must not occur; the lock holds no address at all."""
    for what, pattern in WORDS:
        for match in re.finditer(pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            yield Finding(path, line, f"text must not hold {what}, got {match.group()!r}")
    if path == LOCK:
        for match in ADDRESS.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Finding(path, line, f"the lock must not hold an address, got {match.group()!r}")


def check_files(root: Path, files: list[str]) -> Iterator[Finding]:
    """Read every text file of the checkout and yield its findings."""
    for name in files:
        if Path(name).name in UNWANTED:
            yield Finding(name, 1, f"the only lock file is {LOCK}")
        content = (root / name).read_bytes()
        if b"\0" not in content[:8192]:
            yield from check_words(name, content.decode("utf-8", "replace"))
