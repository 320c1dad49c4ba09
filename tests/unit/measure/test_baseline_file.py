"""Is a baseline kept whole, read or refused with one message, and changed only as it should be?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.errors import UsageError
from holdfast.measure.baseline import Baseline, Sitting
from holdfast.measure.baseline_file import (
    MOST_ALIKE,
    add_sitting,
    file_of,
    keep_measured,
    read_baseline,
    read_stored,
)
from holdfast.measure.verdict import Rules
from tests.unit.measure.sittings import HOST, sitting_of

RULES = Rules(slower=0.05, floor=0.025, alpha=0.01)
OTHER = msgspec.structs.replace(HOST, cpu="EPYC")


def kept(path: Path) -> Baseline:
    found = read_baseline(path)
    assert found is not None
    return found


def test_a_file_is_named_by_suite_and_case() -> None:
    assert file_of("shop", "total[n=3]") == "baselines/shop/total[n=3].json"
    assert file_of("a/b", "shop.cart:total") == "baselines/a%2Fb/shop.cart%3Atotal.json"


def test_a_missing_file_is_none_and_is_made_by_the_first_sitting(tmp_path: Path) -> None:
    path = tmp_path / "baselines" / "shop" / "total.json"
    assert read_baseline(path) is None
    assert add_sitting(path, sitting_of(), RULES) == "1 sitting of this host class and interpreter"
    assert kept(path) == Baseline(sittings=(sitting_of(),))
    assert [each.name for each in path.parent.iterdir()] == ["total.json"]


def test_sittings_are_added_and_those_of_other_hosts_stay(tmp_path: Path) -> None:
    path = tmp_path / "total.json"
    other, first, second = sitting_of(host=OTHER), sitting_of(days_ago=2), sitting_of()
    add_sitting(path, other, RULES)
    add_sitting(path, first, RULES)
    assert add_sitting(path, second, RULES).startswith("2 sittings of this host class")
    assert kept(path).sittings == (other, first, second)


def test_sittings_of_other_code_are_replaced_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "total.json"
    other, slow = sitting_of(host=OTHER), sitting_of([0.5] * 6)
    for each in (other, sitting_of(days_ago=3), sitting_of(days_ago=2)):
        add_sitting(path, each, RULES)
    assert add_sitting(path, slow, RULES) == (
        "1 sitting of this host class and interpreter;"
        " the earlier ones are replaced: it takes 1.649 times as long now"
    )
    assert kept(path).sittings == (other, slow)


def test_of_many_sittings_those_apart_in_time_stay(tmp_path: Path) -> None:
    path = tmp_path / "total.json"
    for days in range(2 * MOST_ALIKE, MOST_ALIKE, -1):
        add_sitting(path, sitting_of(days_ago=days), RULES)
    for minutes in range(6, 0, -1):
        add_sitting(path, sitting_of(days_ago=minutes / 1440), RULES)
    left = kept(path).sittings
    assert len(left) == MOST_ALIKE
    assert sum(each.at.hour == 11 for each in left) == 2
    assert left[-1] == sitting_of(days_ago=1 / 1440)


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"{", "a baseline must be readable as such, got ", "restore it"),
        (b"\xff\xfe", "a baseline must be readable as such, got ", "restore it"),
        (b"[]", "a baseline must be readable as such, got ", "restore it"),
        (
            b'{"format": "holdfast-baseline/2"}',
            "a baseline must be of format 'holdfast-baseline/1', got 'holdfast-baseline/2'",
            "it was written by a newer holdfast: upgrade this one",
        ),
        (
            b'{"format": "holdfast-baseline/1", "sittings": [{"at": "today"}]}',
            "a baseline must be readable as such, got ",
            "restore it",
        ),
    ],
)
def test_what_is_no_baseline_is_refused(
    tmp_path: Path, content: bytes, message: str, hint: str
) -> None:
    path = tmp_path / "total.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_baseline(path)
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)
    with pytest.raises(UsageError) as caught:
        add_sitting(path, sitting_of(), RULES)
    assert caught.value.message.startswith(f"{path}: {message}")
    assert path.read_bytes() == content


def test_a_sitting_without_launches_or_time_zone_or_with_a_time_of_nothing_is_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "total.json"
    whole = msgspec.to_builtins(Baseline(sittings=(sitting_of(),)))
    for key, value in (("launches", []), ("at", "2026-06-15T12:00:00")):
        broken = {**whole, "sittings": [{**whole["sittings"][0], key: value}]}
        path.write_text(json.dumps(broken))
        with pytest.raises(UsageError, match=key):
            read_baseline(path)
    whole["sittings"][0]["launches"][0]["cpu"]["target_s"] = 0.0
    path.write_text(json.dumps(whole))
    with pytest.raises(UsageError, match="target_s"):
        read_baseline(path)


def test_keys_that_are_not_known_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "total.json"
    whole: dict[str, Any] = msgspec.to_builtins(Baseline(sittings=(sitting_of(),)))
    whole["sittings"][0]["weather"] = "fair"
    path.write_text(json.dumps({**whole, "by": "us"}))
    assert kept(path).sittings == (sitting_of(),)


def test_what_cannot_be_read_or_written_is_told_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "total.json"
    folder.mkdir()
    with pytest.raises(UsageError, match="a baseline must be a readable file, got 'Is a dir"):
        read_baseline(folder)
    # The draft's name is longer by the number of the process, and longer than names can be.
    long = tmp_path / f"{'x' * 250}.json"
    with pytest.raises(UsageError) as caught:
        add_sitting(long, sitting_of(), RULES)
    assert caught.value.message == f"{long}: a baseline must be writable, got 'File name too long'"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_run_is_told_what_a_file_holds_and_its_measurement_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "total.json"
    told = read_stored(path, "baselines/shop/total.json", update=True)
    assert told == {
        "file": "baselines/shop/total.json",
        "exists": False,
        "update": True,
        "sittings": [],
    }
    fact = {"now": msgspec.to_builtins(sitting_of()), "rules": msgspec.to_builtins(RULES)}
    keep_measured(path, fact)
    told = read_stored(path, "total.json", update=False)
    assert told["exists"] is True
    assert msgspec.convert(told["sittings"], list[Sitting]) == [sitting_of()]
