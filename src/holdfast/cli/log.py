"""What is logged while a run goes on, and where to? To stderr, for whoever asks with --log-level."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from holdfast.model.case import Case
from holdfast.model.plan import Plan
from holdfast.model.result import Result
from holdfast.model.run import RunRow
from holdfast.ports import Reporter
from holdfast.report.start_text import event_sentence

__all__ = ["LogReporter", "log_reporters", "logging_to_stderr"]

LOGGER = logging.getLogger("holdfast")
FORMAT = "%(asctime)s.%(msecs)03d %(levelname)-7s %(message)s"


@contextmanager
def logging_to_stderr(level: str) -> Generator[None]:
    """Write what the loggers below `holdfast` say at this level or above; other loggers are left alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT, datefmt="%H:%M:%S"))
    before = LOGGER.level, LOGGER.propagate
    LOGGER.addHandler(handler)
    LOGGER.setLevel(level.upper())
    LOGGER.propagate = False
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(before[0])
        LOGGER.propagate = before[1]


def log_reporters() -> list[Reporter]:
    """Return the reporter that logs, where anything of what it says is wanted."""
    return [LogReporter()] if LOGGER.isEnabledFor(logging.INFO) else []


class LogReporter:
    """Logs what a run tells its reporters: its steps at `info`, every attempt at `debug`.

    What was retried, lost or stopped early is `info` as well: the console says it.
    """

    def run_started(self, row: RunRow, plan: Plan) -> None:
        LOGGER.info("run %s starts: %d cases, seed %d", row.id, len(plan.cases), row.seed)

    def case_started(self, case: Case, worker: str) -> None:
        LOGGER.debug("%s starts%s", case.full_id, f" on {worker}" if worker else "")

    def case_finished(self, case: Case, result: Result) -> None:
        level = logging.DEBUG
        tries = ""
        if len(result.attempts) > 1:
            level = logging.INFO
            each = ", ".join(
                _attempt(attempt.status, attempt.counts) for attempt in result.attempts
            )
            tries = f" after {len(result.attempts)} attempts: {each}"
        LOGGER.log(level, "%s ended: %s%s", case.full_id, result.status, tries)

    def event(self, name: str, facts: Mapping[str, Any]) -> None:
        LOGGER.info("%s", event_sentence(name, facts))

    def run_finished(self, row: RunRow) -> None:
        LOGGER.info("run %s ended: %s, exit code %s", row.id, row.verdict, row.exit_code)


def _attempt(status: str, counts: object) -> str:
    return status if counts else "lost with its process"
