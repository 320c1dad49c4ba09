"""What does each setting mean, in one line?"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ABOUT"]

# By dotted name; `holdfast schema settings` shows them in editors.
ABOUT: Mapping[str, str] = {
    "workers": "processes for sync Python; auto is one per usable core",
    "slots": "cases in flight at once, of all kinds together",
    "store": "where evidence is kept: a sqlite or postgresql URL",
    "timeout": "how long an attempt may take, unless its case says otherwise",
    "budget": "how long the whole run may take; empty is without end",
    "seed": "the seed of all randomness; a run without one picks and prints it",
    "select": "an expression of tags, such as not slow and not stress",
    "per_suite": "only the first cases of each suite; 0 is all",
    "include_stress": "also run cases tagged stress",
    "exclude_slow": "leave out cases tagged slow",
    "security": "run security cases",
    "database_url": "the database of the system under test, for cases and services",
    "base_url": "the address of a system that already runs",
    "http_timeout": "how long an HTTP request may take, unless its case says otherwise",
    "load_duration": "how long load lasts, unless its case says otherwise",
    "concurrency": "requests in flight under load, unless the case says otherwise",
    "max_failures": "stop after so many failed or errored cases; 0 never stops",
    "cached": "reuse a passed result where nothing has changed",
    "log_level": "the least severity of what holdfast says about its own work",
    "report": "the formats of the report",
    "output": "the folder of the reports; empty is a new one below .holdfast/reports",
    "durations": "how many of the slowest cases the summary lists",
    "progress": "draw live progress",
    "monitor": "watch the processes of a run: memory, CPU, cases that take unusually long",
    "in_process": "run user code in holdfast's own process, for a debugger",
    "resources": "what only so much may be used of at once",
    "services": "processes under test, which holdfast starts, or the addresses of running ones",
    "links": "TCP addresses that the system under test talks to",
    "suites": "named groups of case files and Python files, as globs",
    "gate": "what turns a run into an exit code",
    "gate.success_rate": "the least share of cases that must pass",
    "gate.undecided": "whether an undecided case fails the run or warns",
    "gate.flaky": "whether a flaky pass is ignored, warned about or fails the run",
    "gate.suite": "stricter shares for single suites",
    "secrets": "what must never be shown",
    "secrets.env": "variables whose values are secret though their names do not say so",
    "profiles": "named sets of settings that lie over those of the file",
}
