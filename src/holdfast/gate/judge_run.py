"""Which exit code has a run earned?

Precedence, first match wins:

    130  the user interrupted it
    5    no case was selected
    3    the books are open, or the time budget was spent        verdict incomplete
    1    a rule did not hold, because of failed or error cases,
         or for any reason but undecided ones                    verdict failed
    3    undecided cases, while the policy is "fail"             verdict undecided
    0    every rule held and at least one case passed            verdict passed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from holdfast.model.run import Counts, GateRule, Verdict
from holdfast.settings import GateSettings
from holdfast.text.format import format_share

__all__ = ["Decision", "books_closed", "decide"]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule with whether it held, and what follows from them together."""

    rules: tuple[GateRule, ...]
    verdict: Verdict
    exit_code: int


class _Judged(msgspec.Struct, frozen=True):
    """A rule, and the counts that explain why it did not hold."""

    rule: GateRule
    counts: Counts


def decide(
    totals: Counts,
    suites: Mapping[str, Counts],
    settings: GateSettings,
    *,
    is_complete: bool,
    budget_spent: bool,
    interrupted: bool,
    has_selection: bool,
    extra: Sequence[GateRule] = (),
) -> Decision:
    """Turn the counts of a run into its verdict and exit code.

    `suites` holds the counts of each suite of the run. `is_complete` is what the
    store says of planned and recorded cases; the counts must bear it out.
    `extra` are rules of others, such as a suite whose `after_all` went wrong.
    """
    books = _books(totals, suites, is_complete=is_complete)
    rates = [_Judged(_rate("success_rate", totals, settings.success_rate), totals)]
    rates += _suite_rates(suites, settings)
    passed = _passed(totals)
    flaky = _flaky(totals, settings)
    undecided = _undecided(totals, settings)
    rules = [books]
    if budget_spent:
        rules.append(GateRule(name="budget", held=False, message="the time budget was spent"))
    if interrupted:
        rules.append(GateRule(name="interrupt", held=False, message="the run was interrupted"))
    if not has_selection:
        rules.append(GateRule(name="selection", held=False, message="no case was selected"))
    rules += [judged.rule for judged in rates]
    rules += [passed, undecided, flaky, *extra]

    def end(verdict: Verdict, exit_code: int) -> Decision:
        return Decision(rules=tuple(rules), verdict=verdict, exit_code=exit_code)

    if interrupted:
        return end("incomplete", 130)
    if not has_selection:
        return end("undecided", 5)
    if budget_spent or not books.held:
        return end("incomplete", 3)
    unmet = [judged.counts for judged in [*rates, _Judged(passed, totals)] if not judged.rule.held]
    if not all(rule.held for rule in (flaky, *extra)) or any(
        not _is_only_undecided(counts, totals, settings) for counts in unmet
    ):
        return end("failed", 1)
    if unmet or not undecided.held:
        return end("undecided", 3)
    return end("passed", 0)


def books_closed(counts: Counts) -> bool:
    """Tell whether every planned case has a recorded result of exactly one status."""
    by_status = (counts.passed, counts.failed, counts.undecided, counts.error, counts.skipped)
    return (
        min(by_status) >= 0
        and counts.planned == counts.recorded == sum(by_status)
        and 0 <= counts.author_skipped <= counts.skipped
    )


def _books(totals: Counts, suites: Mapping[str, Counts], *, is_complete: bool) -> GateRule:
    open_suites = sorted(name for name, counts in suites.items() if not books_closed(counts))
    held = is_complete and books_closed(totals) and not open_suites
    message = ""
    if totals.recorded < totals.planned:
        missing = totals.planned - totals.recorded
        message = f"{missing:,} of {totals.planned:,} planned cases have no recorded result"
    elif open_suites:
        message = (
            f"planned and recorded cases differ in suite {', '.join(map(repr, open_suites[:5]))}"
        )
    elif not held:
        message = "planned and recorded cases differ"
    return GateRule(
        name="complete",
        held=held,
        threshold=totals.planned,
        observed=totals.recorded,
        message=message,
    )


def _suite_rates(suites: Mapping[str, Counts], settings: GateSettings) -> list[_Judged]:
    judged: list[_Judged] = []
    for name, gate in sorted(settings.suite.items()):
        rule_name = f"suite.{name}.success_rate"
        counts = suites.get(name)
        if counts is None:
            message = f"not judged: no case of suite {name!r} was in this run"
            rule = GateRule(name=rule_name, held=True, threshold=gate.success_rate, message=message)
        else:
            rule = _rate(rule_name, counts, gate.success_rate)
        judged.append(_Judged(rule, counts or Counts()))
    return judged


def _rate(name: str, counts: Counts, threshold: float) -> GateRule:
    base = counts.planned - counts.author_skipped
    rate = counts.success_rate
    # With nothing left to pass, not even a threshold of 0 is earned.
    held = base > 0 and rate >= threshold
    message = ""
    if base <= 0:
        message = f"no case is left to pass: all {counts.planned:,} were skipped by their author"
    elif not held:
        share = f"{format_share(rate)} (at least {format_share(threshold)})"
        message = f"{counts.passed:,} of {base:,} cases passed: {share}{_rest(counts)}"
    return GateRule(name=name, held=held, threshold=threshold, observed=rate, message=message)


def _rest(counts: Counts) -> str:
    lost = counts.skipped - counts.author_skipped
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (counts.failed, "failed"),
            (counts.error, "error"),
            (counts.undecided, "undecided"),
            (lost, "skipped"),
        )
        if number
    ]
    return f"; {', '.join(parts)}" if parts else ""


def _passed(totals: Counts) -> GateRule:
    message = "" if totals.passed > 0 else "no case passed"
    return GateRule(
        name="passed", held=totals.passed > 0, threshold=1, observed=totals.passed, message=message
    )


def _flaky(totals: Counts, settings: GateSettings) -> GateRule:
    is_refused = settings.flaky == "fail" and totals.flaky > 0
    message = ""
    if totals.flaky > 0 and settings.flaky != "ignore":
        message = f"attempts disagree in {totals.flaky:,} {_noun(totals.flaky)} (flaky = {settings.flaky!r})"
    return GateRule(
        name="flaky",
        held=not is_refused,
        threshold=0 if settings.flaky == "fail" else None,
        observed=totals.flaky,
        message=message,
    )


def _undecided(totals: Counts, settings: GateSettings) -> GateRule:
    is_refused = settings.undecided != "warn" and totals.undecided > 0
    message = ""
    if totals.undecided > 0:
        message = (
            f"the evidence cannot decide {totals.undecided:,} {_noun(totals.undecided)} "
            f"(undecided = {settings.undecided!r})"
        )
    return GateRule(
        name="undecided",
        held=not is_refused,
        threshold=0 if settings.undecided != "warn" else None,
        observed=totals.undecided,
        message=message,
    )


def _is_only_undecided(counts: Counts, totals: Counts, settings: GateSettings) -> bool:
    """Tell whether undecided cases alone explain a rule that did not hold.

    A suite without undecided cases of its own may have been skipped because it
    needs an undecided case of another one, hence the totals.
    """
    if settings.undecided == "warn" or counts.failed + counts.error > 0:
        return False
    return counts.undecided > 0 or (totals.undecided > 0 and counts.skipped > counts.author_skipped)


def _noun(number: int) -> str:
    return "case" if number == 1 else "cases"
