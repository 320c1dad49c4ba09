"""The process that holds a comparison for a case: `python -m holdfast.measure.compare_child`.

Reads a request as JSON from its standard input and answers with JSON on its standard output.
"""

from __future__ import annotations

import sys

import msgspec

from holdfast.measure.aa_selftest import aa
from holdfast.measure.baseline_sitting import take_sitting
from holdfast.measure.compare_case import Answer, Request
from holdfast.measure.compare_versions import compare
from holdfast.measure.lockstep import NotMeasured
from holdfast.measure.verdict import Comparison
from holdfast.measure.version import Version
from holdfast.measure.version_place import PlaceFailed

__all__ = ["answer", "main"]


def main() -> int:
    """Carry out the request of the standard input."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    if request.root:
        sys.path.insert(0, request.root)
    sys.stdout.buffer.write(msgspec.json.encode(answer(request)))
    return 0


def answer(request: Request) -> Answer:
    """Compare both versions, or one with itself, or measure one for a baseline."""
    rules = request.rules
    new = request.new.version()
    if request.aa:
        test = aa(
            new,
            comparisons=request.aa,
            slower=rules.slower,
            floor=rules.floor,
            alpha=rules.alpha,
            unit=rules.unit,
            budget_s=request.budget_s,
            launches=request.launches,
            seed=request.seed,
        )
        return Answer(self_test=test)
    if request.is_sitting:
        return _sitting(request, new)
    found = compare(
        request.base.version(),
        new,
        slower=rules.slower,
        floor=rules.floor,
        alpha=rules.alpha,
        unit=rules.unit,
        budget_s=request.budget_s,
        launches=request.launches,
        seed=request.seed,
    )
    return Answer(comparison=found)


def _sitting(request: Request, new: Version) -> Answer:
    rules = request.rules
    try:
        found = take_sitting(
            new,
            unit=rules.unit,
            budget_s=request.budget_s,
            launches=request.launches,
            seed=request.seed,
        )
    except (NotMeasured, PlaceFailed) as error:
        return Answer(comparison=Comparison(status="error", reason=str(error), rules=rules))
    return Answer(sitting=found)


if __name__ == "__main__":
    sys.exit(main())
