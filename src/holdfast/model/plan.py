"""What will run, in which order, and why not the rest?"""

from __future__ import annotations

import msgspec

from holdfast.model.case import Case, Suite

__all__ = [
    "CORES",
    "MACHINE",
    "MEMORY",
    "Deselected",
    "Plan",
    "PlannedCase",
    "PlannedRow",
    "Resource",
    "hundredths",
    "mebibytes",
]

# Resources of the machine itself. Every case holds one permit of the machine while any case asks for
# more; memory is counted in MiB and cores in hundredths, of what `requires` asks for.
MACHINE = "machine"
MEMORY = "(memory)"
CORES = "(cpus)"


def mebibytes(size_bytes: int) -> int:
    """Return a size in MiB, rounded up."""
    return -(-size_bytes // 2**20)


def hundredths(cores: float) -> int:
    """Return cores in hundredths, at least one."""
    return max(1, round(cores * 100))


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Something of which only so much may be used at once.

    `permits` bound what is in flight; `rate_s` is the least time between two
    starts, 0 for none; `breaker` consecutive connection failures or timeouts open
    the breaker, 0 for none.
    """

    name: str
    permits: int = 1
    rate_s: float = 0.0
    breaker: int = 5


class PlannedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its place in the plan.

    `needs` are indexes into `Plan.cases`. `expected_s` is the expected duration
    and `path_s` that plus the longest chain that waits on it. `key` identifies
    the case's content across runs. `has_templates` is false where there is
    certainly nothing to fill in.
    """

    index: int
    case: Case
    key: str
    needs: tuple[int, ...] = ()
    expected_s: float = 0.0
    path_s: float = 0.0
    seed: int = 0
    has_templates: bool = True


class Deselected(msgspec.Struct, frozen=True):
    """A case that will not run in this run, and why."""

    suite: str
    id: str
    reason: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All cases of a run, in the order in which they are offered to the scheduler.

    `needed` counts the cases that were added only because a selected one needs
    them. `resources` holds every resource that a case names.
    """

    cases: tuple[PlannedCase, ...]
    suites: dict[str, Suite]
    resources: dict[str, Resource] = {}
    deselected: tuple[Deselected, ...] = ()
    needed: int = 0
    has_history: bool = False


class PlannedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A planned case as the store keeps it: enough to judge, resume and report."""

    index: int
    suite: str
    id: str
    key: str
    tags: tuple[str, ...] = ()
    source: str = ""
    case: Case | None = None
