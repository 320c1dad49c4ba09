"""Which valid name did the author most likely mean?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]

# Two thirds of the characters in common: 'timout' finds 'timeout', 'url' does not find 'rule'.
_CUTOFF = 0.66
# Comparing is quadratic in the length; no name is this long.
_LONGEST = 100


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Name the valid name closest to `name`, or None where none is close.

    A name that differs in case or in `-` and `_` alone is taken first. The answer does
    not depend on the order of `valid`.

    >>> nearest("timout", ["retries", "timeout"])
    'timeout'
    """
    names = sorted(set(valid))
    if len(name) > _LONGEST:
        return None
    plain = _plain(name)
    for each in names:
        if _plain(each) == plain:
            return each
    close = difflib.get_close_matches(name, names, n=1, cutoff=_CUTOFF)
    return close[0] if close else None


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """Phrase the nearest valid name as the end of a message, or give an empty text.

    >>> did_you_mean("timout", ["timeout"])
    "; did you mean 'timeout'?"
    """
    found = nearest(name, valid)
    return "" if found is None else f"; did you mean {found!r}?"


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_")
