"""Does a file print, or swallow an exception, where it must not?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.shape.source import Finding, Module

__all__ = ["check_habits"]

PRINTERS = ("src/holdfast/cli/", "src/holdfast/report/console.py")
BROAD = frozenset({"Exception", "BaseException"})


def check_habits(module: Module) -> Iterator[Finding]:
    """Yield calls of print and handlers that drop any exception without a trace."""
    may_print = module.path.startswith(PRINTERS)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "print" and not may_print:
                yield module.finding(node, "only cli/ and report/console.py may print")
            if name_of(node.func) == "suppress" and any(map(is_broad, node.args)):
                yield module.finding(node, SWALLOWED)
        elif isinstance(node, ast.ExceptHandler) and is_broad(node.type) and is_empty(node.body):
            yield module.finding(node, SWALLOWED)


SWALLOWED = "an exception must not be swallowed: name the expected kind, or keep it as an event"


def name_of(node: ast.expr) -> str:
    """Return the last part of a plain or dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_broad(kind: ast.expr | None) -> bool:
    """Say whether a handler catches everything."""
    if isinstance(kind, ast.Tuple):
        return any(map(is_broad, kind.elts))
    return kind is None or name_of(kind) in BROAD


def is_empty(body: list[ast.stmt]) -> bool:
    """Say whether statements do nothing: pass, `...`, continue, a bare return."""
    return all(
        isinstance(node, ast.Pass | ast.Continue)
        or (isinstance(node, ast.Return) and node.value is None)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in body
    )
