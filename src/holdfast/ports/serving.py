"""What do the processes under test promise?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from holdfast.model.case import Case, Suite

__all__ = ["Service", "Services"]


class Service(Protocol):
    """A process under test that holdfast starts, or the address of one that already runs."""

    name: str
    url: str

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            holdfast.errors.HoldfastError: it did not become ready; the message has the last lines of its log.
        """
        ...

    async def stop(self) -> None:
        """Stop it with everything that it started."""
        ...

    def ended(self) -> str:
        """Return how it ended on its own (`exit 137`), or "" while it lives."""
        ...


class Services(Protocol):
    """All services of a run, started before their first user and stopped after their last."""

    async def enter(self, case: Case, suite: Suite) -> Mapping[str, Any]:
        """Start what a case needs; return the variables that templates name.

        Raises:
            holdfast.errors.HoldfastError: a service did not become ready.
        """
        ...

    async def leave(self, case: Case, suite: Suite) -> None:
        """Stop what was started for this case alone."""
        ...

    async def end_suite(self, name: str) -> None:
        """Stop what was started for a suite whose last case has ended."""
        ...

    async def lost(self, case: Case, suite: Suite) -> str:
        """Say which service of the case died on its own (`service api, exit 137`), or ""."""
        ...

    def pids(self) -> Mapping[str, int]:
        """Return the process id of each service that was started and lives, by its name."""
        ...

    async def close(self) -> None:
        """Stop everything."""
        ...
