"""holdfast leak: call a function again and again and tell whether anything stays."""

from __future__ import annotations

from typing import Any, cast

import click
import msgspec

from holdfast.cli.one_case import Finished, carry_case
from holdfast.errors import UsageError
from holdfast.model.leak import CHANNELS, LeakReport, LeakSite
from holdfast.text.format import format_number
from holdfast.text.templates import escape

__all__ = ["command"]


@click.command("leak")
@click.argument("target", metavar="TARGET")
@click.option(
    "--iterations", type=int, default=1200, show_default=True, help="Calls of a first look."
)
@click.option("--checkpoints", type=int, default=12, show_default=True, help="How often to count.")
@click.option(
    "--channels", default="all", show_default=True, help=f"Some of {', '.join(CHANNELS)}."
)
@click.option("--with", "arguments", metavar="JSON", default="{}", help="Arguments of the target.")
@click.option(
    "--confirm/--no-confirm", default=True, help="Look longer at what grows, and for its lines."
)
@click.option("--timeout", default="10m", show_default=True, help="How long it may take in all.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--store", metavar="URL", default=None, help="Where the evidence is kept.")
@click.option("-o", "--output", metavar="DIR", default=None, help="Where the reports go.")
def command(**options: Any) -> int:
    """Call TARGET, module:function, again and again and tell whether anything stays.

    \b
    holdfast leak shop.cart:add_item
    holdfast leak shop.cart:add_item --with '{"count": 3}' --channels blocks,fds

    \b
    exit code: 0 clean · 1 leaks · 2 wrong usage · 3 growing, but not proven
    """  # noqa: D301 - click wants the character \b itself
    target: str = options["target"]
    case = {
        "id": target,
        "python": escape(target),
        "with": _arguments(options["arguments"]),
        "timeout": options["timeout"],
        "leak": {
            "iterations": options["iterations"],
            "checkpoints": options["checkpoints"],
            "channels": _channels(options["channels"]),
            "confirm": options["confirm"],
        },
        "expect": ["no_leak"],
    }
    flags = {"store": options["store"], "output": options["output"]}
    finished = carry_case("leak", case, flags=flags, progress=False)
    report = _report(finished)
    if options["as_json"]:
        told = {"run": finished.run_id, "exit_code": finished.exit_code, "report": report}
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        click.echo("\n".join(_lines(finished, report)))
    return finished.exit_code


def _arguments(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise UsageError(f"--with must be a JSON object, got {text!r} ({error})") from error
    if not isinstance(found, dict):
        raise UsageError(f"--with must be a JSON object, got {text!r}")
    return cast("dict[str, Any]", found)


def _channels(text: str) -> str | list[str]:
    return "all" if text == "all" else [name.strip() for name in text.split(",") if name.strip()]


def _report(finished: Finished) -> LeakReport | None:
    fact = finished.evidence.facts.get("leak") if finished.evidence else None
    return None if fact is None else msgspec.convert(fact, LeakReport)


def _lines(finished: Finished, report: LeakReport | None) -> list[str]:
    result = finished.result
    lines: list[str] = []
    if report is not None:
        lines += [f"{'channel':<10}{'verdict':<10}{'per call':>12}  unit"]
        for each in report.channels:
            number = "" if each.status == "absent" else format_number(each.per_call)
            told = f"{each.name:<10}{each.status:<10}{number:>12}  {each.unit}"
            lines.append(f"{told}  ({each.note})" if each.note else told)
        if report.sites:
            lines += ["", "what stays is allocated here, per call:"]
        lines += [_site(site) for site in report.sites]
        lines.append("")
    if result is not None:
        messages = [finding.message for finding in result.findings] or [result.reason]
        lines.append(f"{result.status.upper()}  {'; '.join(messages)}")
    lines += [f"run: {finished.run_id}", *(f"report: {path}" for path in finished.reports)]
    return lines


def _site(site: LeakSite) -> str:
    what = "allocations of C code" if site.native else "objects"
    by = f"  ({site.native})" if site.native else ""
    size = format_number(site.bytes_per_call)
    return f"  {site.objects_per_call:.2f} {what}, {size} bytes  {site.place}  {site.text}{by}"
