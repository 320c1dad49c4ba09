"""Is there a Python to build the environment with? Makes it, or says what is missing."""
# Runs under whatever `python3` is, so that an old one gets a message and not a syntax error.

import os
import subprocess
import sys

OLDEST = (3, 11)


def problem_of(version, has_ensurepip):
    """Say what keeps this interpreter from making the environment, or None."""
    if version[:2] < OLDEST:
        return (
            "holdfast: python must be %d.%d or newer, got %d.%d (%s)\n"
            "hint: make PYTHON=python3.12 ..., with the path of a newer one"
            % (OLDEST + tuple(version[:2]) + (sys.executable,))
        )
    if not has_ensurepip:
        return (
            "holdfast: python must have the module ensurepip, %s has not\n"
            "hint: on Debian and Ubuntu: apt-get install python3-venv" % sys.executable
        )
    return None


def has_module(name):
    """Say whether this interpreter can import the module."""
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def is_usable(python):
    """Say whether the environment's interpreter starts, is new enough and has pip."""
    code = "import sys, pip; sys.exit(sys.version_info[:2] < %r)" % (OLDEST,)
    if not os.path.exists(python):
        return False
    with open(os.devnull, "w") as nothing:
        return subprocess.call([python, "-c", code], stdout=nothing, stderr=nothing) == 0


def main(folder):
    """Make the environment in the folder unless a usable one is there."""
    if is_usable(os.path.join(folder, "bin", "python")):
        return None
    problem = problem_of(sys.version_info, has_module("ensurepip"))
    if problem:
        return problem
    return subprocess.call([sys.executable, "-m", "venv", "--clear", folder])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
