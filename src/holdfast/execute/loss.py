"""What is the evidence of a call whose process did not live to answer?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from holdfast.execute.host_process import InFlight
from holdfast.model import codec
from holdfast.model.evidence import Assessment, CaseError, ErrorKind, Evidence, Output
from holdfast.ports import AssessorCall
from holdfast.text.cut import HeadTail

__all__ = ["Loss", "LossKind", "evidence_of", "sentence", "unassessed", "with_output"]

LossKind = Literal["timeout", "crash", "shared", "lost", "setup", "internal"]


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call has no answer.

    `timeout`: its process was killed because this call did not end in time.
    `crash`: its process ended under this call alone. `shared`: its process ended
    under several calls, and which one did it is not known. `lost`: its process was
    ended because of another call. `setup`: it could not be sent to a process.
    `internal`: its process never got ready.
    """

    kind: LossKind
    message: str
    stack: str = ""


def evidence_of(
    loss: Loss, flight: InFlight, assessors: Sequence[AssessorCall], *, call_s: float, worker: str
) -> Evidence:
    """Return the evidence of a lost call; the tags `shared` and `lost` ask for it to run again."""
    if flight.called is not None and loss.kind in {"crash", "timeout"}:
        evidence = codec.decode(flight.called, Evidence)
        return with_output(
            msgspec.structs.replace(evidence, assessments=unassessed(assessors, loss)), flight
        )
    kind: ErrorKind = "crash" if loss.kind == "shared" or loss.kind == "lost" else loss.kind  # noqa: PLR1714 - narrows the type
    error = CaseError(
        kind=kind,
        message=loss.message,
        traceback=loss.stack,
        tags=(loss.kind,) if loss.kind in {"shared", "lost"} else (),
    )
    return with_output(Evidence(has_value=False, error=error, call_s=call_s, worker=worker), flight)


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
