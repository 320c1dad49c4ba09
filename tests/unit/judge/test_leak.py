"""Does the finding on a leak name the line, and what is not known?"""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.judge.leak import NO_LEAK
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding
from holdfast.model.leak import ChannelGrowth, LeakReport, LeakSite

HEAP = ChannelGrowth(name="heap", unit="bytes", status="leaks", per_call=272.0)
OBJECTS = LeakSite(place="cart.py:12", objects_per_call=1.0, bytes_per_call=64.0)
NATIVE = LeakSite(place="cart.py:9", objects_per_call=1.0, bytes_per_call=256.0, native="strdup")


def judged(**report: Any) -> Finding:
    found: dict[str, Any] = {"status": "leaks", "calls": 1200, "channels": (HEAP,), **report}
    fact = LeakReport(**found)
    return NO_LEAK.decide({}, Evidence(facts={"leak": msgspec.to_builtins(fact)}))


def test_the_line_that_makes_objects_is_named_with_their_count() -> None:
    assert judged(sites=(OBJECTS,)).message == (
        "272 bytes (heap) per call stay, over 1,200 calls; 1.00 objects per iteration at cart.py:12"
    )


def test_the_line_that_calls_c_code_is_named_with_its_function() -> None:
    assert judged(sites=(NATIVE, OBJECTS)).message.endswith(
        "; 1.00 allocations of C code per iteration at cart.py:9 (strdup)"
    )


def test_what_nobody_could_see_is_said() -> None:
    found = judged(notes=("C code holds it; memray would name the line",))
    assert found.message.endswith("; C code holds it; memray would name the line")


def test_growth_without_proof_names_its_line_too() -> None:
    growing = msgspec.structs.replace(HEAP, status="growing")
    found = judged(status="undecided", channels=(growing,), sites=(NATIVE,))
    assert found.status == "undecided"
    assert (
        "not proven over 1,200 calls: 272 bytes (heap) per call; 1.00 allocations" in found.message
    )
