"""Can each registered component be loaded, is it held to its contract, is it in the docs?

A component `(kind, name, place)` has a contract test when a file `tests/contract/test_*<kind>*.py`
runs over the whole registry (it refers to `COMPONENTS` and parametrises), or holds the
component's name as a string of its own. It has a place in the docs when
`docs/reference/<kind>s.md` shows its name as a heading or as the first cell of a table row.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.shape.source import Finding

__all__ = ["check_components", "documented_names"]

BUILTIN = "src/holdfast/builtin.py"
Component = tuple[str, str, str]


def check_components(root: Path, components: Sequence[Component]) -> Iterator[Finding]:
    """Yield components that cannot be loaded, are repeated, untested or undocumented."""
    lines = (root / BUILTIN).read_text(encoding="utf-8").splitlines()
    seen: set[tuple[str, str]] = set()
    for kind, name, place in components:
        line = line_of(lines, kind, name)
        if (kind, name) in seen:
            yield Finding(BUILTIN, line, f"{kind} {name!r} must be registered once")
        seen.add((kind, name))
        problem = problem_of(place)
        if problem:
            yield Finding(BUILTIN, line, f"{kind} {name!r} must load from {place!r}, got {problem}")
    for kind in dict.fromkeys(kind for kind, _, _ in components):
        names = [name for other, name, _ in components if other == kind]
        for name, message in [*untested(root, kind, names), *undocumented(root, kind, names)]:
            yield Finding(BUILTIN, line_of(lines, kind, name), message)


def line_of(lines: list[str], kind: str, name: str) -> int:
    """Return the line that registers a component."""
    pattern = re.compile(rf"""["']{re.escape(kind)}["'],\s*["']{re.escape(name)}["']""")
    return next((n for n, line in enumerate(lines, 1) if pattern.search(line)), 1)


def problem_of(place: str) -> str | None:
    """Return why `module:attribute` cannot be loaded, or None."""
    module, _, attribute = place.partition(":")
    try:
        getattr(importlib.import_module(module), attribute)
    except Exception as error:  # noqa: BLE001 - whatever the import raises is the answer
        return f"{type(error).__name__}: {error}"
    return None


def untested(root: Path, kind: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the names that no contract test of their kind runs over."""
    pattern = f"tests/contract/test_*{kind}*.py"
    files = sorted(root.glob(pattern))
    if not files:
        yield names[0], f"every kind must have a contract test, got no {pattern}"
        return
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    if any(map(runs_over_registry, trees)):
        return
    strings = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for name in names:
        if name not in strings:
            yield name, f"{kind} {name!r} must have a contract test in {pattern}"


def runs_over_registry(tree: ast.Module) -> bool:
    """Say whether a test file parametrises over COMPONENTS."""
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    words |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return "COMPONENTS" in words and bool({"parametrize", "params"} & (words | keywords(tree)))


def keywords(tree: ast.Module) -> set[str]:
    """Return the keyword names of all calls."""
    return {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}


def undocumented(root: Path, kind: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the names that the reference page of their kind does not show."""
    page = f"docs/reference/{plural(kind)}.md"
    file = root / page
    if not file.is_file():
        yield names[0], f"every kind must have a page in the docs, got no {page}"
        return
    shown = documented_names(file.read_text(encoding="utf-8"))
    for name in names:
        # A family stands in the docs by the form of its names: `timer.NAME`.
        if name.replace("*", "NAME") not in shown:
            yield name, f"{kind} {name!r} must be a heading or a table row in {page}"


def plural(kind: str) -> str:
    """Return the plural of a kind: targets, capabilities."""
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def documented_names(page: str) -> set[str]:
    """Return what the headings and the first cells of table rows name, outside code blocks."""
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1", "", page, flags=re.MULTILINE | re.DOTALL)
    shown: set[str] = set()
    for match in re.finditer(r"^(?:#{1,6} +(.+)|\| *([^|]+?) *\|)", text, flags=re.MULTILINE):
        label = (match[1] or match[2]).strip()
        shown |= {label, *re.findall(r"`([^`]+)`", label)}
    return shown
