"""What is the evidence of a call whose process did not live to answer?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import msgspec

from holdfast.execute.host_process import REAPER_GONE, HostProcess, InFlight
from holdfast.model import codec
from holdfast.model.evidence import Assessment, CaseError, ErrorKind, Evidence, Output
from holdfast.model.result import Attempt
from holdfast.ports import AssessorCall
from holdfast.process.reaper_client import ReaperGone
from holdfast.text.cut import HeadTail

__all__ = [
    "Loss",
    "LossKind",
    "evidence_of",
    "loss_of",
    "sentence",
    "suspected",
    "unassessed",
    "with_output",
]

# More names than this would not be read.
SHOWN = 5

LossKind = Literal["timeout", "crash", "shared", "lost", "reaper", "setup", "internal"]

# By what a lost call is known that must run again; with the reaper it is lost as well.
TAGS: dict[LossKind, tuple[str, ...]] = {
    "shared": ("shared",),
    "lost": ("lost",),
    "reaper": ("lost", "reaper"),
}


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call has no answer.

    `timeout`: its process was killed because this call did not end in time.
    `crash`: its process ended under this call alone. `shared`: its process ended
    under several calls, and which one did it is not known. `lost`: its process was
    ended because of another call. `reaper`: its process was lost together with the
    reaper, which one of the calls in flight may have killed. `setup`: it could not be
    sent to a process.
    `internal`: its process never got ready.
    """

    kind: LossKind
    message: str
    stack: str = ""


def loss_of(host: HostProcess, n: int, flight: InFlight, *, ending: str, count: int) -> Loss:
    """Return what became of a call whose process ended with `count` calls in flight."""
    log = host.log_text()
    if ending == REAPER_GONE:
        return Loss(kind="reaper", message=f"{host.name} was lost together with the reaper")
    if not host.is_ready:
        return Loss(
            kind="internal", message=f"{host.name} ended before it was ready: {ending}", stack=log
        )
    if host.killed_for == n:
        return Loss(kind="timeout", message=host.kill_reason, stack=host.blocked_stack or log)
    if host.killed_for:
        return Loss(
            kind="lost",
            message=f"{host.name} was killed because of another case: {host.kill_reason}",
        )
    if host.killed_for == 0:
        return Loss(kind="shared", message=f"{host.kill_reason} (one of {count})", stack=log)
    if count > 1:
        return Loss(
            kind="shared", message=f"{host.name} ended with {ending} (one of {count})", stack=log
        )
    return Loss(
        kind="crash",
        message=f"{host.name} ended with {ending} while it ran {flight.label}",
        stack=log,
    )


def evidence_of(
    loss: Loss, flight: InFlight, assessors: Sequence[AssessorCall], *, call_s: float, worker: str
) -> Evidence:
    """Return the evidence of a lost call; the tags `shared` and `lost` ask for it to run again."""
    if flight.called is not None and loss.kind in {"crash", "timeout"}:
        evidence = codec.decode(flight.called, Evidence)
        return with_output(
            msgspec.structs.replace(evidence, assessments=unassessed(assessors, loss)), flight
        )
    tags = TAGS.get(loss.kind, ())
    kind = cast("ErrorKind", "crash" if tags else loss.kind)
    error = CaseError(kind=kind, message=loss.message, traceback=loss.stack, tags=tags)
    return with_output(Evidence(has_value=False, error=error, call_s=call_s, worker=worker), flight)


def suspected(
    error: ReaperGone, running: Sequence[str], attempts: Mapping[str, Sequence[Attempt]]
) -> ReaperGone:
    """Name the cases that were in flight when the reaper ended: one of them may have killed it.

    Those whose process was lost with it; else those that run now, since the first to
    notice is told at once.
    """
    lost = sorted(
        name
        for name, made in attempts.items()
        if made and made[-1].error is not None and "reaper" in made[-1].error.tags
    )
    names = lost or sorted(running)
    if not names:
        return error
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ReaperGone(
        f"{error.message}; in flight when it ended: {', '.join(names[:SHOWN])}{more}",
        hint="a case must not kill the processes that run it; run each of these alone to find out which one does",
    )


def sentence(loss: Loss) -> str:
    """Say in one text what happened."""
    return f"{loss.message}\n{loss.stack}".strip()


def unassessed(calls: Sequence[AssessorCall], loss: Loss) -> tuple[Assessment, ...]:
    """Return the answers of validators that ended their process: undecided, with the reason."""
    message = f"the validator gave no answer: {loss.message}"
    return tuple(Assessment(key=call.key, answer="undecided", message=message) for call in calls)


def with_output(evidence: Evidence, flight: InFlight) -> Evidence:
    """Add what the call wrote to its streams."""
    if flight.output is None:
        return evidence
    return msgspec.structs.replace(
        evidence, stdout=_output(flight.output[1]), stderr=_output(flight.output[2])
    )


def _output(kept: HeadTail) -> Output | None:
    return Output(text=kept.text(), cut_bytes=kept.cut_bytes) if kept.total_bytes else None
