"""Are these rows a table of finite numbers?"""

from collections.abc import Sequence
from typing import TypeAlias

from examples.anomaly.domain.errors import BadInput

Rows: TypeAlias = Sequence[Sequence[float]]

# One body of this size is about 40 MB of JSON; a larger dataset belongs in an object store.
MAX_CELLS = 2_000_000
# Trees compare 32-bit floats (up to 3.4e38), and neighbours square distances.
MAX_SIZE = 1e30


def check_rows(rows: Rows, *, at: str, columns: int | None = None) -> int:
    """Return the number of columns of a table.

    `columns` is the width that every row must have; without it the first row decides.

    Raises:
        BadInput: no row, an empty row, rows of different widths, a number that is not
            finite or too large, too many cells.
    """
    if not rows:
        raise BadInput("rows must not be empty", at=at)
    width = len(rows[0]) if columns is None else columns
    if width == 0:
        raise BadInput("a row must have at least one number", at=f"{at}[0]")
    for index, row in enumerate(rows):
        if len(row) != width:
            raise BadInput(
                f"every row must have {width} numbers, got {len(row)}", at=f"{at}[{index}]"
            )
        # A comparison with NaN is false, so NaN is refused as well.
        if not all(-MAX_SIZE <= number <= MAX_SIZE for number in row):
            raise BadInput(
                f"every number must be between {-MAX_SIZE:g} and {MAX_SIZE:g}", at=f"{at}[{index}]"
            )
    if len(rows) * width > MAX_CELLS:
        raise BadInput(
            f"a table must have at most {MAX_CELLS} numbers, got {len(rows) * width}", at=at
        )
    return width


__all__ = ["MAX_CELLS", "MAX_SIZE", "Rows", "check_rows"]
