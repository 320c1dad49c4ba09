"""holdfast bench: time a target, or compare it with another version of it, or with itself."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, cast

import click
import msgspec
from click.core import ParameterSource

from holdfast.cli.bench_baseline import keep_sitting, sitting_lines
from holdfast.cli.bench_file import plain_statistics
from holdfast.cli.one_case import Finished, carry_case
from holdfast.errors import UsageError
from holdfast.measure.aa_selftest import SelfTest, check_gate
from holdfast.measure.compare_case import BASELINE
from holdfast.text.format import format_duration, format_share
from holdfast.text.templates import escape
from holdfast.text.units import parse_share

__all__ = ["command"]


MODES = ("against", "aa", "save_baseline")
ANY_MODE = "--against, --aa or --save-baseline"
OF_VERDICTS = ("by", "floor", "alpha", "comparisons")
OF_MEASUREMENTS = ("unit", "budget", "launches", "seed", "is_command")
OF_STATISTICS = ("iterations", "warmup", "write", "format")


@click.command("bench")
@click.argument("target", metavar="TARGET")
@click.option(
    "--against",
    metavar="REF",
    help="A git revision, another module:function, JSON of a version, or `baseline`.",
)
@click.option("--aa", is_flag=True, help="Compare TARGET with itself: what can this machine tell?")
@click.option(
    "--save-baseline", is_flag=True, help="Measure TARGET and add that to its stored baseline."
)
@click.option(
    "--by", default="5%", show_default=True, metavar="SHARE", help="What must not be reached."
)
@click.option("--floor", default=None, metavar="SHARE", help="What is no slow-down yet.")
@click.option("--alpha", default="1%", show_default=True, help="How often a verdict may be false.")
@click.option("--unit", type=click.Choice(["auto", "cpu", "wall"]), default="auto")
@click.option("--budget", default="2s", show_default=True, help="How long to measure.")
@click.option(
    "--launches", type=int, default=3, show_default=True, help="Fresh processes, at least."
)
@click.option("--comparisons", type=int, default=30, show_default=True, help="How many, with --aa.")
@click.option(
    "--iterations", type=int, default=100, show_default=True, help="Timed calls, without --against."
)
@click.option(
    "--warmup", type=int, default=10, show_default=True, help="Calls before them, not timed."
)
@click.option("--concurrency", type=int, default=1, show_default=True, help="Calls at once.")
@click.option("--write", metavar="PATH", default=None, help="Also write the times as JSON.")
@click.option(
    "--format",
    type=click.Choice(["pytest-benchmark", "pyperf"]),
    default="pytest-benchmark",
    show_default=True,
    help="Of --write.",
)
@click.option("--with", "arguments", metavar="JSON", default="{}", help="Arguments of the target.")
@click.option("--command", "is_command", is_flag=True, help="TARGET is a command line.")
@click.option("--timeout", default="30m", show_default=True, help="How long it may take in all.")
@click.option("--seed", type=int, default=None, help="Replays the order of the pairs.")
@click.option("--json", "as_json", is_flag=True, help="Print the evidence as JSON.")
@click.option("--store", metavar="URL", default=None, help="Where the evidence is kept.")
@click.option("-o", "--output", metavar="DIR", default=None, help="Where the reports go.")
@click.pass_context
def command(context: click.Context, **options: Any) -> int:
    """Time TARGET, or compare it with another version of it.

    TARGET is module:function, path.py:function, or a file. Of a Python file the functions
    bench_* are timed, else the file itself, run from top to bottom; a JSON file of
    pytest-benchmark or pyperf is shown. These are plain statistics, of this moment.

    With --against, old and new run as processes that take turns, in several fresh
    launches, until one of two things is proven: it is slower, or it is not by SHARE.

    A stored baseline is of another time: it says less, and how much less. Saving adds a
    sitting to baselines/bench/TARGET.json; comparing takes all sittings of this class
    of machine and this interpreter.

    \b
    holdfast bench bench_cart.py --iterations 200 --warmup 20 --concurrency 4
    holdfast bench shop.cart:total --write cart.json
    holdfast bench shop.cart:total --against main
    holdfast bench shop.cart:total --against '{"install": ["shop==1.2"]}' --by 10%
    holdfast bench "shop --version" --command --against main
    holdfast bench shop.cart:total --aa
    holdfast bench shop.cart:total --save-baseline
    holdfast bench shop.cart:total --against baseline --by 20%

    \b
    exit code: 0 fine, saved, or all calls worked · 1 slower, failed, or not measured
               2 wrong usage · 3 undecided
    """  # noqa: D301 - click wants the character \b itself
    given = {
        name
        for name in options
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    _check_mode(options, given)
    if not any(options[name] for name in MODES):
        return plain_statistics(options, _arguments(options["arguments"]))
    case = _case(options)
    flags = {"store": options["store"], "output": options["output"], "seed": options["seed"]}
    finished = carry_case("bench", case, flags=flags, progress=False)
    facts = finished.evidence.facts if finished.evidence else {}
    kept: list[str] = []
    if options["save_baseline"] and BASELINE in facts:
        kept = [keep_sitting(facts[BASELINE])]
    if options["as_json"]:
        told = {"run": finished.run_id, "exit_code": finished.exit_code, **facts}
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        click.echo("\n".join([*_lines(finished, facts), *kept]))
    if options["aa"] and "by" in given and "self_test" in facts:
        check_gate(_self_test(facts), parse_share(options["by"]))
    return finished.exit_code


def _check_mode(options: Mapping[str, Any], given: set[str]) -> None:
    """Refuse options that do not belong together.

    Raises:
        UsageError: they do not.
    """
    modes = [name for name in MODES if options[name]]
    if len(modes) > 1:
        raise UsageError(f"bench must be given only one of {ANY_MODE}")
    if "against" not in modes and "aa" not in modes:
        _refuse(given, OF_VERDICTS, "with --against or --aa")
    if modes:
        _refuse(given, OF_STATISTICS, f"without {ANY_MODE}")
    else:
        _refuse(given, OF_MEASUREMENTS, f"with {ANY_MODE}")


def _refuse(given: set[str], names: Sequence[str], where: str) -> None:
    """Refuse options that would do nothing."""
    flags = [f"--{name.removeprefix('is_')}" for name in names if name in given]
    if flags:
        raise UsageError(f"{', '.join(flags)} must be given {where}")


def _case(options: Mapping[str, Any]) -> dict[str, Any]:
    target: str = options["target"]
    names = ("by", "floor", "alpha", "unit", "budget", "launches", "concurrency")
    params = {name: options[name] for name in names if options[name] is not None}
    case: dict[str, Any] = {"id": target, "timeout": options["timeout"]}
    if options["is_command"]:
        case["command"] = [escape(word) for word in shlex.split(target)]
    else:
        case |= {"python": escape(target), "with": _arguments(options["arguments"])}
    if options["aa"]:
        params["aa"] = options["comparisons"]
        return {**case, "paired": params, "expect": ["completes"]}
    if options["save_baseline"]:
        return {**case, "paired": {**params, "than": BASELINE}, "expect": ["completes"]}
    params["than"] = _than(options["against"])
    return {**case, "expect": [{"not_slower": params}]}


def _than(text: str) -> Any:
    return _arguments(text, option="--against") if text.startswith("{") else text


def _arguments(text: str, *, option: str = "--with") -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise UsageError(f"{option} must be a JSON object, got {text!r} ({error})") from error
    if not isinstance(found, dict):
        raise UsageError(f"{option} must be a JSON object, got {text!r}")
    return cast("dict[str, Any]", found)


def _self_test(facts: Mapping[str, Any]) -> SelfTest:
    return msgspec.convert(facts["self_test"], SelfTest)


def _lines(finished: Finished, facts: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    if "self_test" in facts:
        lines += _told(_self_test(facts))
    elif BASELINE in facts:
        lines += sitting_lines(facts[BASELINE])
    elif "comparison" in facts:
        lines += _witnesses(facts["comparison"])
    result = finished.result
    if result is not None:
        messages = [finding.message for finding in result.findings if finding.message]
        lines.append(f"{result.status.upper()}  {'; '.join(messages or [result.reason])}")
    return [*lines, f"run: {finished.run_id}", *(f"report: {path}" for path in finished.reports)]


def _told(test: SelfTest) -> list[str]:
    return [
        f"{test.comparisons} comparisons of identical code: {test.false_alarms} false alarms"
        f" (below {format_share(test.false_alarm_high)} with 95 % confidence),"
        f" {test.fine} fine, {test.undecided} undecided",
        f"smallest slow-down that is found in nine of ten: {test.detectable or 0.0:.1%}",
    ]


def _witnesses(found: Mapping[str, Any]) -> list[str]:
    noise = found["noise"]
    if noise is None:
        return []
    stalled = "" if noise["stalled"] is None else f", CPU short {noise['stalled']:.0%} of the time"
    return [
        f"old {format_duration(found['base_s'])}, new {format_duration(found['new_s'])} per call"
        f" ({'CPU' if found['clock'] == 'cpu' else 'wall'} time), e-value {found['e_value']:.3g}",
        f"CPU share {noise['cpu_share']:.0%} (quietest {noise['quiet_cpu_share']:.0%}), pushed aside"
        f" {noise['pushed_per_s']:.0f} times per second, launches apart by"
        f" {noise['launch_sd']:.2%}{stalled}",
    ]
