"""How is a program run that can touch only what is granted? `python -m holdfast.capabilities.exec --allow X -- PROGRAM ...`.

The kernel holds it and all that it starts. No audit hook: the program need not be
Python. The program itself is granted. Ends with 125 where the machine cannot do it,
126 or 127 where the program cannot be started, as `env` and `chroot` do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from holdfast.capabilities.confinement import confine_kernel, forget_variables
from holdfast.capabilities.grammar import BadCapability, parse_capabilities
from holdfast.capabilities.scope import Scope
from holdfast.capabilities.software import Software
from holdfast.capabilities.violation import CannotEnforce

__all__ = ["CANNOT", "confined_argv", "main", "program_scope"]

CANNOT = 125
USAGE = (
    "usage: python -m holdfast.capabilities.exec [--allow CAPABILITY]... -- PROGRAM [ARGUMENT]..."
)


def program_scope(allow: Sequence[str], program: str, *, folder: str = "") -> Scope:
    """Return what a program may touch: itself, and what is granted.

    Raises:
        BadCapability: a text names no capability.
    """
    return Scope((*parse_capabilities(allow), ("run", program)), folder=folder)


def confined_argv(allow: Sequence[str], argv: Sequence[str]) -> list[str]:
    """Return the command that runs another one confined."""
    options = [word for capability in allow for word in ("--allow", capability)]
    return [sys.executable, "-m", "holdfast.capabilities.exec", *options, "--", *argv]


def main(arguments: Sequence[str]) -> int:
    """Confine this process and become the program; returns only where that cannot be."""
    try:
        allow, argv = _read(arguments)
        scope = program_scope(allow, argv[0])
        software = Software(has_net=bool(scope.of_kind("net")))
        confine_kernel(scope, software, [])
    except (BadCapability, CannotEnforce) as error:
        return _fail(str(error), CANNOT)
    forget_variables(scope)
    try:
        os.execvp(argv[0], argv)
    except FileNotFoundError:
        return _fail(f"there is no program {argv[0]!r}", 127)
    except OSError as error:
        return _fail(f"{argv[0]!r} cannot be started: {error.strerror}", 126)


def _read(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    words = list(arguments)
    allow: list[str] = []
    while len(words) > 1 and words[0] == "--allow":
        allow.append(words[1])
        del words[:2]
    if len(words) < 2 or words[0] != "--":
        raise BadCapability("a program must follow '--'", hint=USAGE)
    return allow, words[1:]


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"holdfast: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
