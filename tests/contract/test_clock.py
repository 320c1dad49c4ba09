"""Does every clock go forwards, and does a seed decide all that is random?"""

from __future__ import annotations

import asyncio
import datetime
import random

from holdfast.clock import SystemClock, fresh_seed, monotonic, seed_global, seeded, sleep_blocking


def test_the_system_clock_goes_forwards_and_knows_the_time_in_utc() -> None:
    clock = SystemClock()
    before = clock.now()
    asyncio.run(clock.sleep(0))
    sleep_blocking(0)
    assert clock.now() >= before
    assert monotonic() >= before
    assert clock.wall().tzinfo is datetime.UTC


def test_a_seed_and_its_parts_decide_what_comes() -> None:
    assert seeded(1, "a").random() == seeded(1, "a").random()
    assert seeded(1, "a").random() != seeded(1, "b").random()
    assert seeded(1, "a").random() != seeded(2, "a").random()


def test_a_fresh_seed_fits_into_31_bits() -> None:
    assert 0 <= fresh_seed() < 2**31


def test_the_global_generator_is_seeded_for_user_code() -> None:
    state = random.getstate()
    try:
        seed_global(5)
        first = random.random()
        seed_global(5)
        assert random.random() == first
    finally:
        random.setstate(state)
