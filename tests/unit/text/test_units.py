from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import pytest

from holdfast.text.units import (
    Limit,
    format_bytes,
    format_duration,
    format_number,
    format_quantity,
    format_share,
    parse_bytes,
    parse_duration,
    parse_limit,
    parse_rate,
    parse_share,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("200ms", 0.2),
        ("1.5s", 1.5),
        ("1.5 s", 1.5),
        (30, 30.0),
        (0.25, 0.25),
        ("31", 31.0),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("250us", 0.00025),
        ("3ns", 3e-9),
        (" 1e3 ms ", 1.0),
        (".5s", 0.5),
        ("0s", 0.0),
    ],
)
def test_a_duration_is_read_in_seconds(text: str | float, seconds: float) -> None:
    assert seconds == parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1 MiB", 1_048_576),
        ("64KB", 64_000),
        (7, 7),
        ("1.5 KiB", 1536),
        ("0.1GB", 100_000_000),
        ("2GiB", 2 * 2**30),
        ("3MB", 3_000_000),
        ("9007199254740993 B", 9_007_199_254_740_993),
    ],
)
def test_a_size_is_read_in_whole_bytes(text: str | int, size: int) -> None:
    assert size == parse_bytes(text)


def test_rates_and_shares_are_read() -> None:
    assert parse_rate("200/s") == 200.0
    assert parse_rate("60/min") == 1.0
    assert parse_rate("90 /min") == 1.5
    assert parse_rate(5) == 5.0
    assert parse_share("1%") == 0.01
    assert parse_share("100 %") == 1.0
    assert parse_share(0.3) == 0.3


@pytest.mark.parametrize(
    ("parse", "value", "message"),
    [
        (parse_duration, "30 sec", "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got '30 sec'; did you mean 's'?"),
        (parse_duration, "30 MS", "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got '30 MS'; did you mean 'ms'?"),
        (parse_duration, "5KB", "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got '5KB'"),
        (parse_duration, "", "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got ''"),
        (parse_duration, "soon", "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got 'soon'"),
        (parse_duration, "1e999999999s", "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got '1e999999999s'"),
        (parse_duration, "1m 30s", "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got '1m 30s'"),
        (parse_duration, True, "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got True"),
        (parse_duration, None, "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got None"),
        (parse_duration, math.inf, "a duration must be a quantity such as '200ms' (units: ns us ms s m h), got inf"),
        (parse_duration, "-1s", "a duration must not be negative, got '-1s'"),
        (parse_duration, -1, "a duration must not be negative, got -1"),
        (parse_bytes, "64kb", "a size must be a quantity such as '64KB' (units: B KB MB GB KiB MiB GiB), got '64kb'; did you mean 'KB'?"),
        (parse_bytes, "64 M", "a size must be a quantity such as '64KB' (units: B KB MB GB KiB MiB GiB), got '64 M'; did you mean 'MB'?"),
        (parse_rate, "5/sec", "a rate must be a quantity such as '200/s' (units: /s /min), got '5/sec'; did you mean '/s'?"),
        (parse_share, "101%", "a share must lie between 0 and 1 (0% and 100%), got '101%'"),
        (parse_share, 30, "a share must lie between 0 and 1 (0% and 100%), got 30"),
        (parse_share, "1 percent", "a share must be a quantity such as '1%' or 0.01 (units: %), got '1 percent'; did you mean '%'?"),
        (parse_limit, "=< 5", "a limit must start with one of <, <=, >, >=, ==, got '=< 5'; did you mean '<='?"),
        (parse_limit, "!= 5", "a limit must start with one of <, <=, >, >=, ==, got '!= 5'"),
        (parse_limit, "< 5 sec", "a limit must be an operator and a quantity such as '< 800ms' (units: ns us ms s m h B KB MB GB KiB MiB GiB /s /min %), got '< 5 sec'; did you mean 's'?"),
        (parse_limit, "<", "a limit must be an operator and a quantity such as '< 800ms' (units: ns us ms s m h B KB MB GB KiB MiB GiB /s /min %), got '<'"),
        (parse_limit, False, "a number must be a quantity such as 2000, got False"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_value_and_units(
    parse: Callable[[object], object], value: object, message: str
) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        parse(value)

    assert message == str(caught.value)


def test_a_negative_duration_is_read_where_it_is_allowed() -> None:
    assert parse_duration("-200ms", allow_negative=True) == -0.2


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("< 800ms", Limit(op="<", value=0.8, unit_kind="duration", text="< 800ms")),
        ("<=1%", Limit(op="<=", value=0.01, unit_kind="share", text="<= 1%")),
        (">= 200 /s", Limit(op=">=", value=200.0, unit_kind="rate", text=">= 200 /s")),
        ("> 1 MiB", Limit(op=">", value=1_048_576.0, unit_kind="bytes", text="> 1 MiB")),
        ("== 5", Limit(op="==", value=5.0, unit_kind="number", text="== 5")),
        ("-5", Limit(op="<=", value=-5.0, unit_kind="number", text="<= -5")),
        ("2s", Limit(op="<=", value=2.0, unit_kind="duration", text="<= 2s")),
        (7, Limit(op="<=", value=7.0, unit_kind="number", text="<= 7")),
        ("150%", Limit(op="<=", value=1.5, unit_kind="share", text="<= 150%")),
    ],
)
def test_a_limit_is_read_and_a_bare_quantity_means_at_most(text: str | int, limit: Limit) -> None:
    assert limit == parse_limit(text)


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
    ],
)
def test_a_limit_holds_as_its_operator_says(op: str, below: bool, at: bool, above: bool) -> None:
    limit = parse_limit(f"{op} 800ms")

    assert [below, at, above] == [limit.holds(x) for x in (0.7999, 0.8, 0.8001)]


