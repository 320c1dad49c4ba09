"""What is one thing to check? A target, conditions and expectations, as authored."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "Case",
    "Expect",
    "Requires",
    "Retries",
    "Severity",
    "Step",
    "Suite",
    "Surround",
    "Target",
    "Until",
    "Waiver",
]

Severity = Literal["low", "medium", "high", "critical"]


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is exercised: the name of a target component and its fields, templates not yet filled in."""

    kind: str
    spec: dict[str, Any]


class Expect(msgspec.Struct, frozen=True):
    """What must be true: the name of an expectation and its parameters as plain data."""

    name: str
    params: Any = None


class Waiver(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A `skip` or an `xfail`: why, and the last day (ISO date) on which it holds."""

    reason: str
    until: str | None = None


class Retries(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How often a case may be attempted again, after which outcomes, and how long to wait.

    `on` is empty for "any failed or errored attempt"; else it lists `timeout`,
    `connection`, `failed`, `error`, `crash` or `status NNN`.
    """

    times: int = 0
    on: tuple[str, ...] = ()
    backoff_s: float = 0.0
    factor: float = 2.0


class Requires(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the machine must have free for this case."""

    memory_bytes: int = 0
    disk_bytes: int = 0
    cpus: float = 0.0


class Until(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Repeat a step until these expectations hold, every so often, within a limit."""

    expect: tuple[Expect, ...]
    every_s: float = 0.2
    within_s: float = 10.0


class Surround(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something around the call of a case, by the name of its component.

    A `driver` calls the target, a `condition` is what it is put under meanwhile, a
    `probe` watches it. `params` are plain data, checked and complete.
    """

    kind: Literal["driver", "condition", "probe"]
    name: str
    params: Any = None


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call inside a case: a target, what must be true of it, what is kept of it."""

    target: Target
    name: str = ""
    expect: tuple[Expect, ...] = ()
    save: dict[str, str] = {}
    until: Until | None = None
    timeout_s: float | None = None


class Suite(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A named group of cases from one source, with the steps around them."""

    name: str
    source: str = ""
    description: str = ""
    services: tuple[str, ...] = ()
    before: tuple[Step, ...] = ()
    before_each: tuple[Step, ...] = ()
    after_each: tuple[Step, ...] = ()
    after_all: tuple[Step, ...] = ()


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to check, after defaults and `foreach`.

    `source` is `path:line`. `after` holds full ids (`suite/id`). `steps` and
    `teardown` are filled only for a target of kind `steps`. `fingerprint`
    covers what the case depends on besides its own text (contents of
    `file:` templates), so that a changed input is noticed on resume.
    `base` is the folder against which its `file:` templates are resolved.
    `surround` holds at most one driver; with `share`, what measures does not keep
    other cases away.
    """

    suite: str
    id: str
    target: Target
    expect: tuple[Expect, ...] = ()
    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    priority: int = 0
    after: tuple[str, ...] = ()
    uses: dict[str, int] = {}
    requires: Requires = Requires()
    timeout_s: float | None = None
    retries: Retries = Retries()
    skip: Waiver | None = None
    xfail: Waiver | None = None
    severity: Severity = "medium"
    enabled: bool = True
    seed: int | None = None
    matrix: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()
    teardown: tuple[Step, ...] = ()
    surround: tuple[Surround, ...] = ()
    share: bool = False
    source: str = ""
    base: str = ""
    fingerprint: str = ""

    @property
    def full_id(self) -> str:
        """The id that is unique in the run."""
        return f"{self.suite}/{self.id}"
