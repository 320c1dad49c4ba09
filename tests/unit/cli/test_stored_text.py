from holdfast.cli.change_text import change_text
from holdfast.cli.rules_text import rules_text
from holdfast.model.finding import Finding
from holdfast.model.result import Attempt, Result
from holdfast.model.run import Counts, GateRule, RunRow
from holdfast.model.summary import Summary
from holdfast.rejudge import Change, Rejudged, gate_again
from holdfast.report.paint import plain
from holdfast.report.view import view
from holdfast.settings import GateSettings

ROW = RunRow(
    id="r1", seed=3, started="2026-01-31T12:00:00+00:00", finished="2026-01-31T12:00:09+00:00"
)


def result(case_id: str, status: str, message: str = "") -> Result:
    finding = Finding(expectation="equals", status=status, message=message)  # type: ignore[arg-type]
    attempt = Attempt(n=1, status=status, started_s=0.0, duration_s=1.0, findings=(finding,))  # type: ignore[arg-type]
    return Result(suite="s", id=case_id, status=status, attempts=(attempt,))  # type: ignore[arg-type]


def rejudged(*changes: Change, judged: int = 1, unjudged: int = 0) -> Rejudged:
    return Rejudged(row=ROW, summary=Summary(), changes=changes, judged=judged, unjudged=unjudged)


def test_a_changed_status_is_told_with_its_reason_and_other_changes_are_counted() -> None:
    turned = Change(before=result("a", "passed"), after=result("a", "failed", "7 is no 8"))
    other = Change(before=result("b", "passed", "old"), after=result("b", "passed", "new"))

    assert change_text(rejudged(turned, other, judged=2, unjudged=1), plain) == (
        "s/a: passed -> failed\n"
        "  7 is no 8\n"
        "2 cases judged again: 1 with another status, 1 with other findings; "
        "1 without evidence stay as they were"
    )
    assert change_text(rejudged(), plain) == "1 case judged again: 0 with another status"


def test_a_long_list_of_changes_is_cut() -> None:
    change = Change(before=result("a", "failed"), after=result("a", "passed"))

    text = change_text(rejudged(*[change] * 60, judged=60), plain)

    assert text.count("failed -> passed") == 50
    assert "and 10 more" in text


def test_every_rule_is_told_with_its_numbers_or_its_message() -> None:
    rules = (
        GateRule(name="passed", held=True, threshold=1, observed=2),
        GateRule(name="flaky", held=True, observed=0),
        GateRule(name="budget", held=False, message="the time budget was spent"),
        GateRule(name="bare", held=True),
    )
    counts = Counts(planned=2, recorded=2, passed=2)
    row = RunRow(
        id="r1", seed=3, started="", finished="x", exit_code=3, verdict="incomplete", gate=rules
    )

    lines = rules_text(view(row, Summary(counts=counts)), plain).splitlines()

    assert lines[2:6] == [
        "held     passed: 2 (limit 1)",
        "held     flaky: 0",
        "not met  budget: the time budget was spent",
        "held     bare",
    ]


def test_the_gate_again_keeps_what_stopped_the_run_and_what_others_said() -> None:
    counts = Counts(planned=2, recorded=2, passed=2)
    summary = Summary(counts=counts)
    broken = GateRule(name="suite s", held=False, message="after_all: it broke")

    def again(*rules: GateRule, finished: str = "x") -> tuple[str, int | None]:
        row = RunRow(id="r", seed=1, started="", finished=finished, gate=rules)
        made = gate_again(row, summary, GateSettings())
        return made.verdict, made.exit_code

    assert again() == ("passed", 0)
    assert again(GateRule(name="budget", held=False)) == ("incomplete", 3)
    assert again(GateRule(name="interrupt", held=False)) == ("incomplete", 130)
    assert again(broken) == ("failed", 1)
    # What the gate itself said before is asked anew.
    assert again(GateRule(name="success_rate", held=False)) == ("passed", 0)
    assert again(GateRule(name="suite.s.success_rate", held=False)) == ("passed", 0)
    assert again(finished="") == ("incomplete", 3)
