"""Is the plan as good as it says, on this machine?"""

from __future__ import annotations

from examples.parallel.say import require, say
from holdfast.parallel.task import validate_plan

__all__ = ["main"]


def main() -> None:
    """Hold the predicted speedup against the measured one, and the results against the loop."""
    found = validate_plan("examples.parallel.work:fetch", {"range": "0:60"}, rounds=2)
    low, high = found.predicted_interval or (0.0, 0.0)
    say(f"predicted {found.predicted:.2f}x [{low:.2f}, {high:.2f}], measured {found.measured:.2f}x")
    say(f"accuracy: {found.accuracy:.0%}, {found.grade}")
    require(found.equality, f"equal to the serial loop ({found.proof})")


if __name__ == "__main__":
    main()
