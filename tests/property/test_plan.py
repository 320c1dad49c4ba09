"""Is every plan a permutation in which needs come first, and always the same one?"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.case import Case, Target
from holdfast.plan.order import build_plan

TARGET = Target(kind="python", spec={"ref": "m:f"})


@st.composite
def case_lists(draw: st.DrawFn) -> list[Case]:
    size = draw(st.integers(1, 20))
    cases = []
    for index in range(size):
        needs = draw(st.sets(st.integers(0, index - 1), max_size=3)) if index else set()
        after = tuple(f"s/{need}" for need in sorted(needs))
        cases.append(
            Case(
                suite="s",
                id=str(index),
                target=TARGET,
                after=after,
                priority=draw(st.integers(-1, 2)),
            )
        )
    return draw(st.permutations(cases))


DURATIONS = st.dictionaries(
    st.integers(0, 19).map(lambda n: f"s/{n}"), st.floats(0, 100), max_size=20
)


@settings(max_examples=150, deadline=None)
@given(case_lists(), DURATIONS)
def test_needs_come_first_and_nothing_is_lost(
    cases: list[Case], durations: dict[str, float]
) -> None:
    def build() -> object:
        return build_plan(cases, suites={}, resources={}, durations=durations, seed=1, key=b"k")

    plan = build_plan(cases, suites={}, resources={}, durations=durations, seed=1, key=b"k")
    assert plan == build()
    assert sorted(planned.case.id for planned in plan.cases) == sorted(case.id for case in cases)
    for place, planned in enumerate(plan.cases):
        assert planned.index == place
        assert {plan.cases[need].case.full_id for need in planned.needs} == set(planned.case.after)
        assert all(need < place for need in planned.needs)
        assert planned.path_s >= planned.expected_s > 0
        assert all(plan.cases[need].path_s > planned.path_s for need in planned.needs)
