"""Does a file import what, or where, it must not? And do the imports run in a circle?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.shape.source import Finding, Module

__all__ = ["check_cycles", "check_imports", "import_graph"]

CLOCK = "src/holdfast/clock.py"
# The reaper is a program of its own that may import nothing but the standard library.
TIMEKEEPERS = frozenset({CLOCK, "src/holdfast/process/reaper.py"})
REGISTRY = "src/holdfast/registry.py"
CLOCKWORK = frozenset({"time", "random"})

Import = ast.Import | ast.ImportFrom


def check_imports(module: Module) -> Iterator[Finding]:
    """Yield imports of time and random outside the clock, and imports inside functions."""
    for node in ast.walk(module.tree):
        if isinstance(node, Import) and module.path not in TIMEKEEPERS:
            for name in sorted(CLOCKWORK & set(top_names(node))):
                yield module.finding(node, f"only clock.py may import {name!r}: use holdfast.clock")
    if module.path != REGISTRY:
        yield from nested_imports(module)


def nested_imports(module: Module) -> Iterator[Finding]:
    """Yield every import that stands inside a function."""
    seen: set[Import] = set()
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, Import) and node not in seen:
                seen.add(node)
                message = f"import must stand at the top of the file, got one in {function.name!r}"
                yield module.finding(node, message)


def top_names(node: Import) -> list[str]:
    """Return the first part of each imported module's name."""
    if isinstance(node, ast.ImportFrom):
        return [] if node.level else [(node.module or "").partition(".")[0]]
    return [alias.name.partition(".")[0] for alias in node.names]


def import_graph(modules: list[Module]) -> dict[str, dict[str, int]]:
    """Map each module to the modules it imports and the line; type-only imports count too."""
    known = {module.name for module in modules}
    graph: dict[str, dict[str, int]] = {module.name: {} for module in modules}
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, Import):
                continue
            for name in targets_of(node, module, known):
                if name != module.name:
                    graph[module.name].setdefault(name, node.lineno)
    return graph


def targets_of(node: Import, module: Module, known: set[str]) -> list[str]:
    """Return the known modules that an import names: `from a import b` is a.b if that is one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in known]
    base = node.module or ""
    if node.level:
        parts = module.name.split(".")
        keep = len(parts) - node.level + (1 if module.is_package else 0)
        base = ".".join([*parts[:keep], *([node.module] if node.module else [])])
    found: list[str] = []
    for alias in node.names:
        name = f"{base}.{alias.name}"
        found.append(name if name in known else base)
    return [name for name in dict.fromkeys(found) if name in known]


def check_cycles(modules: list[Module]) -> Iterator[Finding]:
    """Yield one finding per knot of modules that import each other, with one way round it."""
    graph = import_graph(modules)
    by_name = {module.name: module for module in modules}
    reached = {name: reachable(graph, name) for name in graph}
    done: set[str] = set()
    for name in sorted(graph):
        if name in done or name not in reached[name]:
            continue
        knot = {other for other in reached[name] if name in reached[other]}
        done |= knot
        way = way_round(graph, name, knot)
        line = graph[name][way[1]]
        yield by_name[name].finding(line, f"imports must not run in a circle: {' -> '.join(way)}")


def reachable(graph: dict[str, dict[str, int]], start: str) -> set[str]:
    """Return what can be reached from a module in one step or more."""
    found: set[str] = set()
    stack = list(graph[start])
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(graph[name])
    return found


def way_round(graph: dict[str, dict[str, int]], start: str, knot: set[str]) -> list[str]:
    """Return a shortest way from a module back to itself inside its knot."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        for name in sorted(graph[way[-1]].keys() & knot):
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return [start, start]
