"""Do known secrets stay out of everything that is kept?"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.assembly.request import Workplace
from holdfast.assembly.secrecy import Secrecy
from holdfast.clock import SystemClock
from holdfast.model.case import Case, Step, Suite, Target
from holdfast.model.codec import decode, encode
from holdfast.model.evidence import Evidence
from holdfast.model.plan import Plan, PlannedCase
from holdfast.registry import Registry

SECRET = "correct-horse-battery-staple"


def place(secrets: Mapping[str, str]) -> Workplace:
    return Workplace(
        registry=Registry([], entry_points=False),
        clock=SystemClock(),
        root=Path(tempfile.gettempdir()),
        env={},
        secrets=secrets,
        key=b"k" * 32,
    )


def plan(spec: dict[str, Any], *, step: dict[str, Any] | None = None) -> Plan:
    steps = (Step(target=Target(kind="http", spec=step)),) if step else ()
    case = Case(suite="s", id="c", target=Target(kind="http", spec=spec), steps=steps)
    planned = PlannedCase(index=0, case=case, key="k")
    suite = Suite(name="s", before=(Step(target=Target(kind="http", spec={"url": SECRET})),))
    return Plan(cases=(planned,), suites={"s": suite})


def test_without_secrets_everything_stays_the_same_object() -> None:
    secrecy, raw, kept = Secrecy(place({})), encode(Evidence(value=SECRET)), plan({})
    assert not secrecy.is_needed
    assert secrecy.evidence(raw) is raw
    assert secrecy.plan(kept) is kept
    assert secrecy.text("t") == "t"
    assert secrecy.plain({"a": 1}) == {"a": 1}


def test_a_secret_is_replaced_in_evidence_text_values_and_plan() -> None:
    secrecy = Secrecy(place({"API_KEY": SECRET}))
    assert secrecy.is_needed
    raw = encode(Evidence(value={"echo": f"Bearer {SECRET}"}))
    clean = secrecy.evidence(raw)
    assert SECRET.encode() not in clean
    assert "Bearer" in decode(clean, Evidence).value["echo"]
    assert SECRET not in secrecy.text(f"x {SECRET}")
    assert SECRET not in str(secrecy.plain({"a": [SECRET]}))
    kept = secrecy.plan(plan({"url": f"/?key={SECRET}"}))
    assert SECRET.encode() not in encode(kept)
    assert kept.cases[0].key == "k"


def test_evidence_that_holds_no_secret_is_not_copied() -> None:
    raw = encode(Evidence(value="nothing"))
    assert Secrecy(place({"API_KEY": SECRET})).evidence(raw) is raw


def test_what_an_author_wrote_into_a_header_is_a_secret_too() -> None:
    for written in (
        plan({"headers": {"Authorization": f"Bearer {SECRET}"}}),
        plan({}, step={"headers": {"X-API-Key": SECRET}}),
    ):
        secrecy = Secrecy(place({}), written)
        assert secrecy.is_needed
        assert SECRET not in secrecy.text(f"echo {SECRET} Bearer {SECRET}")


def test_a_template_in_a_header_is_no_secret() -> None:
    assert not Secrecy(place({}), plan({"headers": {"Authorization": "{env.TOKEN}"}})).is_needed
