"""Does a stored baseline say no more than sittings of another time can prove?"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec
import pytest

from holdfast.clock import seeded
from holdfast.measure.baseline import Sitting
from holdfast.measure.baseline_verdict import PUBLISHED_SD, Held, hold_against
from holdfast.measure.verdict import Rules
from tests.unit.measure.sittings import HOST, drawn_sitting, launch_at, sitting_of

RULES = Rules(slower=0.05, floor=0.025, alpha=0.01)
WIDE = Rules(slower=0.3, floor=0.01, alpha=0.01)
DAYS = (30, 20, 12)


def stored(*days: float, log: float = 0.0) -> list[Sitting]:
    return [sitting_of([log] * 6, days_ago=each) for each in days]


def took(ratio: float, **changes: object) -> Sitting:
    return sitting_of([math.log(ratio)] * 6, **changes)  # type: ignore[arg-type]


def hold(now: Sitting, sittings: Sequence[Sitting], rules: Rules = RULES) -> Held:
    return hold_against(now, sittings, rules)


def test_without_a_baseline_nothing_is_decided_and_nothing_is_said_to_differ() -> None:
    found = hold(took(1.0), ())
    assert (found.status, found.ratio, found.differs, found.trust) == ("undecided", None, (), "")


def test_another_host_class_is_never_compared_with_and_what_differs_is_named() -> None:
    host = msgspec.structs.replace(HOST, cpu="EPYC", memory_gib=16.0)
    found = hold(took(3.0, host=host), stored(*DAYS))
    assert (found.status, found.ratio) == ("undecided", None)
    assert found.differs == ("CPU was Xeon, is EPYC", "memory in GiB was 8, is 16")


def test_only_what_is_alike_is_compared_with() -> None:
    others = [
        msgspec.structs.replace(each, host=msgspec.structs.replace(HOST, cores=64))
        for each in stored(*DAYS, log=1.0)
    ]
    found = hold(took(1.0), [*others, *stored(5)])
    assert (found.sittings, found.occasions) == (1, 1)
    assert found.ratio == pytest.approx(1.0)


def test_one_sitting_borrows_the_published_spread_and_says_so() -> None:
    found = hold(took(1.1), stored(1.2))
    assert found.status == "undecided"
    assert found.margin is not None
    assert 0.12 < found.margin < 0.18
    assert found.trust == (
        f"baseline of 1 sitting, 28 hours old, same host class: differences under"
        f" {100 * found.margin:.2g} % cannot be told from the machine's own"
        " (by the published spread of 2.7 %: a single occasion shows none)"
    )
    assert hold(took(1.3), stored(1)).status == "slower"


def test_three_sittings_say_how_old_they_are_and_what_they_can_tell() -> None:
    found = hold(took(1.0), stored(*DAYS), WIDE)
    assert found.status == "fine"
    assert found.margin is not None
    assert found.trust == (
        "baseline of 3 sittings, the newest 12 days old, same host class: differences under"
        f" {100 * found.margin:.2g} % cannot be told from the machine's own"
    )


def test_more_sittings_tell_more_unless_they_disagree() -> None:
    margins = [
        hold(took(1.0), stored(*range(2, 2 + count))).margin or math.inf for count in (1, 2, 3, 6)
    ]
    assert margins == sorted(margins, reverse=True)
    apart = [sitting_of([log] * 6, days_ago=days) for days, log in ((2, -0.2), (4, 0.0), (6, 0.2))]
    assert (hold(took(1.0), apart).margin or 0) > 0.9


def test_sittings_within_the_hour_are_one_occasion() -> None:
    found = hold(took(1.0), stored(2, 2.01, 2.02))
    assert (found.sittings, found.occasions) == (3, 1)
    assert "3 sittings (which count as 1 occasion)" in found.trust
    assert found.margin == pytest.approx(hold(took(1.0), stored(2)).margin, rel=0.1)


def test_sittings_of_one_other_machine_say_nothing_of_how_machines_differ() -> None:
    found = hold(took(1.0, machine="there"), stored(*DAYS))
    assert (found.sittings, found.occasions, found.is_same_machine) == (3, 1, False)
    assert "3 sittings (which count as 1 machine)" in found.trust
    assert "another machine of the same host class" in found.trust


def test_launches_that_disagree_widen_the_verdict() -> None:
    noisy = sitting_of([-0.3, -0.1, 0.0, 0.0, 0.1, 0.3])
    calm = hold(took(1.0), stored(*DAYS)).margin or 0.0
    assert (hold(noisy, stored(*DAYS)).margin or 0.0) > 1.5 * calm
    assert hold(noisy, stored(*DAYS)).is_noisy
    assert not hold(took(1.0), stored(*DAYS)).is_noisy


def test_a_margin_beyond_all_is_told_as_a_number() -> None:
    found = hold(sitting_of([-3.0, -1.0, 0.0, 0.0, 1.0, 3.0]), stored(*DAYS))
    assert re.search(r" differences under \d,\d{3} % cannot", found.trust)


def test_one_disturbed_launch_does_not_lead_astray() -> None:
    found = hold(sitting_of([0.0, 0.0, 0.0, 0.0, 0.0, 0.04]), stored(*DAYS))
    assert found.ratio == pytest.approx(1.0)


def test_another_speed_of_the_machine_is_taken_out_by_the_reference_loop() -> None:
    calm = took(1.0)
    twice_the_time = {"target_s": 0.002, "reference_s": 0.002}
    launches = tuple(
        msgspec.structs.replace(each, cpu=msgspec.structs.replace(each.cpu, **twice_the_time))
        for each in calm.launches
    )
    found = hold(msgspec.structs.replace(calm, launches=launches), stored(*DAYS))
    assert (found.clock, found.is_normalised) == ("cpu", True)
    assert found.ratio == pytest.approx(1.0)


def test_what_waits_is_judged_by_wall_time_and_more_carefully() -> None:
    waiting = [launch_at(0.0, waits=1.0, quiet_cpu_share=0.1)] * 6
    found = hold(sitting_of(launches=tuple(waiting)), stored(*DAYS))
    assert (found.clock, found.is_normalised) == ("wall", False)
    assert (found.margin or 0) > 2 * (hold(took(1.0), stored(*DAYS)).margin or 0)
    assert PUBLISHED_SD["wall"] > PUBLISHED_SD["cpu"]
    told = hold(took(1.0), stored(*DAYS), msgspec.structs.replace(RULES, unit="wall"))
    assert told.clock == "wall"


def test_what_waits_now_and_did_not_is_not_called_fine_by_cpu_time() -> None:
    waiting = [launch_at(0.0, waits=1.0, quiet_cpu_share=0.95)] * 6
    found = hold(sitting_of(launches=tuple(waiting)), stored(*DAYS), WIDE)
    assert (found.status, found.clock) == ("undecided", "cpu")
    assert found.reason.startswith("it waits now, which CPU time does not see")


def test_a_proven_change_in_either_direction_is_told_whatever_the_limits_are() -> None:
    generous = Rules(slower=5.0, floor=2.0, alpha=0.01)
    assert hold(took(1.5), stored(*DAYS), generous).has_changed
    assert hold(took(0.5), stored(*DAYS), generous).has_changed
    assert not hold(took(1.01), stored(*DAYS), generous).has_changed


def test_the_same_code_is_called_slower_in_less_than_one_of_a_hundred() -> None:
    random = seeded(3, "the same code")
    alarms, kinds = 0, [(1, 0.0266), (3, 0.0266), (3, 0.05), (8, 0.01)]
    for turn in range(1200):
        count, sitting_sd = kinds[turn % len(kinds)]
        earlier = [
            drawn_sitting(random, sitting_sd=sitting_sd, days_ago=1 + day) for day in range(count)
        ]
        found = hold(drawn_sitting(random, sitting_sd=sitting_sd), earlier)
        alarms += found.status == "slower"
    assert alarms <= 12


def test_a_fifth_more_is_found_beside_three_sittings() -> None:
    random = seeded(4, "a fifth more")
    found: list[Held] = []
    for _ in range(200):
        earlier = [drawn_sitting(random, sitting_sd=0.0266, days_ago=1 + day) for day in range(3)]
        found.append(hold(drawn_sitting(random, 1.2, sitting_sd=0.0266), earlier))
    assert sum(each.status == "slower" for each in found) >= 170
    assert not any(each.status == "fine" for each in found)
