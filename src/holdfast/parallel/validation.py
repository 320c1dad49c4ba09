"""Does a planned map keep what its plan predicted, and does it equal the serial loop?"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.parallel.contest import difference
from holdfast.parallel.facts import PlanFacts, facts_of
from holdfast.parallel.failure import NotPicklable
from holdfast.parallel.maps import execute, optimize
from holdfast.parallel.plan import Plan
from holdfast.parallel.proof import verify
from holdfast.parallel.strategy import Strategy
from holdfast.parallel.verdict import Equality

__all__ = ["Validated", "validate_map"]

GRADES = ((0.9, "excellent"), (0.75, "good"), (0.6, "moderate"))


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """A plan against what came of it.

    `predicted` is the plan's speedup within `predicted_interval`, None where the caller
    chose for himself; `measured` the median over rounds of serial seconds over parallel
    ones, `measured_interval` the least and the greatest. `accuracy` is 1 - the error over
    the greater of both.
    """

    func: str
    items: int
    rounds: int
    strategy: str
    plan: PlanFacts
    serial_s: float
    parallel_s: float
    measured: float
    measured_interval: tuple[float, float]
    equality: Equality
    predicted: float | None = None
    predicted_interval: tuple[float, float] | None = None
    is_within: bool | None = None
    accuracy: float | None = None
    grade: str = ""
    proof: str = ""


def validate_map(
    func: Callable[[Any], Any],
    items: Callable[[], Sequence[Any]],
    *,
    name: str,
    chosen: Strategy | None = None,
    rounds: int = 3,
    tolerance: float | None = None,
    tell: Callable[[str, int, int], None] | None = None,
    **options: Any,
) -> Validated:
    """Run the serial loop and the planned map in turn; the first round proves equality.

    `chosen` takes the place of the plan. Where the plan is serial, equality is proven with
    processes: a serial run compared with itself would prove nothing.
    """
    plan = optimize(func, items())
    strategy = chosen or _strategy_of(plan)
    serial: list[float] = []
    parallel: list[float] = []
    proven = Equality(status="differs", detail="nothing was run")
    ran = plan
    first: list[Any] = []
    for number in range(rounds):
        if tell is not None:
            tell("round", number + 1, rounds)
        began = monotonic()
        loop = [func(item) for item in items()]
        serial.append(monotonic() - began)
        results, ran = _run(
            func, items(), strategy, prove=not number, tolerance=tolerance, options=options
        )
        parallel.append(max(ran.profile.total_s, 1e-9))
        if number == 0:
            first = results
            if ran.equality is not None:
                proven = ran.equality
        elif proven:
            proven = _judge_again(number, proven, (first, loop), results, tolerance=tolerance)
    how = f"{strategy.name}, the measured run itself"
    if strategy.executor in {"serial", "auto"} and ran.executor == "serial":
        proven, how = _prove_forced(func, items(), tolerance)
    return _outcome(
        name=name,
        items=len(first),
        strategy=strategy,
        planned=None if chosen else plan,
        ran=facts_of(ran),
        serial=serial,
        parallel=parallel,
        equality=proven,
        proof=how,
    )


def _strategy_of(plan: Plan) -> Strategy:
    if plan.executor == "serial":
        return Strategy(executor="serial")
    return Strategy(executor=plan.executor, n_jobs=plan.n_jobs, chunksize=plan.chunksize)


def _run(
    func: Callable[[Any], Any],
    items: Sequence[Any],
    strategy: Strategy,
    *,
    prove: bool,
    tolerance: float | None,
    options: dict[str, Any],
) -> tuple[list[Any], Plan]:
    results: list[Any]
    results, plan = execute(
        func,
        items,
        executor=None if strategy.executor == "auto" else strategy.executor,
        n_jobs=strategy.n_jobs,
        chunksize=strategy.chunksize,
        verify="full" if prove else "cover",
        tolerance=tolerance if prove else None,
        return_plan=True,
        **options,
    )
    return results, plan


def _judge_again(
    number: int,
    proven: Equality,
    loops: tuple[list[Any], list[Any]],
    results: list[Any],
    *,
    tolerance: float | None,
) -> Equality:
    """Return the verdict after a later round: the loop gives what it gave, and so does the map."""
    drifted = difference(*loops, tolerance=tolerance)
    if drifted:
        detail = f"round {number + 1}: the serial loop gave another value, {drifted}"
        return Equality(status="impure", detail=detail)
    found = difference(loops[1], results, tolerance=tolerance)
    return Equality(status="differs", detail=f"round {number + 1}: {found}") if found else proven


def _prove_forced(
    func: Callable[[Any], Any], items: Sequence[Any], tolerance: float | None
) -> tuple[Equality, str]:
    """Compare with two processes; with two threads where the values cannot travel."""
    proven = verify(func, items, executor="process", n_jobs=2, tolerance=tolerance)
    if isinstance(getattr(proven.parallel, "error", None), NotPicklable):
        return (
            verify(func, items, executor="thread", n_jobs=2, tolerance=tolerance),
            "forced into 2 threads, since the plan is serial and a value cannot travel",
        )
    return proven, "forced into 2 processes, since the plan is serial"


def _outcome(
    *,
    name: str,
    items: int,
    strategy: Strategy,
    planned: Plan | None,
    ran: PlanFacts,
    serial: list[float],
    parallel: list[float],
    equality: Equality,
    proof: str,
) -> Validated:
    ratios = [one / other for one, other in zip(serial, parallel, strict=True)]
    measured = statistics.median(ratios)
    predicted = planned.estimated_speedup if planned else None
    bounds = planned.speedup_interval if planned else None
    accuracy = None
    if predicted is not None:
        accuracy = 1 - abs(predicted - measured) / max(predicted, measured)
    return Validated(
        func=name,
        items=items,
        rounds=len(serial),
        strategy=strategy.name,
        plan=ran,
        serial_s=statistics.median(serial),
        parallel_s=statistics.median(parallel),
        measured=measured,
        measured_interval=(min(ratios), max(ratios)),
        equality=equality,
        predicted=predicted,
        predicted_interval=bounds,
        is_within=None if bounds is None else bounds[0] <= measured <= bounds[1],
        accuracy=accuracy,
        grade="" if accuracy is None else grade_of(accuracy),
        proof=proof,
    )


def grade_of(accuracy: float) -> str:
    """Name how near a prediction came.

    >>> grade_of(0.8), grade_of(0.2)
    ('good', 'poor')
    """
    return next((word for least, word in GRADES if accuracy >= least), "poor")
