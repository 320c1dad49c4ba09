from __future__ import annotations

import json
import math
import re
from functools import cache

import pytest
from msgspec.structs import replace

from holdfast.model.evidence import Series
from holdfast.model.result import Result
from holdfast.report.figure_page import EMPTY, PARTS, STEPS, figure_page, script_source
from holdfast.report.figure_scale import PLOT, WIDTH, lay_out, time_marks, value_marks
from holdfast.report.figure_svg import figure_svg, span_colours, span_text
from holdfast.report.figure_view import (
    MAX_CELLS,
    MAX_PROCESSES,
    MAX_SPANS,
    FigureView,
    Panel,
    figure_view,
    nice_top,
)
from holdfast.report.lanes import Span
from tests.unit.report.runs import attempt, result

MIB = 1024.0 * 1024.0


def ran(n: int = 0, status: str = "passed", *, start_s: float = 0.0, took_s: float = 1.0) -> Result:
    told = attempt(status, started_s=start_s, duration_s=took_s)
    return result(f"c{n}", status, attempts=(told,), started_s=start_s, duration_s=took_s)


def watched(*processes: str, number: int = 50) -> dict[str, Series]:
    at_s = [n / 10 for n in range(number)]
    series: dict[str, Series] = {}
    for n, name in enumerate(processes):
        series[f"rss_bytes.{name}"] = Series(at_s=at_s, values=[(50.0 - n) * MIB] * number)
        series[f"cpu.{name}"] = Series(at_s=at_s, values=[0.5] * number)
    return {
        **series,
        "cases_in_flight": Series(at_s=at_s, values=[3.0] * number),
        "asyncio_tasks": Series(at_s=at_s, values=[30.0] * number),
        "cpu_pressure": Series(at_s=at_s, values=[0.25] * number),
    }


def drawn(series: dict[str, Series], *results: Result) -> FigureView:
    found = figure_view(series, results)
    assert found is not None
    return found


def test_everything_is_on_one_axis_of_time() -> None:
    view = drawn(watched("host", number=60), ran(start_s=2.0, took_s=4.5))
    assert view.end_s == 6.5
    assert [(panel.title, [line.name for line in panel.lines]) for panel in view.panels] == [
        ("duration of attempts, by their start", ["passed"]),
        ("memory", ["host"]),
        ("CPU", ["host"]),
        ("at work", ["cases in flight", "asyncio tasks"]),
        ("share of time", ["waited for a CPU"]),
    ]


def test_a_run_in_which_nothing_ran_has_no_figure() -> None:
    assert figure_view(watched("host"), [result(status="skipped")]) is None


def test_a_run_that_was_not_watched_shows_what_ran_when() -> None:
    view = drawn({}, ran())
    assert len(view.panels) == 1
    assert [lane.name for lane in view.seen] == ["worker-1"]


def test_a_result_of_another_run_did_not_run_in_this_one() -> None:
    cached = result("old", cached_from="r0", attempts=(attempt(started_s=900.0),))
    view = drawn({}, ran(), cached)
    assert view.end_s == 1.0
    assert [span.longest for _, span in view.fine[0].spans] == ["sums/c0"]


def test_what_passed_and_what_did_not_have_colours_of_their_own() -> None:
    view = drawn({}, ran(0), ran(1, "failed"), ran(2, "error"))
    lines = [(line.colour, len(list(line.fine.cells()))) for line in view.panels[0].lines]
    assert lines == [("passed", 1), ("failed", 1)]


def test_a_process_has_the_same_colour_in_every_panel() -> None:
    view = drawn(watched("a", "b"), ran())
    memory, cpu = ({line.name: line.colour for line in panel.lines} for panel in view.panels[1:3])
    assert memory == cpu == {"a": "c0", "b": "c1"}


def test_more_processes_than_colours_are_counted() -> None:
    view = drawn(watched(*(f"w-{n}" for n in range(MAX_PROCESSES + 3))), ran())
    memory = view.panels[1]
    assert (len(memory.lines), memory.left_out) == (MAX_PROCESSES, 3)
    assert "and 3 more" in figure_svg(view, lay_out(view))


def test_the_process_that_uses_most_cpu_is_seen_whatever_it_holds() -> None:
    series = watched(*(f"w-{n}" for n in range(MAX_PROCESSES + 3)))
    series["cpu.w-10"].values[3] = 4.0
    assert "w-10" in [line.name for line in drawn(series, ran()).panels[1].lines]


def test_a_series_without_points_is_not_drawn() -> None:
    view = drawn({"rss_bytes.a": Series(), "cpu.a": Series()}, ran())
    assert len(view.panels) == 1


@pytest.mark.parametrize(
    ("value", "base", "expected"),
    [
        (0.0, 10.0, 1.0),
        (3.0, 10.0, 4.0),
        (0.03, 10.0, 0.04),
        (9.0, 10.0, 10.0),
        (50 * MIB, 1024.0, 50 * MIB),
        (60 * MIB, 1024.0, 80 * MIB),
        (1_010 * MIB, 1024.0, 1024 * MIB),
        (700.0, 1024.0, 800.0),
    ],
)
def test_an_axis_ends_at_a_round_number(value: float, base: float, expected: float) -> None:
    assert expected == pytest.approx(nice_top(value, base))
    assert nice_top(value, base) >= value


@pytest.mark.parametrize("end_s", [1e-7, 0.003, 0.5, 7.0, 59.0, 61.0, 600.0, 90_000.0, 1e7])
def test_times_are_marked_at_most_ten_times(end_s: float) -> None:
    marks = list(time_marks(end_s))
    assert 2 <= len(marks) <= 10
    assert marks[0] == (0.0, "0 s")
    assert all(at_s <= end_s for at_s, _ in marks)


