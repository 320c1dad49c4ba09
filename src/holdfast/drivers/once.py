"""How is a target called exactly once?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from holdfast.model.evidence import Evidence
from holdfast.ports import Recorder

__all__ = ["DRIVER", "OnceDriver"]


class OnceDriver:
    """One call; its evidence is the attempt's evidence."""

    def drive(
        self, call: Callable[[], Awaitable[Evidence]], recorder: Recorder
    ) -> Awaitable[Evidence]:
        del recorder  # one call leaves nothing to sample
        return call()


DRIVER = OnceDriver()
