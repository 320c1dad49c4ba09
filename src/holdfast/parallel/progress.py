"""How does a caller hear how far a map is? Its errors never end the map."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, cast

from holdfast.clock import monotonic
from holdfast.parallel.failure import WrongArgument

__all__ = ["Progress"]

EVERY_S = 0.1


class Progress:
    """Tells a callback `(phase, done, total)`, or `(phase, share)` if it takes two arguments.

    `total` is None, and the share 0, while the length is not known. It is called in the
    caller's thread, at most ten times a second within a phase, and once at the end.
    """

    def __init__(
        self, callback: Callable[..., Any] | None, *, verbose: bool, warn: Callable[[str], None]
    ) -> None:
        if callback is not None and not callable(cast("Any", callback)):
            raise WrongArgument(
                f"progress must be callable, got {callback!r}",
                hint="pass a function that takes (phase, done, total)",
            )
        self._callback = callback
        self._verbose = verbose
        self._warn = warn
        self._takes = _arguments(callback) if callback is not None else 0
        self._phase = ""
        self._next_at = 0.0

    def tell(self, phase: str, done: int, total: int | None, *, is_last: bool = False) -> None:
        """Tell the callback, unless it was told a moment ago."""
        if self._callback is None:
            return
        now = monotonic()
        if phase == self._phase and now < self._next_at and not is_last:
            return
        self._phase, self._next_at = phase, now + EVERY_S
        try:
            if self._takes == 1:
                self._callback(phase)
            elif self._takes == 2:
                share = 1.0 if is_last else min(1.0, done / total) if total else 0.0
                self._callback(phase, share)
            else:
                self._callback(phase, done, total)
        except Exception as error:  # noqa: BLE001 - whatever it raises, the map goes on
            self._callback = None
            self._warn(f"progress must not raise, got {type(error).__name__}: {error}")

    def say(self, line: str) -> None:
        """Write a line to stderr if the map is verbose."""
        if self._verbose:
            sys.stderr.write(f"holdfast.parallel: {line}\n")

    def say_all(self, text: Callable[[], str]) -> None:
        """Write all lines of a text to stderr, made only if the map is verbose."""
        if self._verbose:
            for line in text().splitlines():
                self.say(line)


def _arguments(callback: Callable[..., Any]) -> int:
    """Count the positional arguments that a callback takes, at most three."""
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):  # a built-in without a signature
        return 3
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return 3
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return min(3, sum(each.kind in positional for each in parameters))
