"""How are the plain statistics of a benchmark asked for, shown and written?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from holdfast.cli.one_case import Finished, carry_case
from holdfast.errors import UsageError
from holdfast.measure.bench_json import read_benchmarks, write_benchmarks
from holdfast.measure.tester_case import FACT
from holdfast.measure.tester_result import PerformanceResult
from holdfast.text.format import format_duration, format_number, format_share
from holdfast.text.templates import escape
from holdfast.text.units import parse_duration

__all__ = ["plain_statistics"]

COLUMNS = ("mean", "median", "std_dev", "min", "max", "p95", "p99")
STORED = (".json", ".json.gz")


def plain_statistics(options: Mapping[str, Any], arguments: Mapping[str, Any]) -> int:
    """Time a target in a worker, or read stored benchmarks; show them; return the exit code.

    Raises:
        UsageError: a number makes no sense, or a file cannot be read or written.
    """
    for name, least in (("iterations", 1), ("warmup", 0), ("concurrency", 1)):
        if options[name] < least:
            raise UsageError(f"--{name} must be at least {least}, got {options[name]}")
    if options["write"] and not Path(options["write"]).absolute().parent.is_dir():
        raise UsageError(
            f"--write must name a file in a folder that exists, got {options['write']!r}"
        )
    if options["target"].endswith(STORED):
        results = read_benchmarks(options["target"])
        _write(options, results)
        _show(options, results, {"exit_code": 0}, [])
        return 0
    if options["target"].endswith(".py") and not Path(options["target"]).is_file():
        raise UsageError(f"bench must be given a file that exists, got {options['target']!r}")
    case = _case(options, arguments)
    flags = {"store": options["store"], "output": options["output"]}
    finished = carry_case("bench", case, flags=flags, progress=False)
    facts = finished.evidence.facts if finished.evidence else {}
    results = msgspec.convert(facts.get(FACT, ()), list[PerformanceResult])
    worked = [each for each in results if each.times_s]
    if worked:
        _write(options, worked)
    told = {"run": finished.run_id, "exit_code": finished.exit_code}
    _show(options, results, told, _verdict(finished))
    return finished.exit_code


def _case(options: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    target: str = options["target"]
    return {
        "id": target,
        "python": "holdfast.measure.tester_case:measure_target",
        "with": {
            "target": escape(target),
            "arguments": arguments,
            "timeout_s": parse_duration(options["timeout"]),
            **{name: options[name] for name in ("iterations", "warmup", "concurrency")},
        },
        "timeout": options["timeout"],
        "uses": {"machine": 1},
        "expect": [{"python": "holdfast.measure.tester_case:judge_benchmarks"}],
    }


def _write(options: Mapping[str, Any], results: Sequence[PerformanceResult]) -> None:
    if options["write"]:
        write_benchmarks(options["write"], results, format=options["format"])


def _show(
    options: Mapping[str, Any],
    results: Sequence[PerformanceResult],
    told: Mapping[str, Any],
    verdict: Sequence[str],
) -> None:
    if options["as_json"]:
        found = {**told, FACT: results}
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    click.echo("\n".join([*(line for each in results for line in _lines(each)), *verdict]))


def _lines(result: PerformanceResult) -> list[str]:
    lost = f", {result.failed} failed" if result.failed else ""
    warm = f" after {result.warmup} to warm up" if result.warmup else ""
    if result.warmup_failed:
        warm += f", {result.warmup_failed} of them failed"
    at_once = f", {result.concurrency} at once" if result.concurrency > 1 else ""
    lines = [
        f"{result.name}: {result.succeeded:,} of {result.iterations:,} calls{at_once}{lost}{warm}"
    ]
    figures = {name: getattr(result, name) for name in COLUMNS}
    shown = [
        f"{name} {format_duration(value)}" for name, value in figures.items() if value is not None
    ]
    if result.cv is not None:
        shown.append(f"CV {format_share(result.cv, digits=3)}")
    if result.throughput is not None:
        shown.append(f"{format_number(result.throughput)} calls/s")
    lines += [f"  {', '.join(shown)}"] if shown else []
    return [*lines, *(f"  {count} times {error}" for error, count in result.errors.items())]


def _verdict(finished: Finished) -> list[str]:
    result = finished.result
    lines: list[str] = []
    if result is not None:
        messages = [finding.message for finding in result.findings if finding.message]
        lines.append(f"{result.status.upper()}  {'; '.join(messages or [result.reason])}")
    return [*lines, f"run: {finished.run_id}", *(f"report: {path}" for path in finished.reports)]
