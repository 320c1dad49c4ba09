import logging

import pytest

from holdfast.cli.log import LogReporter, log_reporters, logging_to_stderr
from holdfast.model.case import Case, Target
from holdfast.model.plan import Plan
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow

CASE = Case(suite="s", id="a", target=Target(kind="command", spec={}))
ONCE = Attempt(n=1, status="passed", started_s=0.0, duration_s=1.0)
LOST = Attempt(n=1, status="error", started_s=0.0, duration_s=1.0, counts=False)


def say_all() -> None:
    reporter = LogReporter()
    reporter.run_started(RunRow(id="r1", seed=7, started=""), Plan(cases=(), suites={}))
    reporter.case_started(CASE, "worker-1")
    reporter.case_finished(CASE, Result(suite="s", id="a", status="passed", attempts=(ONCE,)))
    reporter.case_finished(CASE, Result(suite="s", id="a", status="passed", attempts=(LOST, ONCE)))
    reporter.event("stopping", {"reason": "enough"})
    reporter.event("bare", {})
    reporter.run_finished(RunRow(id="r1", seed=7, started="", verdict="passed", exit_code=0))


def said(level: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with logging_to_stderr(level):
        say_all()
        logging.getLogger("holdfast.pool").info("host-1 started")
        logging.getLogger("other").warning("not ours")
    lines = [line.split(maxsplit=2)[1:] for line in capsys.readouterr().err.splitlines()]
    return [f"{kind} {text}" for kind, text in lines if text != "not ours"]


def test_each_level_adds_to_the_one_above(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [
        "INFO run r1 starts: 0 cases, seed 7",
        "INFO s/a ended: passed after 2 attempts: lost with its process, passed",
        "INFO stopping, no more cases are started: enough",
        "INFO bare",
        "INFO run r1 ended: passed, exit code 0",
        "INFO host-1 started",
    ]

    assert said("warning", capsys) == []
    assert said("info", capsys) == steps
    assert said("debug", capsys) == [
        steps[0],
        "DEBUG s/a starts on worker-1",
        "DEBUG s/a ended: passed",
        *steps[1:],
    ]


def test_logging_is_left_as_it_was_found() -> None:
    logger = logging.getLogger("holdfast")
    before = (logger.level, logger.propagate, list(logger.handlers))

    with logging_to_stderr("debug"):
        assert logger.level == logging.DEBUG

    assert (logger.level, logger.propagate, logger.handlers) == before


def test_a_run_has_a_log_reporter_only_where_its_words_are_wanted() -> None:
    with logging_to_stderr("warning"):
        assert log_reporters() == []
    with logging_to_stderr("info"):
        assert [type(each) for each in log_reporters()] == [LogReporter]
