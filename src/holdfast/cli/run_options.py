"""What can `holdfast run` be told? Flags become settings and a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import click
import msgspec

from holdfast.assembly.request import Request
from holdfast.errors import UsageError
from holdfast.settings import Settings

__all__ = ["RunFlags", "formats", "run_options", "selection_options"]

# Flags that are settings: (parameter, dotted name of the setting).
AS_SETTINGS = {
    "workers": "workers",
    "slots": "slots",
    "seed": "seed",
    "timeout": "timeout",
    "budget": "budget",
    "log_level": "log_level",
    "max_failures": "max_failures",
    "store": "store",
    "output": "output",
    "report": "report",
    "durations": "durations",
    "cached": "cached",
    "in_process": "in_process",
    "exclude_slow": "exclude_slow",
    "include_stress": "include_stress",
    "per_suite": "per_suite",
    "progress": "progress",
}


class RunFlags(msgspec.Struct, frozen=True, kw_only=True):
    """The flags of one call.

    `settings` are those that override settings, `asked` the fields of a `Request`.
    """

    settings: Mapping[str, Any]
    asked: Mapping[str, Any]
    profile: str = ""
    dry_run: bool = False
    collect_only: bool = False
    quiet: bool = False
    verbose: bool = False

    def request(self, settings: Settings, origins: Mapping[str, str]) -> Request:
        """Return what was asked for."""
        return Request(settings=settings, origins=origins, **self.asked)


SELECTION: tuple[Callable[[Any], Any], ...] = (
    click.argument("paths", nargs=-1, metavar="[PATH|SUITE|ID]..."),
    click.option(
        "-m",
        "marks",
        default="",
        metavar="EXPR",
        help='Only cases whose tags fit, as in "e2e and not slow".',
    ),
    click.option(
        "-k", "keyword", default="", metavar="TEXT", help="Only cases whose id contains the text."
    ),
    click.option(
        "--suite",
        "suites",
        multiple=True,
        metavar="NAME...",
        help="Only these suites: every word up to the next flag.",
    ),
    click.option("--quick", is_flag=True, help="Only the first 2 cases of each suite."),
    click.option("--exclude-slow", is_flag=True, default=None, help="Leave out cases tagged slow."),
    click.option(
        "--include-stress", is_flag=True, default=None, help="Also run cases tagged stress."
    ),
    click.option("--rerun-failed", is_flag=True, help="Only what did not pass in the last run."),
    click.option(
        "--only-errors", is_flag=True, help="Only what could not be carried out in the last run."
    ),
    click.option("--store", metavar="URL", help="Where evidence is kept."),
    click.option("--profile", default="", metavar="NAME", help="A profile of the settings file."),
    click.option(
        "--seed", type=int, metavar="N", help="Replay a run: the source of all randomness."
    ),
)

RUNNING: tuple[Callable[[Any], Any], ...] = (
    click.option("-n", "--workers", metavar="N|auto", help="Processes for synchronous Python."),
    click.option(
        "--slots",
        type=click.IntRange(1),
        metavar="N",
        help="How many cases may be in flight at once.",
    ),
    click.option("--sequential", is_flag=True, help="One case at a time."),
    click.option(
        "--parallel", is_flag=True, help="As many at once as slots and permits allow (the default)."
    ),
    click.option(
        "--in-process",
        is_flag=True,
        default=None,
        help="Run Python here, for a debugger; protects nothing.",
    ),
    click.option(
        "--timeout", metavar="DURATION", help="Time limit of an attempt that has none of its own."
    ),
    click.option("--budget", metavar="DURATION", help="Stop starting cases after this long."),
    click.option(
        "--cached", is_flag=True, default=None, help="Take over passed results of unchanged cases."
    ),
    click.option("-x", "--fail-fast", is_flag=True, help="Stop at the first failure."),
    click.option(
        "--max-failures", type=click.IntRange(1), metavar="N", help="Stop after N failures."
    ),
    click.option(
        "--resume", default="", metavar="RUN", help="Go on with a run: its id, last, last~N."
    ),
    click.option(
        "--update",
        is_flag=True,
        help="Write snapshots instead of comparing with them, add to baselines.",
    ),
    click.option("--dry-run", is_flag=True, help="Show what would run, and run nothing."),
    click.option("--collect-only", is_flag=True, help="List the cases, as `holdfast list` does."),
)

QUIET = click.option("--quiet", is_flag=True, help="Show only the end.")
VERBOSE = click.option(
    "--verbose", is_flag=True, help="One line per finished case; all that is listed, with reasons."
)

SHOWING: tuple[Callable[[Any], Any], ...] = (
    click.option("-o", "--output", metavar="DIR", help="Folder for the reports."),
    click.option(
        "--report", metavar="FORMATS", help="Reports to write, with commas between: json,html."
    ),
    click.option(
        "--durations", type=click.IntRange(0), metavar="N", help="Show the N slowest cases."
    ),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        help="How much is logged.",
    ),
    click.option("-s", "echo", is_flag=True, help="Show what cases print, as it comes."),
    QUIET,
    VERBOSE,
    click.option("--no-progress", is_flag=True, help="Draw nothing while the run goes on."),
)


# Every name under which click may hand a flag of `run` over.
_NAMES = frozenset(
    {
        *AS_SETTINGS,
        *RunFlags.__struct_fields__,
        *Request.__struct_fields__,
        *("quick", "parallel", "fail_fast", "no_progress"),
    }
)


def run_options(function: Callable[[RunFlags], Any]) -> Callable[..., Any]:
    """Give a command every flag of `run`; it gets them as `RunFlags`."""

    @wraps(function)
    def wrapper(**values: Any) -> Any:
        return function(_flags(values))

    return _decorated(wrapper, (*SELECTION, *RUNNING, *SHOWING))


def selection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags of `run` that select cases; options of its own are handed through."""

    @wraps(function)
    def wrapper(**values: Any) -> Any:
        own = {name: values.pop(name) for name in set(values) - _NAMES}
        return function(_flags(values), **own)

    return _decorated(wrapper, (*SELECTION, VERBOSE, QUIET))


def formats(text: str) -> tuple[str, ...]:
    """Read the names of reports, with commas between."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _decorated(
    wrapper: Callable[..., Any], options: tuple[Callable[[Any], Any], ...]
) -> Callable[..., Any]:
    for option in reversed(options):
        wrapper = option(wrapper)
    return wrapper


def _flags(values: dict[str, Any]) -> RunFlags:
    if values.get("sequential") and values.get("parallel"):
        raise UsageError("--sequential and --parallel must not be given together")
    if values.pop("quick", False):
        values["per_suite"] = 2
    if values.pop("fail_fast", False):
        values["max_failures"] = 1
    if values.pop("no_progress", False):
        values["progress"] = False
    if values.get("report") is not None:
        values["report"] = formats(values["report"])
    if isinstance(values.get("workers"), str):
        values["workers"] = _workers(values["workers"])
    settings = {
        name: values[key] for key, name in AS_SETTINGS.items() if values.get(key) is not None
    }
    asked = {key: values[key] for key in Request.__struct_fields__ if key in values}
    own = {key: values[key] for key in RunFlags.__struct_fields__ if key in values}
    return RunFlags(settings=settings, asked=asked, **own)


def _workers(text: str) -> int | str:
    if text == "auto" or (text.isdigit() and int(text) > 0):
        return text if text == "auto" else int(text)
    raise UsageError(f"--workers must be a whole number of at least 1 or 'auto', got {text!r}")