@pytest.mark.parametrize(("bottom", "top"), [(1e-3, 1e-2), (1e-6, 10.0), (1e-9, 1e4)])
def test_a_logarithmic_axis_is_marked_at_decades(bottom: float, top: float) -> None:
    panel = Panel(title="", unit="duration", bottom=bottom, top=top, lines=(), is_log=True)
    marks = [value for value, _ in value_marks(panel)]
    assert 2 <= len(marks) <= 7
    assert marks[0] == bottom
    assert [math.log10(value / bottom) % 1 for value in marks] == pytest.approx([0.0] * len(marks))


def test_values_beyond_an_axis_stay_on_it() -> None:
    panel = Panel(title="", unit="duration", bottom=0.1, top=10.0, lines=(), is_log=True)
    shares = [panel.share(value) for value in (0.0, 0.1, 1.0, 10.0, 99.0)]
    assert shares == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0])


@cache
def large() -> FigureView:
    """Return a run of 3,000 cases and as many samples of eight processes, a spike in each."""
    number = 3_000
    series = watched(*(f"w-{n}" for n in range(8)), number=number)
    for n, each in enumerate(series.values()):
        values = [value + n % 7 * (k % 13) / 100 * value for k, value in enumerate(each.values)]
        values[1_000 + n] = 2 * max(values)
        each.values[:] = values
    results = (
        ran(n, "passed" if n % 50 else "failed", start_s=n / 10, took_s=0.01 + n % 97 / 10)
        for n in range(number)
    )
    return drawn(series, *results)


def test_a_large_run_is_a_small_page_that_shows_every_spike() -> None:
    view = large()
    page = figure_page(view)
    assert len(page.svg) + len(page.data) + len(page.script) < 1_000_000
    told = json.loads(page.data)
    for panel, shown in zip(told["panels"], view.panels, strict=True):
        for line, seen in zip(panel["lines"], shown.lines, strict=True):
            assert len(seen.seen()) <= MAX_CELLS < len(seen.fine)
            highs = [high for _, _, high in seen.seen().cells()]
            assert max(highs) == max(high for _, _, high in seen.fine.cells())
            assert max(line["cells"]) <= STEPS
    assert sum(len(line.fine) for panel in view.panels for line in panel.lines) <= 44_000
    assert page.svg.count("<title>") <= MAX_SPANS
    assert 0 < len(told["spans"]) <= 2_000
    assert all(start + length <= PARTS + 1 for _, start, length, *_ in told["spans"])


def test_the_drawing_stays_inside_its_frame() -> None:
    view = large()
    layout = lay_out(view)
    svg = figure_svg(view, layout)
    assert all(0 <= float(x) <= PLOT for x in re.findall(r"[ML]([-\d.]+) ", svg))
    heights = [float(y) for y in re.findall(r"V([-\d.]+)", svg)]
    assert all(0 <= y <= max(layout.heights) for y in heights)
    assert f'viewBox="0 0 {WIDTH} {layout.height}"' in svg


def test_a_spike_reaches_the_height_of_its_value() -> None:
    series = {"rss_bytes.a": Series(at_s=[0.0, 1.0, 2.0], values=[0.0, 64 * MIB, 0.0])}
    view = drawn(series, ran(took_s=3.0))
    path = re.findall(
        r'id="figure-line-1-0" class="line c0" d="([^"]*)"', figure_svg(view, lay_out(view))
    )
    assert re.findall(r" ([\d.]+)", path[0]) == ["130.0", "26.0", "130.0"]


def test_the_script_is_given_the_lowest_value_of_each_cell_and_how_much_higher_the_highest_is() -> (
    None
):
    series = {"rss_bytes.a": Series(at_s=[0.0, 0.0, 8.0], values=[16 * MIB, 64 * MIB, 80 * MIB])}
    told = json.loads(figure_page(drawn(series, ran(took_s=8.0))).data)
    [line] = told["panels"][1]["lines"]
    assert line["cells"][:3] == [round(0.2 * STEPS), round(0.8 * STEPS) - round(0.2 * STEPS), EMPTY]
    assert line["cells"][-2:] == [STEPS, 0]
    assert told["panels"][1]["top"] == 80 * MIB


def test_what_a_case_is_called_cannot_leave_the_drawing_or_the_data() -> None:
    evil = "\"'></title></script><script>alert(1)</script>\x1b\u202e&"
    case = result(f"a{evil}", attempts=(attempt(worker=evil), attempt("lost", worker=evil)))
    series = {f"{kind}.{evil}": Series(at_s=[0.1], values=[1.0]) for kind in ("rss_bytes", "cpu")}
    page = figure_page(drawn(series, case))
    assert "</script" not in page.svg + page.data
    assert "<script" not in page.svg + page.data
    assert not set(page.svg + page.data) & set("\x1b\u202e")
    assert "alert(1)" in json.loads(page.data)["spans"][0][5]


def test_the_policy_names_the_script_by_its_digest() -> None:
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", script_source())


def test_a_few_failures_among_many_do_not_paint_all_of_them() -> None:
    some = Span(
        start_s=0.0, end_s=1.0, status="error", longest="s/a", longest_s=0.5, count=90, bad=2
    )
    assert span_colours(some) == ("passed", "error")
    assert span_text(some) == (
        "90 in 1 s from 0 s, 2 not passed (error at worst); the longest: s/a, 500 ms"
    )
    assert span_colours(replace(some, bad=90)) == ("error", "")
    assert span_colours(replace(some, bad=0, status="passed")) == ("passed", "")
