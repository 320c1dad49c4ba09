"""What does whoever waits for a call get: evidence of its end, or of its loss?"""

from __future__ import annotations

import msgspec

from holdfast.clock import monotonic
from holdfast.execute.host_process import HostProcess, InFlight
from holdfast.execute.loss import Loss, evidence_of, with_output
from holdfast.model import codec
from holdfast.model.evidence import Evidence

__all__ = ["end_call", "lose"]


def end_call(flight: InFlight, encoded: bytes) -> None:
    """Answer with the evidence that came, and with what the call wrote to its streams."""
    if flight.future.done():
        return
    try:
        evidence = codec.decode(encoded, Evidence)
    except msgspec.DecodeError as error:
        # Someone else wrote to the connection.
        flight.future.set_exception(error)
        return
    if flight.output is not None:
        evidence = with_output(evidence, flight)
    flight.future.set_result(evidence)


def lose(host: HostProcess, flight: InFlight, loss: Loss) -> None:
    """Answer that there will be no answer: with evidence where a function was called, else with the loss."""
    if flight.future.done():
        return
    if flight.assessors is None:
        flight.future.set_result(loss)
        return
    call_s = monotonic() - flight.started
    try:
        evidence = evidence_of(loss, flight, flight.assessors, call_s=call_s, worker=host.name)
    except msgspec.DecodeError as error:
        flight.future.set_exception(error)
        return
    flight.future.set_result(evidence)
