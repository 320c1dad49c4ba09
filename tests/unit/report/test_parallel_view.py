from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import msgspec
import pytest

from holdfast.report.paint import plain
from holdfast.report.parallel_page import comparison_page
from holdfast.report.parallel_svg import breakdown_svg, scaling_svg, times_svg
from holdfast.report.parallel_text import (
    compared_text,
    explained_text,
    plan_text,
    tuned_text,
    validated_text,
)
from holdfast.report.parallel_view import (
    ComparedView,
    EntryView,
    EqualityView,
    PlanView,
    TunedView,
    ValidatedView,
    read_view,
    shares,
    times_text,
)

SERIAL = EntryView(name="serial", executor="serial", times_s=(1.0, 1.2), median_s=1.1, speedup=1.0)
PLAN = PlanView(
    executor="process",
    n_jobs=2,
    chunksize=7,
    reason="2 processes need less",
    estimated_speedup=1.9,
    speedup_interval=(1.7, 2.1),
    calls_s=1.0,
    start_s=0.05,
    bytes_s=0.01,
    dispatch_s=0.02,
    explained="process with 2 workers\nmeasured: 1 ms",
)
PROCESS = EntryView(
    name="process:2",
    executor="process",
    n_jobs=2,
    times_s=(0.6, 0.62),
    median_s=0.61,
    speedup=1.8,
    low=1.7,
    high=1.9,
    regret=1.0,
    plan=PLAN,
)
ALONE = msgspec.structs.replace(PROCESS, name="process:1", n_jobs=1, speedup=0.95)
WRONG = EntryView(
    name="thread:2",
    executor="thread",
    n_jobs=2,
    times_s=(0.9,),
    median_s=0.9,
    speedup=1.2,
    differs="item 3: serial gave 1, this gave <2>",
)
BROKEN = EntryView(name="process:2:9", executor="process", error="NotPicklable: \x1b[2J lambda")
FOUND = ComparedView(
    func="m:f",
    items=1000,
    rounds=2,
    cores=2,
    entries=(PROCESS, WRONG, SERIAL, ALONE, BROKEN),
    best="process:2",
    amdahl=((1, 1.0), (2, 1.95)),
)
EQUAL = EqualityView(status="equal", detail="all", compared=9)


def test_a_stored_value_is_read_and_what_is_new_in_it_is_left_alone() -> None:
    plain_value: dict[str, Any] = {**msgspec.to_builtins(FOUND), "news": 1}
    assert read_view(plain_value, ComparedView) == FOUND
    with pytest.raises(msgspec.ValidationError):
        read_view({"$type": "cut"}, ComparedView)


def test_shares_of_the_time_add_up_to_one() -> None:
    found = {each.part: each for each in shares(PROCESS)}
    assert sum(each.share for each in found.values()) == pytest.approx(1.0)
    assert found["work"].seconds == pytest.approx(0.5)
    assert found["start"].seconds == pytest.approx(0.05)
    assert found["idle"].seconds == pytest.approx(0.03)


def test_parts_that_overlap_are_cut_to_what_there_was() -> None:
    busy = msgspec.structs.replace(PLAN, calls_s=2.0, bytes_s=1.0)
    found = shares(msgspec.structs.replace(PROCESS, plan=busy))
    assert sum(each.share for each in found) == pytest.approx(1.0)
    assert found[-1].seconds == 0.0


def test_a_loop_is_all_work_and_what_did_not_run_has_no_shares() -> None:
    assert [(each.part, each.share) for each in shares(SERIAL)] == [("work", 1.0)]
    assert shares(BROKEN) == ()


@pytest.mark.parametrize(
    ("ratio", "text"), [(None, ""), (1.0, "1.00x"), (0.00123, "0.0012x"), (25321.0, "25,321x")]
)
def test_a_ratio_is_short_whatever_its_size(ratio: float | None, text: str) -> None:
    assert times_text(ratio) == text


def test_a_comparison_is_a_table_a_breakdown_and_a_curve() -> None:
    text = compared_text(FOUND, plain)
    lines = text.splitlines()
    assert lines[0] == "m:f over 1,000 items, 2 rounds side by side, 2 cores"
    assert "process:2       610 ms  1.80x [1.70, 1.90]        1.00x  equal" in lines
    assert "differs: item 3: serial gave 1, this gave <2>" in text
    assert "process:2:9  not run: NotPicklable: \\x1b[2J lambda" in text
    assert "work 82%, start 8%, bytes 2%, dispatch 3%, idle 5%" in text
    assert "1.80x  (law 1.95x)" in text
    assert lines[-1] == "best: process:2"


