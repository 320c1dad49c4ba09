"""How is an inbox organised from the command line, and by a process that may be killed?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import msgspec

from examples.media.organise import organise
from examples.media.profiles import PROFILES, Profile

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Organise an inbox and write what was done, as JSON; 1 where files were refused, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m examples.media", description=__doc__)
    parser.add_argument("inbox")
    parser.add_argument("library")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="default")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--batch-size", type=int)
    given = parser.parse_args(words)
    base = PROFILES[given.profile]
    try:
        profile = Profile(
            workers=base.workers if given.workers is None else given.workers,
            batch_size=base.batch_size if given.batch_size is None else given.batch_size,
        )
        done = organise(given.inbox, given.library, profile)
    except (ValueError, BlockingIOError) as error:
        parser.error(str(error))
    sys.stdout.write(f"{msgspec.json.encode(done).decode()}\n")
    return 1 if done.refused else 0
