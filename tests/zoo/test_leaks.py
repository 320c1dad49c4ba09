"""Is every planted leak found on its channel, and no clean twin accused?"""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import UsageError
from holdfast.measure import LeakReport, leakcheck
from tests.zoo.leaks import CLEAN, LEAKS

HERE = Path(__file__).parent / "leaks.py"


def check(name: str, **options: object) -> LeakReport:
    return leakcheck(f"{HERE}:{name}", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_function_is_not_accused(name: str) -> None:
    report = check(name)
    assert (report.status, report.sites) == ("clean", ())
    assert report.calls >= 1200


@pytest.mark.parametrize(("name", "channel"), LEAKS.items())
def test_a_leak_is_found_on_its_channel(name: str, channel: str) -> None:
    report = check(name, channels=[channel])
    assert report.status == "leaks"
    assert [each.name for each in report.channels if each.status == "leaks"] == [channel]
    assert 0 < report.suspected_at <= 1400


def test_the_line_that_allocates_is_named_with_its_count() -> None:
    site = check("objects_1kb", iterations=240, channels="blocks").sites[0]
    line = next(
        number
        for number, text in enumerate(HERE.read_text().splitlines(), 1)
        if "bytearray(1000))" in text
    )
    assert site.place == f"{HERE}:{line}"
    # The object, and the buffer that it holds.
    assert site.objects_per_call == pytest.approx(2.0, abs=0.1)
    assert "KEPT.append" in site.text


def test_the_line_that_leads_to_what_a_c_function_holds_is_named() -> None:
    report = check("c_library", iterations=240, channels=["heap"])
    (site,) = report.sites
    assert site.text == '_LIBC.strdup(b"x" * 255)'
    assert (site.objects_per_call, site.bytes_per_call) == (1.0, 256.0)
    assert site.native.startswith("strdup")
    assert report.notes == ()


def test_what_was_allocated_through_a_pointer_looked_up_by_hand_has_no_line() -> None:
    report = check("c_heap", iterations=240, channels=["heap"])
    assert (report.status, report.sites) == ("leaks", ())
    assert "no line of Python code accounts for the memory that grows" in report.notes[0]


def test_a_cache_larger_than_the_first_look_is_looked_at_longer() -> None:
    report = leakcheck(_fills_at(600), iterations=480, channels=["blocks"])
    assert report.status == "clean"
    assert report.calls > 480
    assert "was full after" in report.channels[0].note


def _fills_at(size: int) -> object:
    cache: dict[int, bytearray] = {}

    def fill() -> None:
        number = len(cache)
        if number < size:
            cache[number] = bytearray(100)

    return fill


def test_without_confirmation_the_first_look_decides() -> None:
    report = leakcheck(_fills_at(600), iterations=480, channels=["blocks"], confirm=False)
    assert (report.status, report.calls, report.sites) == ("leaks", 480, ())


def test_a_target_that_raises_is_no_verdict() -> None:
    with pytest.raises(UsageError, match=r"call 21 of the target raised ValueError: no more"):
        check("fails_later")


def test_a_target_that_ends_its_process_is_no_verdict() -> None:
    with pytest.raises(UsageError, match="the target ended its process, exit 0"):
        check("ends_its_process")


def test_a_target_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="must be a function that can be imported"):
        check("nothing_of_that_name")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"iterations": 3}, "iterations must be a whole number of at least 12, got 3"),
        ({"checkpoints": 4}, "checkpoints must be a whole number of at least 12, got 4"),
        ({"channels": ["blocs"]}, "no such channel 'blocs'; did you mean 'blocks'?"),
        ({"channels": []}, "channels must be 'all' or a list of names"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check("clean", **options)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("target", ["json", 3])
def test_a_target_that_is_no_function_is_refused(target: object) -> None:
    with pytest.raises(UsageError, match="a target must be 'module:function'"):
        leakcheck(target)  # type: ignore[arg-type]


def _slows_down() -> object:
    kept: list[bytearray] = []
    calls = [0]

    def keep() -> None:
        calls[0] += 1
        if calls[0] <= 300 or calls[0] % 5 == 0:
            kept.append(bytearray(100))

    return keep


def test_growth_that_slows_down_but_goes_on_is_never_called_clean() -> None:
    report = leakcheck(_slows_down(), iterations=480, channels=["blocks"])
    assert report.status in {"leaks", "undecided"}
    assert report.channels[0].per_call > 0
