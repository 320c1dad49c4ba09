from __future__ import annotations

import math

from holdfast.report.envelope import Envelope


def test_a_spike_among_a_hundred_thousand_points_is_kept() -> None:
    values = [5.0] * 100_000
    values[31_415], values[92_653] = 900.0, -7.0
    found = Envelope(600).fill([n / 10 for n in range(100_000)], values)
    assert len(found) <= 600
    spikes = {found.cell_of(3141.5): (5.0, 900.0), found.cell_of(9265.3): (-7.0, 5.0)}
    assert spikes == {n: (low, high) for n, low, high in found.cells() if (low, high) != (5.0, 5.0)}


def test_a_cell_without_points_is_no_cell() -> None:
    found = Envelope(10, width_s=1.0).fill([0.5, 3.5, 3.6], [1.0, 2.0, 4.0])
    assert list(found.cells()) == [(0, 1.0, 1.0), (3, 2.0, 4.0)]


def test_cells_double_where_time_goes_on() -> None:
    found = Envelope(4, width_s=1.0).fill([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.width_s == 2.0
    assert list(found.cells()) == [(0, 1.0, 2.0), (1, 3.0, 4.0), (2, 5.0, 5.0)]


def test_a_coarser_one_joins_whole_cells() -> None:
    fine = Envelope(8, width_s=1.0).fill([0.0, 1.0, 4.0, 6.0], [1.0, 9.0, 3.0, 4.0])
    coarse = fine.coarser(3)
    assert coarse.width_s == 3.0
    assert list(coarse.cells()) == [(0, 1.0, 9.0), (1, 3.0, 3.0), (2, 4.0, 4.0)]
    assert list(fine.coarser(8).cells()) == list(fine.cells())


def test_what_is_no_number_is_left_out_and_nothing_lies_before_the_start() -> None:
    found = Envelope(8, width_s=1.0).fill(
        [math.nan, 1.0, -2.0, math.inf], [1.0, math.nan, 3.0, 4.0]
    )
    assert list(found.cells()) == [(0, 3.0, 3.0)]


def test_without_points_there_are_no_cells() -> None:
    assert list(Envelope(8).coarser(2).cells()) == []