def test_a_comparison_without_crews_has_no_curve() -> None:
    alone = msgspec.structs.replace(FOUND, entries=(SERIAL,), amdahl=())
    assert "speedup by workers" not in compared_text(alone, plain)
    assert scaling_svg(alone) == ""


def test_a_plan_is_short_or_in_full() -> None:
    assert plan_text(PLAN, is_long=False).splitlines()[:4] == [
        "executor   process",
        "n_jobs     2",
        "chunksize  7",
        "speedup    1.90x [1.70, 2.10]",
    ]
    assert plan_text(PLAN, is_long=True) == PLAN.explained


def test_each_strategy_explains_itself() -> None:
    assert explained_text(FOUND.entries).startswith("process:2\nprocess with 2 workers\nmeasured")
    assert "serial" not in explained_text(FOUND.entries)


def test_a_search_names_the_best_its_bound_and_the_regret() -> None:
    text = tuned_text(
        TunedView(
            func="m:f",
            items=10,
            cores=2,
            rounds=3,
            tried=9,
            planned=12,
            best="process:2",
            best_s=0.61,
            regret=1.04,
            bound_s=0.5,
            best_over_bound=1.22,
            entries=(PROCESS, SERIAL),
        ),
        plain,
    )
    assert "9 of 12 runs within the budget, 2 ways" in text
    assert "best     process:2  610 ms" in text
    assert "bound    500 ms for all cores; the best takes 1.22x of it" in text
    assert "regret   1.04x: what the map decides itself, over the best" in text


def validated(**more: Any) -> str:
    facts: dict[str, Any] = {
        "func": "m:f",
        "items": 9,
        "rounds": 1,
        "strategy": "process:2:7",
        "plan": PLAN,
        "serial_s": 1.0,
        "parallel_s": 0.55,
        "measured": 1.82,
        "measured_interval": (1.8, 1.9),
        "equality": EQUAL,
        "predicted": 1.9,
        "predicted_interval": (1.7, 2.1),
        "is_within": True,
        "accuracy": 0.958,
        "grade": "excellent",
        "proof": "process:2:7, the measured run itself",
    }
    return validated_text(ValidatedView(**{**facts, **more}), plain)


def test_a_validation_holds_the_prediction_against_the_measurement() -> None:
    text = validated()
    assert "predicted  1.90x [1.70, 2.10], holds what was measured" in text
    assert "measured   1.82x [1.80, 1.90] in 1 round" in text
    assert "accuracy   95.8 %, excellent" in text
    assert "equality   equal: all" in text
    assert "missed what was measured" in validated(is_within=False)
    given = validated(predicted=None, predicted_interval=None, accuracy=None)
    assert "predicted  nothing: the strategy was given" in given
    assert "accuracy" not in given


def test_a_difference_is_shown_with_both_values() -> None:
    wrong = EqualityView(status="differs", index=4, serial=1, parallel="\x1b2", detail="so")
    text = validated(equality=wrong)
    assert "equality   differs at item 4: so" in text
    assert "  serial     1" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("draw", [times_svg, breakdown_svg])
def test_a_picture_is_well_formed_and_every_bar_answers_the_pointer(draw: Any) -> None:
    picture = ET.fromstring(draw(FOUND.entries))
    bars = picture.findall("rect")
    assert len(bars) >= 4
    assert all(bar.find("title") is not None for bar in bars)


def test_the_curve_has_a_point_with_its_numbers_for_each_crew() -> None:
    picture = ET.fromstring(scaling_svg(FOUND))
    tips = [text.text for text in picture.iter("text") if text.get("class") == "tip"]
    assert "process:2: 1.80x [1.70, 1.90], 610 ms" in tips
    assert "Amdahl, 2 workers: 1.95x" in tips
    assert len(picture.findall("polyline")) == 4


def test_the_page_stands_alone_and_shows_no_text_as_markup() -> None:
    page = comparison_page(FOUND, run_id="r1")
    assert "this gave &lt;2&gt;" in page
    assert "<2>" not in page
    assert "\x1b" not in page
    for outside in ("http:", "https:", "<script", "<link", "<img", "url("):
        assert outside not in page
    assert "process with 2 workers" in page
