"""What does memory over time look like, as a PNG? Drawn by matplotlib, which the extra `plot` brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.backends import backend_agg
from matplotlib.figure import Figure

from holdfast.measure.memory_series import Point
from holdfast.measure.memory_snapshot import MemorySnapshot

__all__ = ["save_png"]

MEBIBYTE = 1024 * 1024


def save_png(path: str, points: Sequence[Point], snapshots: Sequence[MemorySnapshot]) -> None:
    """Write resident memory over time, and the snapshots taken."""
    # No pyplot: it keeps every figure, and picks a window system.
    figure: Any = Figure(figsize=(8.6, 3.2), layout="constrained")
    backend_agg.FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    axes.plot([at for at, _ in points], [size / MEBIBYTE for _, size in points], linewidth=1.2)
    for each in snapshots:
        axes.axvline(each.at_s, linestyle="--", linewidth=0.8, color="#c05621")
        axes.annotate(each.label, (each.at_s, 1.0), xycoords=("data", "axes fraction"), fontsize=8)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("seconds")
    axes.set_ylabel("MiB resident")
    figure.savefig(path, format="png", dpi=120)
