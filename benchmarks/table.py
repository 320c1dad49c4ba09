"""How are the figures shown? As a table, in a terminal or in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.figure import Figure, Report, Requirement, Sample, Size, is_met
from benchmarks.machine import describe

__all__ = ["BEGIN", "END", "as_markdown", "as_text", "place"]

BEGIN = "<!-- results: begin -->"
END = "<!-- results: end -->"
HEAD = ("figure", "reached", "required", "rival in the same run", "ratio", "")
SIDE_HEAD = ("side", "wall", "CPU", "largest process", "tree")
NOT_REPORTED = "warning: size is '{size}'; only 'report' is what the rules ask for"


def as_text(report: Report) -> str:
    """Show a report with aligned columns: the machine, the figures, what each side took."""
    lines = [*_facts(report), "", *_align([HEAD, *_rows(report)]), ""]
    lines += _align([SIDE_HEAD, *_side_rows(report)])
    return "\n".join([*lines, *_problems(report)])


def as_markdown(report: Report) -> str:
    """Show a report as Markdown."""
    facts = [f"- {line}" for line in _facts(report)]
    figures = _grid([HEAD, *_rows(report)])
    sides = _grid([SIDE_HEAD, *_side_rows(report)])
    problems = [f"\n{line}" for line in _problems(report) if line]
    return "\n".join([*facts, "", *figures, "", *sides, *problems])


def place(text: str, section: str) -> str:
    """Put a section between the two marks of a text.

    Raises:
        ValueError: the marks are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the file must hold {BEGIN} and, behind it, {END}")
    return f"{before}{begin}\n\n{section}\n\n{end}{after}"


def _facts(report: Report) -> list[str]:
    facts = describe(report.machine)
    return facts if report.size == "report" else [*facts, NOT_REPORTED.format(size=report.size)]


def _figures(report: Report) -> Iterator[Figure]:
    for outcome in report.outcomes.values():
        yield from outcome.figures


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    for figure in _figures(report):
        rival = f"{_spread(figure.rival_reached, figure.unit)} {figure.rival}"
        yield (
            f"{figure.name}: {figure.what}",
            _spread(figure.reached, figure.unit),
            _required(figure.required, figure.unit),
            rival,
            _spread(figure.ratio, ""),
            _verdict(figure, report.size),
        )


def _verdict(figure: Figure, size: Size) -> str:
    met = is_met(figure, size)
    return "" if met is None else "met" if met else "MISSED"


def _required(required: Requirement | None, unit: str) -> str:
    if required is None:
        return ""
    sign = "<=" if required.at_most else ">="
    limit = _number(required.limit)
    of = "ratio " if required.of == "ratio" else ""
    by = " by all" if required.by == "worst" else ""
    return f"{of}{sign} {limit}{_unit('' if of else unit)}{by}"


def _side_rows(report: Report) -> Iterator[tuple[str, ...]]:
    for name, outcome in report.outcomes.items():
        for side, samples in outcome.samples.items():
            yield (
                f"{name}: {side}",
                _spread([sample.wall_s for sample in samples], "s"),
                _spread([sample.cpu_s for sample in samples], "s"),
                _memory(samples, "largest_bytes"),
                _memory(samples, "tree_bytes"),
            )


def _memory(samples: Sequence[Sample], field: str) -> str:
    """Return the highest of the peaks; a dash where none could be read."""
    peaks = [size for sample in samples if (size := getattr(sample, field)) is not None]
    return f"{max(peaks) / 1e6:.0f} MB" if peaks else "-"


def _problems(report: Report) -> Iterator[str]:
    for name, problem in report.problems.items():
        yield ""
        yield f"not measured: {name}: {problem}"


def _spread(values: Sequence[float], unit: str) -> str:
    """Return the median with its unit, and the range of more than one value."""
    # Makespans lie so close to 1 that the third decimal decides.
    show = "{:.3f}".format if unit == "x" else _number
    middle = f"{show(median(values))}{_unit(unit)}"
    return middle if len(values) == 1 else f"{middle} ({show(min(values))}-{show(max(values))})"


def _unit(unit: str) -> str:
    return f" {unit}" if unit[:1].isalpha() and unit != "x" else unit


def _number(value: float) -> str:
    """Return three significant digits, whole numbers with thousands separated."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}" if abs(value) >= 0.1 else f"{value:.2g}"


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _grid(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return [head, f"|{'---|' * len(rows[0])}", *body]
