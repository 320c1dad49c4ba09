"""Is what the monitor's program wrote read as it was meant?"""

from __future__ import annotations

import pytest

from holdfast.measure.monitor_values import read_seen
from holdfast.measure.proc_read import PAGE, TICKS, read_pressure, read_stat, read_status, read_uss

LINES = b"""["begun",10.0,0.01]
["light",10.0,10.1,1.5,[]]
["started",10.1,7,0]
["missing","uss","not permitted"]
["light",10.5,10.6,1.75,[[7,0.5,1000,2,4000],[8,0.25,3500,1,3500]]]
["dear",10.6,10.7,0.5,null,[[7,900,4,1,10,20,3,4],[8,null,null,0,null,null,1,1]],[["oom_kills",2.0]]]
["light",11.0,11.1,2.0,[[7,1.5,2000,2,4000]]]
["ended",11.05,8]
"""
OVER = b'["over",12.0,0.03,18,2]\n'


def test_samples_have_their_own_start_and_end() -> None:
    sample = read_seen(LINES, 10).samples[1]
    assert (sample.started, sample.ended, sample.cpu_pressure_s) == (10.5, 10.6, 1.75)


def test_the_figures_of_a_sample_are_those_of_all_processes() -> None:
    sample = read_seen(LINES, 10).samples[1]
    assert (sample.rss_bytes, sample.cpu_s, sample.threads) == (4500, 0.75, 3)


def test_the_peak_is_the_most_of_all_together_or_the_mark_of_one() -> None:
    assert read_seen(LINES, 10).peak_bytes == 4500
    assert read_seen(LINES.replace(b"2,4000", b"2,9000"), 10).peak_bytes == 9000


def test_cpu_counts_from_the_first_sample_that_saw_a_process() -> None:
    assert read_seen(LINES, 10).cpu_s == 0.75
    assert read_seen(b"", 10).cpu_s == 0.0


def test_details_that_could_not_be_read_are_none() -> None:
    first, second = read_seen(LINES, 10).details
    assert (first.uss_bytes, first.fds, first.children, first.waits, first.pushed) == (
        900,
        4,
        1,
        3,
        4,
    )
    assert (first.read_bytes, first.written_bytes, first.at) == (10, 20, 10.6)
    assert (second.uss_bytes, second.fds, second.read_bytes) == (None, None, None)


def test_pressure_and_groups_are_kept_with_their_moment() -> None:
    seen = read_seen(LINES, 10)
    assert seen.pressure == {"memory": [(10.6, 0.5)]}
    assert seen.groups == ((10.6, {"oom_kills": 2.0}),)


def test_the_end_of_a_process_is_noted_with_its_moment() -> None:
    ends = {each.pid: each.ended for each in read_seen(LINES, 10).processes}
    assert ends == {7: None, 8: 11.05}


def test_what_is_missing_is_named_with_the_reason() -> None:
    assert read_seen(LINES, 10).missing == {"uss": "not permitted"}


def test_the_cost_is_known_at_the_end_without_the_start() -> None:
    assert read_seen(LINES, 10).cost is None
    cost = read_seen(LINES + OVER, 10).cost
    assert cost is not None
    assert (cost.start_s, round(cost.cpu_s, 6), round(cost.share, 6)) == (0.01, 0.02, 0.01)


def test_samples_that_were_lost_lower_the_rate() -> None:
    seen = read_seen(LINES + OVER, 10)
    assert (seen.achieved_hz, seen.lost) == (9.0, 2)


def test_a_line_that_is_half_written_waits_for_its_rest() -> None:
    assert len(read_seen(LINES + b'["light",12.0', 10).samples) == 3


def test_the_readings_of_one_process_come_with_their_moments() -> None:
    assert [(at, each.rss_bytes) for at, each in read_seen(LINES, 10).of(7)] == [
        (10.5, 1000),
        (11.0, 2000),
    ]


def stat(state: str = "S") -> bytes:
    times = "100 50 20 30"
    return f"7 (a b) c) {state} 1 7 7 0 -1 0 0 0 0 0 {times} 20 0 3 0 9 0 5 0".encode()


def test_a_name_with_brackets_does_not_move_the_fields() -> None:
    assert read_stat(stat()) == (200 / TICKS, 5 * PAGE, 3)


@pytest.mark.parametrize("state", ["Z", "X"])
def test_a_process_that_only_waits_to_be_collected_has_ended(state: str) -> None:
    assert read_stat(stat(state)) is None


def test_private_pages_are_added_up() -> None:
    text = b"Rss: 9 kB\nPrivate_Clean:  1 kB\nPrivate_Dirty: 2 kB\nPrivate_Hugetlb: 4 kB\n"
    assert read_uss(text) == 7 * 1024


def test_a_status_without_the_name_has_no_number() -> None:
    assert read_status(b"Name: x\n", b"VmHWM:") is None


def test_pressure_is_what_some_task_waited_in_seconds() -> None:
    text = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 total=9\n"
    assert read_pressure(text) == 2.5
    assert read_pressure(b"some avg10=0.00") is None
    assert read_pressure(b"nothing") is None
