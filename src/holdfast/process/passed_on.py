"""What of an executor stays as it is where calls are made in another way? All but the calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from holdfast.model.call import AssessorCall
from holdfast.model.evidence import Assessment
from holdfast.ports import CallContext, Executor

__all__ = ["PassedOn"]


class PassedOn:
    """The part of an executor that the run's own goes on to carry out, validators among it.

    A condition or probe that makes the calls itself adds `call`, and takes its place in the context.
    """

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._executor: Executor = context.executor

    async def resolve(self, refs: Sequence[str]) -> Mapping[str, Literal["async", "sync"]]:
        return await self._executor.resolve(refs)

    async def assess(
        self, calls: Sequence[AssessorCall], value: Any, timeout_s: float
    ) -> tuple[Assessment, ...]:
        return await self._executor.assess(calls, value, timeout_s)

    def doing(self) -> Mapping[str, str]:
        return self._executor.doing()

    def pids(self) -> Mapping[str, int]:
        return self._executor.pids()

    def tasks(self) -> int:
        return self._executor.tasks()

    async def close(self) -> None:
        """Leave the run's executor open: it is not ours."""
