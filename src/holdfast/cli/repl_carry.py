"""What outlives the interpreter when another one takes its place? Plain data, functions, classes, imports."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, cast

from holdfast.errors import UsageError
from holdfast.session.protocol import Opaque
from holdfast.session.session import Session

__all__ = ["Definition", "carry_over", "definitions_of", "is_opaque"]

# The names that a definition binds, and its source.
Definition = tuple[tuple[str, ...], str]


def definitions_of(code: str) -> list[Definition]:
    """Return the functions, classes and imports at the top level of code that ran.

    >>> definitions_of("import os.path, json as j; x = 1")
    [(('os', 'j'), 'import os.path, json as j')]
    """
    found: list[Definition] = []
    for node in ast.parse(code).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.append(((node.name,), ast.unparse(node)))
            case ast.Import() | ast.ImportFrom():
                bound = [each.asname or each.name.partition(".")[0] for each in node.names]
                found.append((tuple(bound), ast.unparse(node)))
            case _:
                pass
    return found


def carry_over(old: Session, new: Session, definitions: Sequence[Definition]) -> list[str]:
    """Bring the names of one session into another; return those that could not be brought."""
    names = old.namespace
    for name, value in names.items():
        if not is_opaque(value):
            try:
                new.assign({name: value})
            except UsageError:
                continue  # it is missing below, and named there
    wanted = {name for name, value in names.items() if is_opaque(value)}
    for bound, source in definitions:
        if wanted.intersection(bound):
            new.execute(source)
    return sorted(set(names) - set(new.namespace))


def is_opaque(value: Any) -> bool:
    """Tell whether something in a value did not leave its interpreter."""
    if isinstance(value, Opaque):
        return True
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value)
        return any(is_opaque(each) for pair in pairs.items() for each in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return any(is_opaque(each) for each in cast("list[Any]", value))
    return False
