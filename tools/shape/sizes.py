"""Is a file or a function too long to be read in one go?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from statistics import median

from tools.shape.source import Finding, Module

__all__ = ["check_sizes", "function_lines", "summarise"]

FILE_LINES = 400
FUNCTION_LINES = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


def check_sizes(module: Module) -> Iterator[Finding]:
    """Yield a finding per file and per function over its limit."""
    lines = len(module.text.splitlines())
    if lines > FILE_LINES:
        message = f"file must have at most {FILE_LINES} lines, got {lines}"
        yield module.finding(FILE_LINES + 1, message)
    for function in functions_of(module):
        length = function_lines(function)
        if length > FUNCTION_LINES:
            yield module.finding(
                function,
                f"function {function.name!r} must have at most {FUNCTION_LINES} lines"
                f" without its docstring, got {length}",
            )


def functions_of(module: Module) -> list[Function]:
    """List every function, nested ones and methods too."""
    return [node for node in ast.walk(module.tree) if isinstance(node, Function)]


def function_lines(function: Function) -> int:
    """Count the lines from `def` to the end; the docstring is left out."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is None:
        return total
    return total - ((first.end_lineno or first.lineno) - first.lineno + 1)


def summarise(modules: list[Module]) -> str:
    """Tell the sizes in one line."""
    files = [len(module.text.splitlines()) for module in modules]
    functions = [function_lines(f) for module in modules for f in functions_of(module)]
    if not files or not functions:
        return f"{len(files)} files"
    return (
        f"{len(files)} files (median {median(files):.0f} lines, longest {max(files)}), "
        f"{len(functions)} functions (median {median(functions):.0f}, longest {max(functions)})"
    )
