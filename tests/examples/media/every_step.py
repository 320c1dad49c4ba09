"""Is a run that was killed at its Nth step completed by the next one, for all N? Prints what was found."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from examples.media.audit import audit, take_checksums
from examples.media.files import create_test_files
from examples.media.index import Index
from examples.media.organise import organise
from examples.media.places import memory_folder
from examples.media.profiles import Profile

FILES = 5
PROFILE = Profile(workers=1, batch_size=3)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="media-", dir=memory_folder()) as folder:
        sys.stdout.write(json.dumps(kill_at_every_step(Path(folder))))


def kill_at_every_step(base: Path) -> list[dict[str, Any]]:
    """Kill a run at its first step, another at its second, until one has no more steps; complete each."""
    found: list[dict[str, Any]] = []
    for step in itertools.count(1):
        inbox, library = base / f"inbox-{step}", base / f"library-{step}"
        create_test_files(inbox, FILES, seed=step)
        take_checksums(inbox)
        if not was_killed(inbox, library, step):
            return found
        done = organise(inbox, library, PROFILE)
        seen = audit([(inbox, library)])
        found.append({"files": seen.files, "problems": seen.problems, "resumed": done.resumed})
    raise AssertionError("a run must have an end")


def was_killed(inbox: Path, library: Path, step: int) -> bool:
    """Organise in a child that kills itself at a step; false where it came to its end before."""
    child = os.fork()
    if child == 0:
        try:
            patch(step)
            organise(inbox, library, PROFILE)
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in {0, -signal.SIGKILL}:
        raise SystemExit(f"the organiser must end or be killed, got {code}")
    return code != 0


def patch(step: int) -> None:
    """Count the moments before and after each move and each change of the index."""
    moments = itertools.count(1)

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            die()
            answer = function(*arguments, **named)
            die()
            return answer

        return call

    def die() -> None:
        if next(moments) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    os.rename = counted(os.rename)
    # A name is given within a transaction: it is cut off there, too.
    for name in ("plan", "_free_name", "finish"):
        setattr(Index, name, counted(getattr(Index, name)))


if __name__ == "__main__":
    main()
