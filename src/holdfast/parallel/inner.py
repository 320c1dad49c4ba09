"""How many threads do numerical libraries start inside of each item?"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["inner_threads", "limit_inner_threads"]


def inner_threads() -> int:
    """Return the most threads that a loaded library uses; 1 where none is known."""
    library = _threadpoolctl()
    if library is None:
        return 1
    pools: list[dict[str, Any]] = library.threadpool_info()
    return max((int(pool.get("num_threads") or 1) for pool in pools), default=1)


def limit_inner_threads(threads: int | None) -> Callable[[], None]:
    """Hold this process's numerical libraries to `threads`; None leaves them as they are.

    Call what it returns to give them back what they had.
    """
    library = _threadpoolctl() if threads is not None else None
    if library is None:
        return lambda: None
    return library.threadpool_limits(limits=threads).restore_original_limits


def _threadpoolctl() -> Any:
    # Without numpy no such library is loaded, and looking for it would only cost time.
    if "threadpoolctl" not in sys.modules and "numpy" not in sys.modules:
        return None
    if importlib.util.find_spec("threadpoolctl") is None:
        return None
    return importlib.import_module("threadpoolctl")
