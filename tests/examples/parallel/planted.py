"""Which defects are planted into a copy of the package, and which cases must find them?"""

from __future__ import annotations

__all__ = ["REPLACED"]

# (file of holdfast.parallel, its line, what is put in its place, the cases that must fail)
REPLACED: list[tuple[str, str, str, set[str]]] = [
    (
        "maps.py",
        "results[start:stop] = values",
        "results[start:stop] = values[::-1]",  # chunks in order, items in them not
        {
            "execute/by-workers-and-chunks",
            "execute/in-threads",
        },
    ),
    (
        "task.py",
        "        results=results,",
        "        results=results[:-1],",
        {"correctness/nothing-is-lost-or-doubled", "correctness/equals-the-ground-truth"},
    ),
]
