"""Which files does the kernel execute when a program is started? It, its loader, its interpreter."""

# ruff: noqa: PTH112, PTH113, PTH118, PTH119, PTH208 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import os

from holdfast.capabilities.resource import resolve_path, resolve_program, split_path_pattern
from holdfast.capabilities.wildcard import has_wildcard, match_name

__all__ = ["files_of_programs"]

_LOADER_FOLDERS = ("/lib64", "/lib", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu")
# A script may name a script as its interpreter; the kernel follows four.
_MOST_INTERPRETERS = 4


def files_of_programs(resources: list[str], folder: str, search: str) -> list[str]:
    """Return the files that must be executable for these programs to start."""
    if not resources:
        return []
    found = [
        file
        for resource in resources
        for program in _programs(resource, folder, search)
        for file in _with_interpreters(program, search)
    ]
    return [*dict.fromkeys(found), *_loaders()]


def _programs(resource: str, folder: str, search: str) -> list[str]:
    if os.sep in resource:
        base, rest = split_path_pattern(resource, folder)
        return [base] if rest in ([], ["**"]) else []
    if not has_wildcard(resource):
        program = resolve_program(resource, folder, search)
        return [program] if program else []
    found: list[str] = []
    for place in search.split(os.pathsep):
        if os.path.isdir(place):
            found += [
                resolve_path(name, place)
                for name in os.listdir(place)
                if match_name(resource, name)
            ]
    return found


def _with_interpreters(program: str, search: str) -> list[str]:
    """Return a program and what its first line names, if it is a script."""
    found = [program]
    for _ in range(_MOST_INTERPRETERS):
        words = _first_line(found[-1])
        if not words:
            break
        found.append(resolve_path(words[0], os.sep))
        if os.path.basename(words[0]) == "env" and len(words) > 1:
            named = resolve_program(words[-1], os.sep, search)
            if named:
                found.append(named)
    return found


def _first_line(program: str) -> list[str]:
    try:
        descriptor = os.open(program, os.O_RDONLY)
    except OSError:
        return []
    try:
        head = os.read(descriptor, 256) if os.path.isfile(program) else b""
    finally:
        os.close(descriptor)
    if not head.startswith(b"#!"):
        return []
    return os.fsdecode(head[2:].partition(b"\n")[0]).split()


def _loaders() -> list[str]:
    """Return the dynamic loaders: the kernel executes them with every program that is not static."""
    return sorted(
        {
            os.path.realpath(os.path.join(folder, name))
            for folder in _LOADER_FOLDERS
            if os.path.isdir(folder)
            for name in os.listdir(folder)
            if name.startswith("ld-") and ".so" in name
        }
    )
