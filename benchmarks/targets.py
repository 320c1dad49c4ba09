"""What do the measured cases call?"""

from __future__ import annotations

import asyncio

__all__ = ["nothing", "nothing_async", "rest"]


async def nothing_async() -> None:
    """Do nothing, on the host's loop."""


def nothing() -> None:
    """Do nothing, in a worker."""


async def rest(seconds: float) -> None:
    """Wait."""
    await asyncio.sleep(seconds)
