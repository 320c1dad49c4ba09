"""The process that holds a comparison for a case: `python -m holdfast.measure.compare_child`.

Reads a request as JSON from its standard input and answers with JSON on its standard output.
"""

from __future__ import annotations

import sys

import msgspec

from holdfast.measure.aa_selftest import aa
from holdfast.measure.compare_case import Answer, Request
from holdfast.measure.compare_versions import compare

__all__ = ["answer", "main"]


def main() -> int:
    """Carry out the request of the standard input."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    if request.root:
        sys.path.insert(0, request.root)
    sys.stdout.buffer.write(msgspec.json.encode(answer(request)))
    return 0


def answer(request: Request) -> Answer:
    """Compare both versions, or one with itself."""
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


if __name__ == "__main__":
    sys.exit(main())
