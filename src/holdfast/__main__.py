"""python -m holdfast"""

from __future__ import annotations

import gc
import sys

from holdfast.cli.main import main as run_command

__all__ = ["main"]


def main() -> int:
    """Run the command of `sys.argv`, as a process of its own does."""
    code = run_command()
    # The process ends: its memory needs no last search for cycles (0.1 s after 20,000 cases).
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(main())
