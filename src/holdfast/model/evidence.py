"""What did an attempt leave behind?"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "Assessment",
    "CaseError",
    "ErrorKind",
    "Event",
    "Evidence",
    "Output",
    "Series",
    "StepEvidence",
]

ErrorKind = Literal["exception", "timeout", "crash", "setup", "internal"]


class CaseError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why a case could not be carried out.

    `tags` refine the kind for retries and breakers: `connection`, or `status NNN`;
    with `undecided` nothing was wrong with the case, but it could not be put to the test here.
    `is_assertion` marks an AssertionError, which is a failure and no error.
    """

    kind: ErrorKind
    type: str = ""
    message: str = ""
    traceback: str = ""
    tags: tuple[str, ...] = ()
    is_assertion: bool = False


class Output(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was written to one stream; `cut_bytes` were dropped from its middle."""

    text: str = ""
    cut_bytes: int = 0


class Assessment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a user's validator answered on the live value.

    `key` names the validator with its parameters (see `ports.AssessorCall`).
    `answer` is `passed`, `failed` or `undecided`; `undecided` is also the answer
    of a validator that crashed, timed out or returned something else than a verdict.
    """

    key: str
    answer: Literal["passed", "failed", "undecided"]
    message: str = ""
    expected: Any = None
    observed: Any = None
    score: float | None = None
    duration_s: float = 0.0


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened around the call, `at_s` seconds after the attempt's start."""

    name: str
    at_s: float
    facts: dict[str, Any] = {}


class Series(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Numbers over time: `values[i]` was seen `at_s[i]` seconds after the attempt's start."""

    at_s: list[float] = []
    values: list[float] = []


class StepEvidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one step left: `phase` says which list it came from, `tries` how often `until` called it."""

    name: str
    phase: Literal["before", "before_each", "step", "teardown", "after_each", "after_all"]
    evidence: Evidence
    tries: int = 1


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What an attempt left: value, error, timings, output and assessments.

    `value` is plain data (see codec.py for tagged and opaque values). `call_s`
    is the duration of the target call alone, timed where it runs. `facts` are
    what the kind of target adds (`status`, `headers`, `exit_code`, ...) and what drivers,
    conditions and probes saw; `measurements` are its numbers, `series` and `events`
    its course in time.
    `round_trips` says that the stored value is the very value, so that a user's
    validator may be called on it again. `worker` names the process that ran it.
    """

    value: Any = None
    has_value: bool = True
    round_trips: bool = True
    error: CaseError | None = None
    call_s: float | None = None
    facts: dict[str, Any] = {}
    stdout: Output | None = None
    stderr: Output | None = None
    assessments: tuple[Assessment, ...] = ()
    measurements: dict[str, float] = {}
    series: dict[str, Series] = {}
    events: tuple[Event, ...] = ()
    steps: tuple[StepEvidence, ...] = ()
    notes: tuple[str, ...] = ()
    worker: str = ""
