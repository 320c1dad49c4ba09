"""Is there a Python to build the environment with? Makes it, or says what is missing."""

# Runs under whatever `python3` is, back to 3.6: an old one must get a message and not a
# syntax error. So no `X | Y` outside quotes, and no import that an old one lacks.

import os
import subprocess
import sys
from typing import Tuple, Union

OLDEST = (3, 11)


def problem_of(version: Tuple[int, int], has_ensurepip: bool) -> "Union[str, None]":
    """Say what keeps this interpreter from making the environment, or None."""
    if version < OLDEST:
        found = f"{version[0]}.{version[1]} ({sys.executable})"
        return (
            f"holdfast: python must be {OLDEST[0]}.{OLDEST[1]} or newer, got {found}\n"
            "hint: make PYTHON=python3.12 ..., or the path of a newer one"
        )
    if not has_ensurepip:
        return (
            f"holdfast: python must have the module ensurepip, {sys.executable} has not\n"
            "hint: on Debian and Ubuntu: apt-get install python3-venv"
        )
    return None


def has_module(name: str) -> bool:
    """Say whether this interpreter can import the module."""
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def is_usable(python: str) -> bool:
    """Say whether the environment's interpreter starts, is new enough and has pip."""
    code = f"import sys, pip; sys.exit(sys.version_info[:2] < {OLDEST!r})"
    if not os.path.exists(python):
        return False
    silent = subprocess.DEVNULL
    return subprocess.call([python, "-c", code], stdout=silent, stderr=silent) == 0


def main(folder: str) -> "Union[str, int]":
    """Make the environment in the folder unless a usable one is there; 0 or what is wrong."""
    if is_usable(os.path.join(folder, "bin", "python")):
        return 0
    problem = problem_of(sys.version_info[:2], has_module("ensurepip"))
    if problem:
        return problem
    return subprocess.call([sys.executable, "-m", "venv", "--clear", folder])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
