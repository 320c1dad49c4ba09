"""Which plans do the tests of reporters run?"""

from __future__ import annotations

from holdfast.model.case import Case, Target
from holdfast.model.plan import Deselected, Plan, PlannedCase

__all__ = ["case", "plan"]


def case(full_id: str) -> Case:
    suite, _, case_id = full_id.partition("/")
    return Case(suite=suite, id=case_id, target=Target(kind="python", spec={}))


def plan(*full_ids: str, needed: int = 0, deselected: tuple[Deselected, ...] = ()) -> Plan:
    return Plan(
        cases=tuple(
            PlannedCase(index=index, case=case(full_id), key="")
            for index, full_id in enumerate(full_ids)
        ),
        suites={},
        needed=needed,
        deselected=deselected,
    )
