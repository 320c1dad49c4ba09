"""What does `touches_only` make of what a call touched?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.judge.touches import TOUCHES_ONLY
from holdfast.model.case import Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding
from holdfast.ports import BadParams

ALLOW = ["read:data/**"]


def judged(**facts: Any) -> Finding:
    fact = {"mode": "observe", "declared": ALLOW, "used": [], "undeclared": [], **facts}
    evidence = Evidence(facts={"capabilities": fact})
    return TOUCHES_ONLY.judge(ALLOW, evidence, lambda *_: pytest.fail("it asks nobody"))


def test_it_wants_the_call_to_be_watched() -> None:
    (need,) = TOUCHES_ONLY.needs(ALLOW)
    assert need == Surround(
        kind="condition", name="capabilities", params={"allow": ALLOW, "mode": "observe"}
    )


def test_what_was_declared_passes_and_tells_what_nobody_could_see() -> None:
    finding = judged(used=["read:data/a"], blind=["program git"], unused=["net"])
    assert finding.status == "passed"
    assert finding.message == (
        "the call touched read:data/a; not seen into: program git; declared but not used: net"
    )


def test_nothing_is_little_enough() -> None:
    assert judged().message == "the call touched nothing"


def test_what_was_not_declared_fails_with_its_names() -> None:
    names = [f"read:{n}" for n in range(7)]
    finding = judged(used=names, undeclared=names)
    assert finding.status == "failed"
    assert "read:4 and 2 more, which was not declared" in finding.message


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"mode": "none", "reason": "no Landlock"}, "no Landlock"),
        ({"declared": ["net"]}, "name the same ones here"),
    ],
)
def test_what_was_not_watched_by_this_list_is_undecided(facts: dict[str, Any], said: str) -> None:
    finding = judged(**facts)
    assert finding.status == "undecided"
    assert said in finding.message


def test_a_call_that_was_not_watched_is_undecided() -> None:
    for facts in ({}, {"capabilities": {"mode": "enforce", "declared": ALLOW}}):
        finding = TOUCHES_ONLY.judge(
            ALLOW, Evidence(facts=facts), lambda *_: pytest.fail("it asks nobody")
        )
        assert finding.status == "undecided"


@pytest.mark.parametrize("raw", ["read", None, {"allow": []}, ["raed:x"]])
def test_what_is_no_list_of_capabilities_is_refused(raw: Any) -> None:
    with pytest.raises(BadParams):
        TOUCHES_ONLY.compile(raw, lambda _: pytest.fail("it asks nobody"))
