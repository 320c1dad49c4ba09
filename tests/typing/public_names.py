"""Do the public names have the types that a user's own type checker needs?

Checked by mypy, never run: `make check` reads it with the strict settings.
"""

from __future__ import annotations

from typing import Literal, assert_type

import holdfast


@holdfast.case(after=["plain"], uses={"database": 1}, tags=["e2e"], timeout="30s", priority=10)
def with_settings() -> None:
    """Keep its own signature under the decorator."""


@holdfast.case()
async def with_nothing() -> None:
    """Be a coroutine function still."""


assert_type(with_settings(), None)


def run_all() -> int:
    """Read a run's verdict and exit code."""
    run = holdfast.run(["cases/login.yaml"])
    assert_type(run.verdict, Literal["passed", "failed", "undecided", "incomplete"])
    assert_type(run.exit_code, int)
    return run.exit_code


async def run_all_inside_a_loop() -> int:
    """Await a run."""
    await with_nothing()
    run = await holdfast.run_async(["cases/login.yaml"], settings=None)
    return run.exit_code
