"""How does a driver ask a child that measures, and what did it answer?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from holdfast.model.evidence import CaseError, Evidence
from holdfast.ports import CallContext
from holdfast.text.cut import HeadTail

__all__ = ["Answered", "ask_child", "without_value"]


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A child that came to its end: its exit status and what it wrote."""

    status: int
    stdout: bytes
    stderr: str


async def ask_child(
    context: CallContext, argv: Sequence[str], *, data: bytes, env: Mapping[str, str]
) -> Answered | None:
    """Start a child, hand it `data`, and return what it wrote; None when the attempt's time is over.

    It is killed with everything it started, on every way out.
    """
    child = await context.spawn(argv, env=env, cwd="", stdin_data=data)
    stdout, stderr = bytearray(), HeadTail()

    async def read(fd: int) -> None:
        while chunk := await child.read(fd):
            if fd == 1:
                stdout.extend(chunk)
            else:
                stderr.append(chunk)

    answer, log = (asyncio.ensure_future(read(fd)) for fd in (1, 2))
    try:
        async with asyncio.timeout(context.timeout_s):
            status = await child.wait()
            # The child closes its answer before it ends; what the target left running may hold the log.
            await answer
    except TimeoutError:
        return None
    finally:
        await asyncio.shield(child.kill_tree())
        for reader in (answer, log):
            reader.cancel()
        await asyncio.gather(answer, log, return_exceptions=True)
        child.close()
    return Answered(status=status, stdout=bytes(stdout), stderr=stderr.text())


def without_value(kind: Any, message: str) -> Evidence:
    """Return the evidence of a call that left none."""
    return Evidence(has_value=False, error=CaseError(kind=kind, message=message))
