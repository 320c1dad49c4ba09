"""What is a source file to the rules? Its path, its dotted name, its text and its tree."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Finding", "Module", "parse", "read_modules", "tracked_files"]


@dataclass(frozen=True, order=True)
class Finding:
    """One breach of a rule, at its place."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Module:
    """A parsed Python file."""

    path: str
    """Relative to the checkout, with slashes."""
    name: str
    """The dotted name, without `.__init__`."""
    is_package: bool
    text: str
    tree: ast.Module

    def finding(self, node: ast.AST | int, message: str) -> Finding:
        """Return a finding at a node, or at a line."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Finding(self.path, line, message)


def parse(path: str, text: str, *, top: str = "src") -> Module:
    """Parse one file; its dotted name is its path below `top`."""
    parts = list(Path(path).with_suffix("").parts)
    if parts and parts[0] == top:
        parts = parts[1:]
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(path, name, is_package, text, ast.parse(text, filename=path))


def tracked_files(root: Path) -> list[str]:
    """List every file that a commit would hold, tracked or new, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    names = sorted(name for name in answer.stdout.split("\0") if name)
    return [name for name in names if (root / name).is_file()]


def read_modules(root: Path, files: list[str]) -> Iterator[Module | Finding]:
    """Parse the Python files; one that cannot be parsed is a finding in its place."""
    for name in files:
        if not name.endswith(".py"):
            continue
        try:
            yield parse(name, (root / name).read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError) as error:
            line = getattr(error, "lineno", None) or 1
            yield Finding(name, line, f"file must be Python, got {error}")
