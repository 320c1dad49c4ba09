"""How are plans and comparisons of parallel maps told on a terminal?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast.report.clean import clean
from holdfast.report.paint import Paint
from holdfast.report.parallel_view import (
    ComparedView,
    EntryView,
    EqualityView,
    PlanView,
    TunedView,
    ValidatedView,
    shares,
    times_text,
)
from holdfast.text.format import format_duration, format_number, format_share

__all__ = ["compared_text", "explained_text", "plan_text", "tuned_text", "validated_text"]

BAR = 40
MARKS = {"work": "█", "start": "▓", "bytes": "▒", "dispatch": "░", "deciding": "·", "idle": " "}
MAX_ROWS = 20
STYLES = {
    "equal": "passed",
    "equal_within": "passed",
    "impure": "undecided",
    "mutates_input": "failed",
    "differs": "failed",
}


def plan_text(plan: PlanView, *, is_long: bool) -> str:
    """Return a plan; in full, all that was measured and decided."""
    if is_long:
        return clean_all(plan.explained)
    lines = [
        f"executor   {plan.executor}",
        f"n_jobs     {plan.n_jobs}",
        f"chunksize  {plan.chunksize}",
        f"speedup    {times_text(plan.estimated_speedup)} {_between(plan.speedup_interval)}",
        f"reason     {clean(plan.reason)}",
        *(f"warning    {clean(warning)}" for warning in plan.warnings),
    ]
    return "\n".join(lines)


def explained_text(entries: Sequence[EntryView]) -> str:
    """Return what each strategy measured and decided."""
    return "\n\n".join(
        f"{each.name}\n{plan_text(each.plan, is_long=True)}"
        for each in entries[:MAX_ROWS]
        if each.plan is not None
    )


def compared_text(found: ComparedView, paint: Paint) -> str:
    """Return a table, where the time went, and the speedup by workers."""
    head = (
        f"{clean(found.func)} over {format_number(found.items)} items, "
        f"{_count(found.rounds, 'round')} side by side, {_count(found.cores, 'core')}"
    )
    parts = [
        head,
        "\n".join(_table(found.entries, paint)),
        "\n".join(_breakdown(found.entries)),
        "\n".join(_curve(found)),
        f"best: {found.best}" if found.best else "",
    ]
    return "\n\n".join(part for part in parts if part)


def tuned_text(found: TunedView, paint: Paint) -> str:
    """Return the best, how far the map's own choice is from it, and what was tried."""
    head = (
        f"{clean(found.func)} over {format_number(found.items)} items: "
        f"{found.tried} of {found.planned} runs within the budget, "
        f"{len(found.entries)} ways, {_count(found.cores, 'core')}"
    )
    lines: list[str] = []
    if found.best_s is not None:
        lines.append(f"best     {found.best}  {format_duration(found.best_s)}")
    if found.best_over_bound is not None and found.bound_s is not None:
        lines.append(
            f"bound    {format_duration(found.bound_s)} for all cores; "
            f"the best takes {found.best_over_bound:.2f}x of it"
        )
    if found.regret is not None:
        lines.append(f"regret   {found.regret:.2f}x: what the map decides itself, over the best")
    return "\n\n".join([head, "\n".join(_table(found.entries, paint)), "\n".join(lines)])


def validated_text(found: ValidatedView, paint: Paint) -> str:
    """Return what was predicted beside what was measured, and whether the results are equal."""
    rows = [
        ("map", f"{clean(found.func)} over {format_number(found.items)} items"),
        ("run as", found.strategy),
        ("serial", format_duration(found.serial_s)),
        ("parallel", format_duration(found.parallel_s)),
        ("predicted", _predicted(found)),
        ("measured", _measured(found)),
    ]
    if found.accuracy is not None:
        rows.append(("accuracy", f"{format_share(round(found.accuracy, 3))}, {found.grade}"))
    rows.append(("equality", _equality(found.equality, paint)))
    rows.append(("proof", clean(found.proof)))
    lines = [f"{name:<10} {text}" for name, text in rows]
    if found.equality.status in {"differs", "mutates_input"}:
        lines.append(f"  serial     {clean(repr(found.equality.serial))[:300]}")
        lines.append(f"  parallel   {clean(repr(found.equality.parallel))[:300]}")
    return "\n".join(lines)


