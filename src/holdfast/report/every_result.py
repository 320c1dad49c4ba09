"""Are all recorded results of a finished run there when its report is written?"""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.errors import InternalError
from holdfast.model.result import Result
from holdfast.ports import PlannedRow
from holdfast.report.source import ReportSource
from holdfast.report.view import RunView

__all__ = ["every_result"]


def every_result(source: ReportSource, shown: RunView) -> Iterator[tuple[PlannedRow, Result]]:
    """Yield the results, and count them: a report never says more than it holds.

    Raises:
        InternalError: at the end, when a finished run's results are not all there.
    """
    number = 0
    for number, pair in enumerate(source.results(), 1):  # noqa: B007 - the count is used below
        yield pair
    if shown.is_finished and number != shown.counts.recorded:
        raise InternalError(
            f"a report must hold all {shown.counts.recorded:,} recorded results, "
            f"got {number:,} (run {source.row.id})",
            hint="the store was changed meanwhile; run `holdfast report` again",
        )
