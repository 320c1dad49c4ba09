"""Which resource does a capability name, and does it cover one that is used?

A capability is a pair (kind, resource); an empty resource stands for all of the kind.
Paths are absolute here, and without symbolic links; see `resolve_path`.
"""

# ruff: noqa: PTH113, PTH115, PTH118, PTH119, PTH120, PTH206 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import os

from holdfast.capabilities.wildcard import has_wildcard, match_name, match_segments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Capability = tuple[str, str]
    Covers = Callable[[str], bool]

__all__ = [
    "KINDS",
    "LOOPBACK_NAME",
    "compile_resource",
    "covered_below",
    "folder_of",
    "format_address",
    "is_code_name",
    "is_loopback",
    "resolve_entry",
    "resolve_path",
    "resolve_program",
    "split_address",
    "split_path_pattern",
]

KINDS = ("read", "write", "net", "run", "env", "sys", "ffi", "import")
LOOPBACK_NAME = "localhost"


def compile_resource(kind: str, resource: str, folder: str, search: str) -> Covers:
    """Make a capability's resource ready: the answer tells whether it covers a used one.

    `folder` is what relative paths start from, `search` the PATH that leads to programs.
    """
    if not resource:
        return _covers_all
    if kind in {"read", "write"}:
        return _compile_path(resource, folder)
    if kind == "run":
        return _compile_program(resource, folder, search)
    if kind == "net":
        return _compile_address(resource)
    if kind == "ffi" and os.sep in resource:
        return _compile_path(resource, folder)
    return lambda used: match_name(resource, used)


def _covers_all(used: str) -> bool:
    return True


# --- paths ------------------------------------------------------------------------


def resolve_path(path: str, folder: str) -> str:
    """Return where a path leads: absolute, `..` taken after symbolic links, as the kernel does."""
    return os.path.realpath(os.path.join(folder, path))


def resolve_entry(path: str, folder: str) -> str:
    """Return the entry that a path names: its folder is followed, the last part is not."""
    head, name = os.path.split(os.path.join(folder, path))
    if name in {"", os.curdir, os.pardir}:
        return resolve_path(path, folder)
    return os.path.join(resolve_path(head, folder), name)


def is_code_name(path: str) -> bool:
    """Tell whether a path is what the interpreter calls code from no file, such as `<string>`.

    It tries to open it when it wants to show a line of such code.
    """
    return path.startswith("<") and path.endswith(">") and not os.path.lexists(path)


def folder_of(descriptor: int) -> str:
    """Return the folder that a descriptor stands for, or "" where the system does not tell."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def split_path_pattern(resource: str, folder: str) -> tuple[str, list[str]]:
    """Return the folder or file in which a pattern's fixed part ends, resolved, and the rest.

    >>> split_path_pattern("/data/**/*.csv", "/")
    ('/data', ['**', '*.csv'])
    """
    parts = resource.split(os.sep)
    count = next((i for i, part in enumerate(parts) if has_wildcard(part)), len(parts))
    fixed = os.sep.join(parts[:count])
    if not fixed and count and resource.startswith(os.sep):
        fixed = os.sep
    return resolve_path(fixed, folder), [part for part in parts[count:] if part not in {"", "."}]


def covered_below(resource: str, folder: str) -> str | None:
    """Return the folder, with a separator at its end, of which a path pattern covers all.

    "" stands for everything, None is the answer for a pattern of names.

    >>> covered_below("/data/**", "/"), covered_below("", "/"), covered_below("/data/*.csv", "/")
    ('/data/', '', None)
    """
    if not resource:
        return ""
    base, rest = split_path_pattern(resource, folder)
    if rest not in ([], ["**"]):
        return None
    return base if base.endswith(os.sep) else base + os.sep


def _compile_path(resource: str, folder: str) -> Covers:
    """A path without wildcards covers all that is below it, as a folder does in Deno."""
    base, rest = split_path_pattern(resource, folder)
    below = base if base.endswith(os.sep) else base + os.sep
    if rest in ([], ["**"]):
        return lambda used: used == base or used.startswith(below)
    return lambda used: (
        used.startswith(below) and match_segments(rest, used[len(below) :].split(os.sep))
    )


# --- programs ---------------------------------------------------------------------


def resolve_program(name: str, folder: str, search: str) -> str:
    """Return the program that a name leads to: by its path, or by PATH; "" where there is none."""
    if os.sep in name:
        return resolve_path(name, folder)
    for place in search.split(os.pathsep):
        found = os.path.join(folder, place, name)
        if os.path.isfile(found) and os.access(found, os.X_OK):
            return resolve_path(found, folder)
    return ""


def _compile_program(resource: str, folder: str, search: str) -> Covers:
    """`git` is the program that PATH leads to, not whatever bears the name."""
    if os.sep in resource:
        return _compile_path(resource, folder)
    if has_wildcard(resource):
        places = [resolve_path(place, folder) for place in search.split(os.pathsep)]
        return lambda used: (
            os.path.dirname(used) in places and match_name(resource, os.path.basename(used))
        )
    program = resolve_program(resource, folder, search)
    return lambda used: used == (program or resource)


# --- addresses --------------------------------------------------------------------


def split_address(text: str) -> tuple[str, str]:
    """Split `host`, `host:port`, `[v6]` or `[v6]:port`; a port that is not named is "".

    >>> split_address("[::1]:80")
    ('::1', '80')
    """
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host.lower(), port.removeprefix(":")
    if text.count(":") > 1:
        return text.lower(), ""
    host, _, port = text.partition(":")
    return host.lower(), port


def format_address(host: str, port: object = "") -> str:
    """Return an address as it is written in a capability.

    >>> format_address("::1", 80)
    '[::1]:80'
    """
    if isinstance(port, bytes):
        port = os.fsdecode(port)
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port not in {"", None} else name


def is_loopback(host: str) -> bool:
    """Tell whether an address leads to this machine alone."""
    return host in {LOOPBACK_NAME, "::1"} or (host.startswith("127.") and host.count(".") == 3)


def _compile_address(resource: str) -> Covers:
    host, port = split_address(resource)

    def covers(used: str) -> bool:
        asked, asked_port = split_address(used)
        # A look-up names no port: it is covered where any port of the host is.
        if port not in {"", "*"} and asked_port not in {"", port}:
            return False
        if host == LOOPBACK_NAME:
            return is_loopback(asked)
        if asked == LOOPBACK_NAME:
            return is_loopback(host)
        return match_name(host, asked)

    return covers