def clean_all(text: str) -> str:
    """Clean each line of a text."""
    return "\n".join(clean(line) for line in text.splitlines())


def _predicted(found: ValidatedView) -> str:
    if found.predicted is None or found.predicted_interval is None:
        return "nothing: the strategy was given"
    held = "holds what was measured" if found.is_within else "missed what was measured"
    return f"{times_text(found.predicted)} {_between(found.predicted_interval)}, {held}"


def _measured(found: ValidatedView) -> str:
    between = _between(found.measured_interval)
    return f"{times_text(found.measured)} {between} in {_count(found.rounds, 'round')}"


def _between(interval: tuple[float, float]) -> str:
    low, high = (times_text(each).rstrip("x") for each in interval)
    return f"[{low}, {high}]"


def _equality(equality: EqualityView, paint: Paint) -> str:
    place = "" if equality.index is None else f" at item {equality.index}"
    word = paint(equality.status, STYLES.get(equality.status, "undecided"))
    return f"{word}{place}: {clean(equality.detail)}"


def _table(entries: Sequence[EntryView], paint: Paint) -> Iterator[str]:
    width = max([8, *(len(each.name) for each in entries[:MAX_ROWS])])
    yield f"{'strategy':<{width}}  {'time':>9}  {'speedup [low, high]':<22}  {'regret':>7}  result"
    for each in entries[:MAX_ROWS]:
        if each.median_s is None:
            word = paint("not run", "undecided")
            yield f"{each.name:<{width}}  {word}: {clean(each.error) or 'the budget was spent'}"
            continue
        speedup = ""
        if each.speedup is not None:
            speedup = f"{times_text(each.speedup)} {_between((each.low or 0, each.high or 0))}"
        result = paint("equal", "passed")
        if each.differs:
            result = f"{paint('differs', 'failed')}: {clean(each.differs)}"
        regret = times_text(each.regret)
        time = format_duration(each.median_s)
        yield f"{each.name:<{width}}  {time:>9}  {speedup:<22}  {regret:>7}  {result}"
    if len(entries) > MAX_ROWS:
        yield f"and {len(entries) - MAX_ROWS} slower ones"


def _breakdown(entries: Sequence[EntryView]) -> Iterator[str]:
    shown = [each for each in entries if each.median_s is not None][:MAX_ROWS]
    if not shown:
        return
    legend = "  ".join(f"{mark} {part}" for part, mark in MARKS.items() if mark.strip())
    yield f"where the time went  ({legend}, blank: idle)"
    width = max(len(each.name) for each in shown)
    for each in shown:
        parts = shares(each)
        bar = "".join(MARKS[part.part] * round(part.share * BAR) for part in parts)[:BAR]
        told = ", ".join(f"{part.part} {part.share:.0%}" for part in parts if part.share >= 0.01)
        yield f"{each.name:<{width}}  |{bar:<{BAR}}|  {told}"


def _curve(found: ComparedView) -> Iterator[str]:
    """Draw a bar of the speedup for each number of workers; `|` is where Amdahl's law puts it."""
    timed = [
        each
        for each in found.entries
        if each.speedup is not None and each.n_jobs and each.chunksize is None
    ]
    points = sorted((each.executor, each.n_jobs or 1, each.speedup or 0.0) for each in timed)
    if not points:
        return
    predicted = dict(found.amdahl)
    top = max([*(speedup for _, _, speedup in points), *predicted.values(), 1.0])
    yield "speedup by workers  (│ by Amdahl's law)"
    before = ""
    for executor, workers, speedup in points:
        cells = list(f"{'█' * round(speedup / top * BAR):<{BAR + 1}}")
        law = predicted.get(workers) if executor == "process" else None
        if law is not None:
            cells[min(BAR, round(law / top * BAR))] = "│"
        name = "" if executor == before else executor
        before = executor
        told = "" if law is None else f"  (law {law:.2f}x)"
        yield f"{name:<11} {workers:>3}  {''.join(cells)} {times_text(speedup)}{told}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
