"""Does a picture of memory lose no spike, and say what a point is?"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from holdfast.measure.memory_plot import COLUMNS, memory_svg
from holdfast.measure.memory_series import Point, decimated
from holdfast.measure.memory_snapshot import MemorySnapshot

MIB = 1024 * 1024
SVG = "{http://www.w3.org/2000/svg}"


def series(n: int) -> list[Point]:
    points = [(k * 0.01, 50 * MIB + k % 7) for k in range(n)]
    points[n // 3] = (points[n // 3][0], 90 * MIB)
    points[n // 2] = (points[n // 2][0], 10 * MIB)
    return points


def test_decimation_keeps_the_extremes_in_order() -> None:
    kept = decimated(series(10_000), 400)
    assert len(kept) <= 800
    assert kept == sorted(kept)
    assert max(size for _, size in kept) == 90 * MIB
    assert min(size for _, size in kept) == 10 * MIB


def test_few_points_stay_as_they_are() -> None:
    assert decimated(series(30), 400) == series(30)


def test_every_point_of_the_picture_has_a_tooltip() -> None:
    root = ET.fromstring(memory_svg(series(5000)))
    titles = [each.findtext(f"{SVG}title") for each in root.iter(f"{SVG}circle")]
    assert 0 < len(titles) <= 2 * COLUMNS
    assert any(title and title.startswith("90 MiB at ") for title in titles)


def test_snapshots_are_marked_and_their_labels_escaped() -> None:
    taken = MemorySnapshot(
        index=0, label="<b>", at_s=1.0, rss_bytes=MIB, traced_bytes=0, traced_peak_bytes=0
    )
    root = ET.fromstring(memory_svg(series(200), [taken]))
    assert "<b>: 1 MiB at 1 s" in {each.text for each in root.iter(f"{SVG}title")}


def test_a_picture_of_nothing_is_a_picture() -> None:
    assert ET.fromstring(memory_svg([])).tag == f"{SVG}svg"
