"""How is a map cut into batches whose results fit into the memory?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from holdfast.parallel.failure import WrongArgument
from holdfast.parallel.host import Host
from holdfast.parallel.host_read import read_host
from holdfast.parallel.items import is_endless
from holdfast.parallel.job import check_count, check_func, check_iterable
from holdfast.parallel.limits import memory_budget
from holdfast.parallel.maps import execute
from holdfast.parallel.weigh import weigh

__all__ = ["process_in_batches", "safe_batch_size"]

# A batch may take this share of the memory that is left: input, results and their pickles
# are there at the same time.
SHARE = 0.25
MOST = 1_000_000
UNKNOWN = 1_000


def safe_batch_size(result_bytes: float, *, share: float = SHARE, host: Host | None = None) -> int:
    """Return how many results of a size fit into a share of the memory that is left.

    The memory is the machine's, cut by the cgroups above, minus what is in use.

    Raises:
        WrongArgument: a size below 0, or a share outside of (0, 1].
    """
    if isinstance(result_bytes, bool) or not result_bytes >= 0:
        raise WrongArgument(f"result_bytes must be at least 0, got {result_bytes!r}")
    if not 0 < share <= 1:
        raise WrongArgument(f"share must be above 0 and at most 1, got {share!r}")
    budget = memory_budget(host or read_host())
    if not budget:
        return UNKNOWN
    return max(1, min(MOST, int(budget * share / max(1.0, result_bytes))))


def process_in_batches(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    *,
    batch_size: int | None = None,
    on_batch: Callable[[list[Any]], Any] | None = None,
    share: float = SHARE,
    host: Host | None = None,
    **options: Any,
) -> list[Any]:
    """Map batch by batch, and return all results in the data's order.

    Data is taken as it is needed, so that a generator is never listed. With `on_batch`
    each batch's results are handed to it and not kept: the list holds what it returned.
    Without `batch_size` the first item, run here once, tells what fits. `options` are
    those of `execute`.

    Raises:
        WrongArgument: an argument cannot be used; nothing was run.
    """
    check_func(func)
    size = check_count("batch_size", batch_size)
    if on_batch is not None:
        check_func(on_batch, "on_batch")
    check_iterable(data)
    if is_endless(data) and on_batch is None:
        raise WrongArgument(
            f"data must end, got an endless {type(data).__name__}",
            hint="pass on_batch, or use holdfast.parallel.stream",
        )
    kept: list[Any] = []
    source = iter(data)
    head: list[Any] = []
    if size is None:
        head, size = _probe(func, source, share=share, host=host, options=options)
    first = 0
    while True:
        batch = list(itertools.islice(source, size - len(head)))
        if not batch and not head:
            return kept
        results = head + execute(func, batch, first_index=first + len(head), **options)
        head = []
        first += len(results)
        if on_batch is None:
            kept.extend(results)
        else:
            kept.append(on_batch(results))


def _probe(
    func: Any, source: Any, *, share: float, host: Host | None, options: dict[str, Any]
) -> tuple[list[Any], int]:
    """Run one item as the options say; give its result and the size of a batch."""
    first: list[Any] = list(itertools.islice(source, 1))
    if not first:
        return [], UNKNOWN
    results = execute(func, first, **options)
    return results, max(2, safe_batch_size(weigh(results).size, share=share, host=host))
