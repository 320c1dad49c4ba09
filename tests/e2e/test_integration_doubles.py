"""Is it told against what a double was verified, and when that no longer holds?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from holdfast.cli.integration_checks import Outcome, carry_check
from holdfast.cli.integration_doubles import double_checks
from holdfast.doubles.standing import OWN, Verification
from holdfast.doubles.surface import digest_of_surface, version_of
from holdfast.registry import load_place
from holdfast.session import Session


def outcomes_of(**records: Path) -> dict[str, Outcome]:
    found = [carry_check(check) for check in double_checks(**records)]
    return {each.promise.partition(" ")[0]: each for each in found}


def verified(contract: str, against: str, **changed: str) -> Verification:
    digest = digest_of_surface(Counter)
    values = {"version": "", "date": "2026-01-02", "digest": digest, "checks": "", **changed}
    return Verification(contract=contract, against=against, **values)


def written(path: Path, record: Mapping[str, Verification]) -> Path:
    path.write_bytes(msgspec.json.encode(record))
    return path


def test_a_double_of_holdfast_is_told_with_version_and_date_and_undecided_where_stale(
    tmp_path: Path,
) -> None:
    absent = tmp_path / "absent.json"
    real = {name: load_place(place) for name, place in OWN.items()}
    record = {
        name: verified(name, OWN[name], version=version_of(kind), digest=digest_of_surface(kind))
        for name, kind in real.items()
    }
    held = outcomes_of(own=written(tmp_path / "now.json", record), project=absent)
    assert {name: each.status for name, each in held.items()} == dict.fromkeys(OWN, "passed")
    version = version_of(Session)
    assert held["MockREPLSession"].promise == (
        f"MockREPLSession was held to Session {version} on 2026-01-02"
    )
    del record["MockAsyncExecutor"]
    record["MockREPLSession"] = msgspec.structs.replace(record["MockREPLSession"], version="0.0.1")
    stale = outcomes_of(own=written(tmp_path / "old.json", record), project=absent)
    assert {name: each.status for name, each in stale.items()} == {
        "MockAsyncExecutor": "undecided",
        "MockREPLSession": "undecided",
        "MockCapabilityManager": "passed",
    }
    assert "was never verified; run its contract again" in stale["MockAsyncExecutor"].reason
    assert f"0.0.1, not against {version}" in stale["MockREPLSession"].reason


def test_contracts_of_a_project_are_looked_at_in_a_process_of_their_own(tmp_path: Path) -> None:
    record = {
        "held": verified("held", "collections:Counter"),
        "changed": verified("changed", "collections:Counter", digest="old"),
        "gone": verified("gone", "no_such_module:Thing"),
    }
    found = outcomes_of(project=written(tmp_path / "contracts.json", record))
    assert found["held"].status == "passed"
    assert found["held"].promise == "held was held to Counter on 2026-01-02"
    assert found["changed"].status == found["gone"].status == "undecided"
    assert "and collections:Counter has changed since" in found["changed"].reason
    assert found["gone"].reason == (
        "no_such_module:Thing cannot be looked at: "
        "ModuleNotFoundError: No module named 'no_such_module'"
    )
