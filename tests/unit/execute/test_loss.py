from holdfast.execute.loss import suspected
from holdfast.model.evidence import CaseError
from holdfast.model.result import Attempt
from holdfast.process.reaper_client import ReaperGone

GONE = ReaperGone("the reaper is gone")


def attempt(*tags: str) -> Attempt:
    error = CaseError(kind="crash", message="lost", tags=tags)
    return Attempt(n=1, status="error", started_s=0.0, duration_s=0.0, error=error, counts=False)


def test_those_lost_with_the_reaper_are_suspected_and_no_others() -> None:
    attempts = {"s/b": [attempt("lost", "reaper")], "s/a": [attempt("lost")], "s/c": []}
    assert suspected(GONE, ["s/new"], attempts).message == (
        "the reaper is gone; in flight when it ended: s/b"
    )


def test_what_runs_is_suspected_when_no_call_was_lost_before() -> None:
    running = [f"s/{n}" for n in range(7)]
    assert suspected(GONE, running, {}).message.endswith("s/0, s/1, s/2, s/3, s/4 and 2 more")


def test_nobody_is_suspected_where_nothing_ran() -> None:
    assert suspected(GONE, [], {}) is GONE
