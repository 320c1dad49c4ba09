"""How do these examples speak, and stop where a claim of theirs does not hold?"""

from __future__ import annotations

import sys

__all__ = ["require", "say"]


def say(line: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{line}\n")


def require(is_true: object, claim: str) -> None:
    """Write a claim that holds; end the program where it does not.

    Not an assert statement: `python -O` would leave it out.
    """
    if not is_true:
        raise SystemExit(f"this does not hold: {claim}")
    say(f"ok: {claim}")
