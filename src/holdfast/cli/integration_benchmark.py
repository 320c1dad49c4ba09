"""holdfast integration benchmark: time the code of a file in an executor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import click
import msgspec

from holdfast.cli.repl_show import table
from holdfast.cli.repl_timing import Timing, timing_of, timing_rows
from holdfast.clock import monotonic
from holdfast.errors import UsageError
from holdfast.session.executor import AsyncExecutor
from holdfast.session.protocol import ExecutionResult
from holdfast.text.format import format_duration, format_number
from holdfast.text.units import parse_duration

__all__ = ["command"]

TAIL = ("p95", "p99")
PERCENTILE = {"median": "median (p50)"}


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What the executions took, each for itself and all together."""

    timing: Timing
    concurrency: int
    wall_s: float

    @property
    def throughput(self) -> float:
        """Executions that succeeded, per second."""
        return self.timing.times.n / self.wall_s if self.timing.times and self.wall_s else 0.0


@click.command("benchmark")
@click.argument("file", metavar="FILE")
@click.option(
    "--iterations",
    type=click.IntRange(1, 1_000_000),
    default=100,
    show_default=True,
    help="Executions that count.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="How many at once, each in a process of its own.",
)
@click.option(
    "--warmup",
    type=click.IntRange(0, 1_000_000),
    default=10,
    show_default=True,
    help="Executions before, in all; they are not counted.",
)
@click.option("--timeout", default="30s", show_default=True, help="How long one may take.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(**options: Any) -> int:
    """Run the code of FILE again and again in an executor and tell how long it takes.

    \b
    Each execution begins without names, in an interpreter that is up already. Its
    time is taken inside, from the first statement to the last. Failures are counted
    and not timed.

    \b
    holdfast integration benchmark rule.py --iterations 200 --concurrency 4 --warmup 20

    \b
    exit code: 0 all succeeded · 1 some failed · 2 wrong usage
    """  # noqa: D301 - click wants the character \b itself
    code = _read(options["file"])
    timeout_s = _timeout(options["timeout"])

    async def measure() -> Measured:
        return await _measure(
            code,
            iterations=options["iterations"],
            concurrency=options["concurrency"],
            warmup=options["warmup"],
            timeout_s=timeout_s,
        )

    found = anyio.run(measure)
    if options["as_json"]:
        click.echo(msgspec.json.format(msgspec.json.encode(_json(found, options["file"]))).decode())
    else:
        click.echo(_text(found))
    return 1 if found.timing.failed else 0


async def _measure(
    code: str, *, iterations: int, concurrency: int, warmup: int, timeout_s: float
) -> Measured:
    async with AsyncExecutor(workers=concurrency, timeout_s=timeout_s) as executor:
        # Every process must be up before the clock runs, however few warm-ups were asked for.
        await _execute(executor, "None", concurrency, concurrency)
        await _execute(executor, code, warmup, concurrency)
        begun = monotonic()
        results = await _execute(executor, code, iterations, concurrency)
        wall_s = monotonic() - begun
    failures = [_failure(each) for each in results if not each.success]
    timing = timing_of(
        [each.execution_time_s for each in results if each.success],
        warmup=warmup,
        failed=len(failures),
        first_failure=failures[0] if failures else "",
    )
    return Measured(timing=timing, concurrency=concurrency, wall_s=wall_s)


async def _execute(
    executor: AsyncExecutor, code: str, times: int, concurrency: int
) -> list[ExecutionResult]:
    """Execute code so many times, so many at once; a lane begins anew when its last one ended."""
    results: list[ExecutionResult] = []
    turns = iter(range(times))

    async def lane() -> None:
        results.extend([await executor.execute(code) for _ in turns])

    async with anyio.create_task_group() as lanes:
        for _ in range(min(concurrency, times)):
            lanes.start_soon(lane)
    return results


def _failure(result: ExecutionResult) -> str:
    text = str(result.error) if result.error else result.status
    return text.partition("\n")[0][:300]


def _read(name: str) -> str:
    try:
        code = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"FILE must be a text file that can be read, got {name!r} ({reason})"
        ) from error
    if not code.strip():
        raise UsageError(f"FILE must hold code, got {name!r}, which is empty")
    return code


def _timeout(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--timeout must be a duration, got {text!r} ({error})") from error
    if seconds <= 0:
        raise UsageError(f"--timeout must be above 0, got {text!r}")
    return seconds


def _text(found: Measured) -> str:
    rows: Sequence[tuple[str, str]] = [
        *timing_rows(found.timing, tail=TAIL),
        ("concurrency", f"{found.concurrency:,}"),
        ("wall", format_duration(found.wall_s)),
        ("throughput", f"{format_number(found.throughput)}/s"),
    ]
    return table([(PERCENTILE.get(name, name), value) for name, value in rows])


def _json(found: Measured, name: str) -> dict[str, Any]:
    timing, times = found.timing, found.timing.times
    return {
        "file": name,
        "iterations": timing.iterations,
        "warmup": timing.warmup,
        "concurrency": found.concurrency,
        "failed": timing.failed,
        "first_failure": timing.first_failure,
        "wall_s": found.wall_s,
        "throughput_per_s": found.throughput,
        "times_s": None
        if times is None
        else {
            "mean": times.mean,
            "median": times.p50,
            "sd": times.stdev if times.n > 1 else None,
            "min": times.min,
            "max": times.max,
            "p50": times.p50,
            "p95": times.p95,
            "p99": times.p99,
            "cv": timing.cv,
        },
    }
