import msgspec

from holdfast.assembly.prepare import Prepared
from holdfast.cli.plan_text import fine_text, list_json, list_text, plan_text
from holdfast.model.case import Case, Target
from holdfast.model.plan import Deselected, Plan, PlannedCase, Resource
from holdfast.report.paint import plain


def case(case_id: str, **fields: object) -> Case:
    return msgspec.structs.replace(
        Case(suite="s", id=case_id, target=Target(kind="command", spec={})), **fields
    )


def prepared(*cases: Case, notes: tuple[str, ...] = (), **fields: object) -> Prepared:
    planned = tuple(
        PlannedCase(index=index, case=each, key="", expected_s=2.0, path_s=2.0)
        for index, each in enumerate(cases)
    )
    plan = Plan(cases=planned, suites={})
    return Prepared(plan=msgspec.structs.replace(plan, **fields), notes=notes)


def test_a_plan_is_told_in_its_order_with_needs_times_notes_and_what_is_left_out() -> None:
    made = prepared(
        case("first", tags=("e2e", "slow")),
        case("second", after=("s/first",)),
        has_history=True,
        deselected=(Deselected("s", "third", "not named"),),
        notes=("s.yaml:3: mind this",),
    )
    cases = (made.plan.cases[0], msgspec.structs.replace(made.plan.cases[1], needs=(0,)))
    made.plan = msgspec.structs.replace(made.plan, cases=cases)

    text = plan_text(made, slots=4, is_verbose=False, paint=plain)

    assert text == (
        "would run, in this order\n"
        "  1  s/first  #e2e #slow  2 s\n"
        "  2  s/second  2 s  after s/first\n\n"
        "deselected (1)\n  s/third: not named\n\n"
        "note: s.yaml:3: mind this\n\n"
        "expected time: at least 2 s, 4 s one after another"
    )


def test_the_expected_time_is_bound_by_slots_by_chains_and_by_permits() -> None:
    many = prepared(*(case(f"c{n}") for n in range(6)), has_history=True)
    scarce = prepared(
        *(case(f"c{n}", uses={"llm": 2}) for n in range(6)),
        has_history=True,
        resources={"llm": Resource(name="llm", permits=3)},
    )
    unknown = prepared(case("c"))

    def expected(made: Prepared, slots: int) -> str:
        return plan_text(made, slots=slots, is_verbose=False, paint=plain).splitlines()[-1]

    assert "at least 6 s, 12 s" in expected(many, 2)
    assert "at least 2 s, 12 s" in expected(many, 100)
    assert "at least 8 s, 12 s" in expected(scarce, 100)
    assert "not known" in expected(unknown, 1)


def test_a_long_plan_is_cut_unless_all_of_it_is_asked_for() -> None:
    made = prepared(*(case(f"c{n}") for n in range(60)))
    made.plan = msgspec.structs.replace(
        made.plan, deselected=tuple(Deselected("s", f"d{n}", "no") for n in range(70))
    )

    short = plan_text(made, slots=1, is_verbose=False, paint=plain)
    whole = plan_text(made, slots=1, is_verbose=True, paint=plain)

    assert "  and 10 more" in short
    assert "  and 20 more" in short
    assert "more" not in whole
    assert "s/d69: no" in whole


def test_the_last_word_counts_cases_and_suites() -> None:
    two = prepared(case("a"), msgspec.structs.replace(case("b"), suite="t"), needed=1)

    assert fine_text(prepared(case("a")).plan) == "1 case in 1 suite is fine"
    assert fine_text(two.plan) == "2 cases in 2 suites are fine (+1 needed)"


def test_a_list_has_one_id_per_line_and_why_others_are_missing_only_on_demand() -> None:
    made = prepared(
        case("a", tags=("e2e",)),
        case("b"),
        needed=1,
        deselected=(Deselected("s", "c", "tagged stress"),),
        notes=("a note",),
    )

    short = list_text(made, is_verbose=False, paint=plain)
    whole = list_text(made, is_verbose=True, paint=plain)

    assert short == "s/a  #e2e\ns/b\n\n2 cases (+1 needed), 1 deselected; --verbose says why"
    assert whole == (
        "s/a  #e2e\ns/b\n\ndeselected (1)\n  s/c: tagged stress\n\nnote: a note\n2 cases (+1 needed), 1 deselected"
    )


def test_a_list_as_json_is_plain_data() -> None:
    made = prepared(
        case("a", tags=("e2e",), source="s.yaml:3", priority=2, after=("s/b",)),
        deselected=(Deselected("s", "c", "tagged stress"),),
    )

    assert list_json(made) == {
        "cases": [
            {
                "id": "a",
                "suite": "s",
                "target": "command",
                "tags": ["e2e"],
                "source": "s.yaml:3",
                "priority": 2,
                "after": ["s/b"],
                "expected_s": None,
            }
        ],
        "needed": 0,
        "deselected": [{"id": "c", "suite": "s", "reason": "tagged stress"}],
        "notes": [],
    }


def test_what_an_author_wrote_cannot_move_the_cursor() -> None:
    made = prepared(case("\x1b[2J", tags=("\x1b[1m",)))

    assert "\x1b" not in list_text(made, is_verbose=True, paint=plain)
    assert "\x1b" not in plan_text(made, slots=1, is_verbose=True, paint=plain)
