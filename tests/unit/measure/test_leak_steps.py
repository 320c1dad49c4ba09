"""Is tracing asked for on suspicion only, and memray only where lines of Python do not explain it?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.measure.leak_check import MEASURE
from holdfast.measure.leak_child import Answer
from holdfast.measure.leak_count import Counted, LeakRequest
from holdfast.measure.leak_sites import Sites
from holdfast.measure.leak_steps import (
    NO_LINE,
    NO_MEMRAY,
    NOT_SEEN,
    TargetFailed,
    is_unexplained,
    leak_steps,
)
from holdfast.model.leak import ChannelGrowth, LeakReport, LeakSite

PYTHON = LeakSite(place="a.py:1", objects_per_call=1.0, bytes_per_call=100.0)
NATIVE = LeakSite(place="a.py:2", objects_per_call=1.0, bytes_per_call=256.0, native="strdup")


def grown(name: str, per_call: float, status: Any = "leaks") -> ChannelGrowth:
    return ChannelGrowth(name=name, unit="", status=status, per_call=per_call)


def carried_out(
    *channels: ChannelGrowth, sites: Any = (), native: Any = None, **options: Any
) -> tuple[LeakReport, list[str]]:
    """Return the report, and the phases that were asked for."""
    steps = leak_steps(LeakRequest(folder="", **options))
    phases: list[str] = []
    answer: Any = None
    while True:
        try:
            request = steps.send(answer)
        except StopIteration as end:
            return end.value, phases
        phases.append(request.phase)
        answer = {
            "count": Answer(counted=Counted(calls=1200, first=1188, channels=channels)),
            "sites": Answer(sites=Sites(calls=400, sites=tuple(sites))),
            "native": Answer(sites=native),
        }[request.phase]


def test_what_is_clean_is_not_traced() -> None:
    report, phases = carried_out(grown("rss", 3.0, "clean"))
    assert (report.status, report.notes, phases) == ("clean", (), ["count"])


def test_lines_of_python_that_explain_the_growth_are_enough() -> None:
    report, phases = carried_out(grown("rss", 125.0), grown("blocks", 1.0), sites=[PYTHON])
    assert (report.sites, report.notes, phases) == ((PYTHON,), (), ["count", "sites"])


def test_memory_that_they_do_not_explain_is_looked_for_in_c_code() -> None:
    native = Sites(calls=400, sites=(NATIVE,))
    report, phases = carried_out(grown("heap", 360.0), sites=[PYTHON], native=native)
    assert (report.sites, report.notes) == ((NATIVE, PYTHON), ())
    assert phases == ["count", "sites", "native"]


def test_growth_that_is_not_proven_is_looked_for_too() -> None:
    native = Sites(calls=400, sites=(NATIVE,))
    report, _ = carried_out(grown("rss", 360.0, "growing"), native=native)
    assert (report.status, report.sites) == ("undecided", (NATIVE,))


def test_without_memray_it_is_named_with_the_way_to_get_it() -> None:
    native = Sites(calls=0, missing="No module named 'memray'")
    report, _ = carried_out(grown("heap", 360.0), native=native)
    assert (report.sites, report.notes) == ((), (NO_MEMRAY,))
    assert "pip install 'holdfast[memray]'" in NO_MEMRAY


def test_what_neither_of_them_sees_is_said() -> None:
    report, _ = carried_out(grown("heap", 360.0), native=Sites(calls=400))
    assert report.notes == (NOT_SEEN,)


def test_most_of_the_growth_is_explained_enough_to_say_no_more() -> None:
    report, phases = carried_out(grown("heap", 150.0), sites=[PYTHON], native=Sites(calls=400))
    assert (report.sites, report.notes) == ((PYTHON,), ())
    assert phases == ["count", "sites", "native"]


def test_what_is_no_memory_is_not_looked_for_in_c_code() -> None:
    report, phases = carried_out(grown("fds", 1.0))
    assert (report.notes, phases) == ((NO_LINE,), ["count", "sites"])


def test_without_confirmation_nothing_is_traced() -> None:
    _, phases = carried_out(grown("heap", 360.0), confirm=False)
    assert phases == ["count"]


@pytest.mark.parametrize(
    ("channels", "held", "expected"),
    [
        ((), 0.0, False),
        (("blocks",), 0.0, False),
        (("rss",), 49.0, True),
        (("rss",), 50.0, False),
        # The heap is the closer of the two.
        (("rss", "heap"), 60.0, True),
    ],
)
def test_what_lines_hold_is_held_against_what_grows(
    channels: tuple[str, ...], held: float, expected: bool
) -> None:
    per_call = {"blocks": 2.0, "rss": 100.0, "heap": 130.0}
    site = LeakSite(place="a.py:1", objects_per_call=1.0, bytes_per_call=held)
    growing = [grown(name, per_call[name]) for name in channels]
    assert is_unexplained(growing, [site], share=0.5) == expected


RAISED = Answer(error="no\nmore", error_type="ValueError", calls=2)
NOTHING = Answer(sites=Sites())


@pytest.mark.parametrize(
    ("before", "last", "why"),
    [
        ([], RAISED, "call 3 of the target raised ValueError: no"),
        ([], MEASURE.lost("exit -11"), "exit -11"),
        ([NOTHING], RAISED, "call 3 of the target raised ValueError: no"),
        ([NOTHING], MEASURE.lost("exit -11"), "exit -11"),
    ],
)
def test_what_was_counted_stands_whatever_becomes_of_the_search_for_lines(
    before: list[Answer], last: Answer, why: str
) -> None:
    steps = leak_steps(LeakRequest(folder=""))
    next(steps)
    counted = Counted(calls=12, first=0, channels=(grown("heap", 9.0),))
    for answer in [Answer(counted=counted), *before]:
        steps.send(answer)
    with pytest.raises(StopIteration) as ended:
        steps.send(last)
    report = ended.value.value
    assert report.status == "leaks"
    assert report.notes == (f"the lines that allocate it were not found out: {why}",)


def test_a_target_that_raises_while_it_is_counted_is_no_verdict() -> None:
    steps = leak_steps(LeakRequest(folder=""))
    next(steps)
    with pytest.raises(TargetFailed, match="call 3 of the target raised ValueError: no"):
        steps.send(Answer(error="no", error_type="ValueError", calls=2))
