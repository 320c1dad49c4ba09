"""Does running items again, serially, give what the parallel map gave?"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from typing import Any, cast

from holdfast.clock import seeded
from holdfast.parallel.calls import Rules, run_items
from holdfast.parallel.caught import rebuild
from holdfast.parallel.failure import Failure, WrongArgument
from holdfast.parallel.job import Job
from holdfast.parallel.same import compare
from holdfast.parallel.verdict import Equality

__all__ = ["VERIFY", "Seen", "Witness", "check_tolerance", "is_probed", "settle", "snapshot"]

VERIFY = ("cover", "sample", "full")
# Eight of a thousand wrong items are found with 6 %, eight of ten with certainty: a sample
# finds what is wrong everywhere; "full" finds the rest.
SAMPLE = 8
CHANGED = "the function changes its item, so that running it again is another call"
IMPURE = "the same item gave another value when it was run again, serially"


class Witness:
    """Chooses the items that are to be run again, and remembers how they looked before."""

    def __init__(self, job: Job, mode: str, *, tolerance: float | None) -> None:
        check_tolerance(tolerance)
        self._job = job
        self._mode = mode
        self._tolerance = tolerance
        self._before: dict[int, tuple[int, bytes | None]] = {}
        if mode == "cover":
            return
        # An iterator gives each item once: it is listed, so that it can be run again.
        job.items.list_all()
        count = job.items.length or 0
        positions: Iterable[int] = range(count)
        if mode == "sample":
            others = seeded(count, "verify").sample(range(count), min(SAMPLE, count))
            positions = sorted({*range(min(2, count)), *others})
        for position in positions:
            item = job.items.between(position, position + 1)[0]
            self._before[job.items.place_of(position)] = (position, snapshot(item))

    def judge(self, results: list[Any]) -> Equality | None:
        """Run the chosen items again and compare; None for "cover", which has been checked."""
        if self._mode == "cover":
            return None
        seen: list[Seen] = []
        for index, (position, before) in sorted(self._before.items()):
            item = self._job.items.between(position, position + 1)[0]
            seen.append(Seen(index=index, item=item, before=before))
            if is_changed(before, item):
                return verdict(
                    "mutates_input", seen[-1], serial=None, parallel=results[index], detail=CHANGED
                )
        for number, each in enumerate(seen):
            each.run(self._job, is_probed(number, len(seen)))
            found = each.judge(results[each.index], self._tolerance)
            if found is not None:
                return found
        return settle(seen)


class Seen:
    """One item that is run again, what it gave, and how that compared."""

    def __init__(self, *, index: int, item: Any, before: bytes | None) -> None:
        self.index = index
        self.item = item
        self.before = before
        self.serial: Any = None
        self.is_changed = False
        self.is_impure = False
        self.is_within = False
        self._again: Callable[[], Any] = lambda: None

    def run(self, job: Job, is_probed: bool) -> None:  # noqa: FBT001 - two states of one item
        """Run the item here, and a second time if it is one of those that tell purity."""
        self._again = lambda: run_one(job.func, self.item, self.index, job)
        self.serial = self._again()
        self.is_changed = is_changed(self.before, self.item)
        if is_probed and not self.is_changed:
            self.is_impure = self._differs_again()

    def judge(self, parallel: Any, tolerance: float | None) -> Equality | None:
        """Compare with the parallel result; None where they agree."""
        if self.is_changed:
            return verdict(
                "mutates_input", self, serial=self.serial, parallel=parallel, detail=CHANGED
            )
        found = compare(self.serial, parallel, tolerance=tolerance)
        if self.is_impure or (found in {"different", "within"} and self._differs_again()):
            return verdict("impure", self, serial=self.serial, parallel=parallel, detail=IMPURE)
        self.is_within = found == "within"
        if found in {"equal", "within"}:
            return None
        detail = _difference(self.serial, parallel, found)
        return verdict("differs", self, serial=self.serial, parallel=parallel, detail=detail)

    def _differs_again(self) -> bool:
        return compare(self.serial, self._again()) in {"different", "within"}


def settle(seen: list[Seen]) -> Equality:
    """Return the verdict on items of which none tells against it."""
    is_within = any(each.is_within for each in seen)
    detail = f"{len(seen)} items were run again serially and compared"
    status = "equal_within" if is_within else "equal"
    return Equality(status=status, detail=detail, compared=len(seen))


def is_probed(number: int, count: int) -> bool:
    """Say whether an item is run twice in any case: luck may hide an impure function."""
    step = max(1, count // SAMPLE)
    return number % step == 0 or number == count - 1


def check_tolerance(tolerance: float | None) -> None:
    """Refuse a tolerance that is no number of at least 0."""
    is_number = isinstance(cast("Any", tolerance), int | float)
    if tolerance is not None and not (is_number and tolerance >= 0):
        raise WrongArgument(f"tolerance must be at least 0, got {tolerance!r}")


def run_one(func: Callable[[Any], Any], item: Any, index: int, job: Job) -> Any:
    """Run one item here; a failure is a value as well."""
    rules = job.rules
    ran = run_items(func, [item], index, Rules(collect=True, seed=rules.seed, base=rules.base))
    if not ran.caught:
        return ran.values[0]
    return Failure(index, rebuild(ran.caught[0]), ran.caught[0].traceback)


def snapshot(item: Any) -> bytes | None:
    """Pickle an item, so that a change shows; None where that is not possible."""
    try:
        return pickle.dumps(item)
    except Exception:  # noqa: BLE001 - any __reduce__ may raise: no snapshot is the answer
        return None


def is_changed(before: bytes | None, item: Any) -> bool:
    """Say whether an item is another one than its snapshot tells."""
    if before is None:
        return False
    after = snapshot(item)
    if after is None or after == before:
        return after is None
    # The same value may be pickled in two ways, so the values are compared as well.
    return compare(pickle.loads(before), item) == "different"  # noqa: S301 - from this process


def _difference(serial: Any, parallel: Any, found: str) -> str:
    if isinstance(parallel, Failure) and not isinstance(serial, Failure):
        return f"serial gave a value, parallel failed: {parallel}"
    if isinstance(serial, Failure) and not isinstance(parallel, Failure):
        return f"parallel gave a value, serial failed: {serial}"
    if found == "incomparable":
        return f"values of type {type(serial).__name__} cannot be compared"
    return f"serial gave {_short(serial)}, parallel gave {_short(parallel)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def verdict(status: Any, seen: Seen, *, serial: Any, parallel: Any, detail: str) -> Equality:
    """Return the verdict that one item decides."""
    return Equality(
        status=status, index=seen.index, serial=serial, parallel=parallel, detail=detail, compared=1
    )
