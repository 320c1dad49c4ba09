"""Which benchmarks run, and where do the figures go? `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from benchmarks import (
    async_noop,
    baseline,
    capabilities,
    compare,
    doubles,
    help_time,
    leaks,
    makespan,
    memory,
    monitor,
    protocol,
    session,
    sync_noop,
)
from benchmarks.figure import FORMAT, Outcome, Report, Size, is_met
from benchmarks.machine import read_machine
from benchmarks.measure import ROOT, NotMeasured
from benchmarks.parallel import regret
from benchmarks.table import as_markdown, as_text, place

__all__ = ["BENCHMARKS", "main", "measure_all"]

Benchmark = Callable[[Size, Path], Outcome]

BENCHMARKS: Mapping[str, Benchmark] = {
    "async_noop": async_noop.measure,
    "sync_noop": sync_noop.measure,
    "makespan": makespan.measure,
    "memory": memory.measure,
    "help": help_time.measure,
    "leaks": leaks.measure,
    "monitor": monitor.measure,
    "session": session.measure,
    "parallel": regret.measure,
    "compare": compare.measure,
    "baseline": baseline.measure,
    "capabilities": capabilities.measure,
    "doubles": doubles.measure,
    "protocol": protocol.measure,
}
# Beside the checkout's other caches: on the disk on which one works, not in a memory file system.
FOLDER = ROOT / ".cache" / "benchmarks"


def measure_all(names: Sequence[str], size: Size, folder: Path) -> Report:
    """Run the benchmarks one after the other; one that cannot be measured is a problem."""
    machine = read_machine(folder)
    outcomes: dict[str, Outcome] = {}
    problems: dict[str, str] = {}
    for name in names:
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=folder) as own:
            try:
                outcomes[name] = BENCHMARKS[name](size, Path(own))
            except NotMeasured as error:
                problems[name] = str(error)
    return Report(size=size, machine=machine, outcomes=outcomes, problems=problems)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, or read what was measured, and show it; 1 when a required figure is missed."""
    parser = _parser()
    options = parser.parse_args(argv)
    if unknown := sorted(set(options.names) - set(BENCHMARKS)):
        parser.error(f"no such benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    if options.saved is not None:
        report = _read(options.saved)
    else:
        options.folder.mkdir(parents=True, exist_ok=True)
        report = measure_all(options.names or list(BENCHMARKS), options.size, options.folder)
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    _show(report, options.markdown)
    return 0 if _is_good(report) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the figures that holdfast promises. Exit code 1: one is missed.",
        epilog=f"benchmarks: {', '.join(BENCHMARKS)}",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones; all by default")
    parser.set_defaults(size="report")
    sizes = parser.add_mutually_exclusive_group()
    for size, what in (
        ("quick", "tiny sizes, once: shows that the benchmarks work"),
        ("tune", "other sizes and seeds than those that are reported"),
    ):
        sizes.add_argument(f"--{size}", dest="size", action="store_const", const=size, help=what)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the raw numbers")
    parser.add_argument(
        "--from", dest="saved", type=Path, metavar="FILE", help="show kept numbers, measure nothing"
    )
    parser.add_argument(
        "--markdown",
        nargs="?",
        const="-",
        metavar="FILE",
        help="print Markdown, or put it between the marks of FILE",
    )
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, metavar="DIR", help="where the work is written"
    )
    return parser


def _read(path: Path) -> Report:
    report = msgspec.json.decode(path.read_bytes(), type=Report)
    if report.format != FORMAT:
        raise SystemExit(f"{path}: format must be {FORMAT!r}, got {report.format!r}")
    return report


def _show(report: Report, markdown: str | None) -> None:
    if markdown is None:
        print(as_text(report))
    elif markdown == "-":
        print(as_markdown(report))
    else:
        path = Path(markdown)
        path.write_text(place(path.read_text(), as_markdown(report)))


def _is_good(report: Report) -> bool:
    """Tell whether all was measured and nothing that is required is missed."""
    figures = [figure for outcome in report.outcomes.values() for figure in outcome.figures]
    return not report.problems and all(
        is_met(figure, report.size) is not False for figure in figures
    )


if __name__ == "__main__":
    sys.exit(main())
