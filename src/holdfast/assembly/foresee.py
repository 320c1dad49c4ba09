"""What would run, if it were run now? Nothing is started unless a Python file has to be imported."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack

from holdfast.assembly.components import Components
from holdfast.assembly.prepare import Prepared, prepare
from holdfast.assembly.request import Request, Workplace
from holdfast.errors import NothingSelected
from holdfast.execute.wire import Collected
from holdfast.ports import Store

__all__ = ["foresee", "refuse_nothing"]


async def foresee(request: Request, place: Workplace, store: Store) -> Prepared:
    """Read, check, select and order the cases as a run would.

    Raises:
        ProblemsError: everything that is wrong with the sources.
        NothingSelected: there is no source.
    """
    async with AsyncExitStack() as stack:
        started: list[Components] = []

        async def collect(path: str) -> Collected:
            if not started:
                started.append(Components(place, f"plan-{secrets.token_hex(3)}", request))
                await stack.enter_async_context(started[0])
            return await started[0].executor.collect(path)

        settings = request.settings
        return await prepare(
            request,
            place,
            store,
            seed=settings.seed or 0,
            slots=1 if request.sequential else settings.slots,
            collect=collect,
        )


def refuse_nothing(prepared: Prepared) -> None:
    """Refuse a plan without a case.

    Raises:
        NothingSelected: no case was selected, and why.
    """
    if prepared.plan.cases:
        return
    reasons = {each.reason for each in prepared.plan.deselected}
    if not reasons:
        raise NothingSelected("the sources hold no case", hint="write one below `cases:`")
    message = f"no case was selected: {'; '.join(sorted(reasons)[:5])}"
    raise NothingSelected(message, hint="`holdfast list --verbose` shows what there is")