def test_nan_neither_keeps_nor_breaks_a_limit() -> None:
    with pytest.raises(ValueError, match="must be a number to be held against '< 5', got nan"):
        parse_limit("< 5").holds(math.nan)


def test_a_limit_survives_encoding() -> None:
    limit = parse_limit("< 800ms")

    assert limit == msgspec.json.decode(msgspec.json.encode(limit), type=Limit)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.912, "912 ms"),
        (1.2, "1.2 s"),
        (12.345, "12.3 s"),
        (0.9996, "1 s"),
        (0.000_25, "250 us"),
        (3e-9, "3 ns"),
        (59.99, "1 m"),
        (125, "2 m 5 s"),
        (3599.9, "1 h"),
        (90_061, "25 h 1 m"),
        (0, "0 s"),
        (-0.2, "-200 ms"),
        (math.inf, "inf s"),
        (math.nan, "nan s"),
    ],
)
def test_a_duration_is_shown_in_its_natural_unit(seconds: float, text: str) -> None:
    assert text == format_duration(seconds)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1 KiB"),
        (1_048_575, "1 MiB"),
        (1_572_864, "1.5 MiB"),
        (5 * 2**30, "5 GiB"),
        (5 * 2**40, "5,120 GiB"),
        (-2048, "-2 KiB"),
    ],
)
def test_a_size_is_shown_in_powers_of_1024(size: int, text: str) -> None:
    assert text == format_bytes(size)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2000, "2,000"),
        (1234.5, "1,234"),
        (999.99, "1,000"),
        (0.123456, "0.1235"),
        (12.0, "12"),
        (12.5, "12.5"),
        (-1234567, "-1,234,567"),
        (1e20, "1e+20"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_a_number_is_shown_with_its_thousands_marked(value: float, text: str) -> None:
    assert text == format_number(value)


def test_a_share_reads_0_or_100_percent_only_when_it_is() -> None:
    assert format_share(0.31) == "31 %"
    assert format_share(1) == "100 %"
    assert format_share(0) == "0 %"
    assert format_share(0.999999) == "99.9999 %"
    assert format_share(1e-9) == "1e-07 %"


def test_a_quantity_is_shown_in_the_form_of_its_kind() -> None:
    assert format_quantity(0.9123, "duration") == "912.3 ms"
    assert format_quantity(65536, "bytes") == "64 KiB"
    assert format_quantity(0.01, "share") == "1 %"
    assert format_quantity(200, "rate") == "200/s"
    assert format_quantity(2000, "number") == "2,000"
