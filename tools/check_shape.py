"""Does the checkout keep its shape? Prints every breach as `file:line: message`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.shape.components import check_components
from tools.shape.habits import check_habits
from tools.shape.imports import check_cycles, check_imports
from tools.shape.public import check_public
from tools.shape.sizes import check_sizes, summarise
from tools.shape.source import Finding, Module, read_modules, tracked_files
from tools.shape.words import check_files

__all__ = ["check_sources", "main"]

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "src/holdfast/"


def check_sources(modules: list[Module]) -> Iterator[Finding]:
    """Check the parsed files: sizes for all, the rest for the package alone."""
    package = [module for module in modules if module.path.startswith(PACKAGE)]
    for module in modules:
        yield from check_sizes(module)
    for module in package:
        yield from check_imports(module)
        yield from check_habits(module)
    yield from check_cycles(package)


def check_installed(root: Path) -> Iterator[Finding]:
    """Check what only the imported package can tell: its names and its components."""
    try:
        package = importlib.import_module("holdfast")
        builtin = importlib.import_module("holdfast.builtin")
    except Exception as error:  # noqa: BLE001 - whatever the import raises is the finding
        message = f"the package must be importable, got {type(error).__name__}: {error}"
        yield Finding(f"{PACKAGE}__init__.py", 1, message)
        return
    yield from check_public(package, f"{PACKAGE}__init__.py")
    yield from check_components(root, builtin.COMPONENTS)


def main(root: Path = ROOT) -> int:
    """Print all findings, sorted by place, and a line that tells the sizes."""
    files = tracked_files(root)
    parsed = list(read_modules(root, files))
    modules = [item for item in parsed if isinstance(item, Module)]
    findings = [item for item in parsed if isinstance(item, Finding)]
    findings += check_sources(modules)
    findings += check_files(root, files)
    findings += check_installed(root)
    for finding in sorted(set(findings)):
        print(finding)
    package = [module for module in modules if module.path.startswith(PACKAGE)]
    print(f"shape: {len(set(findings))} findings; src: {summarise(package)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
