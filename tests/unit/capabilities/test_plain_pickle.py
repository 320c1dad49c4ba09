"""Is a pickle of someone who is not trusted read as data, and is anything else refused?"""

from __future__ import annotations

import datetime
import decimal
import os
import pickle
import uuid
from collections import Counter, OrderedDict, deque
from pathlib import Path
from typing import Any

import pytest

from holdfast.capabilities import CannotEnforce, CapabilityViolation
from holdfast.capabilities.plain_pickle import NotPlain, read_plain


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, 2.5, "a", b"b", True, 1j],
        {"a": (1, {2}, frozenset([3]))},
        datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC),
        datetime.timedelta(1),
        decimal.Decimal("1.5"),
        uuid.UUID(int=3),
        Path("a/b"),
        OrderedDict(a=1),
        Counter("aab"),
        deque([1]),
        range(3),
        bytearray(b"x"),
    ],
)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    read = read_plain(pickle.dumps(value, 5))
    assert read == value
    assert type(read) is type(value)


class _Attack:
    def __init__(self, function: Any, *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    "value",
    [
        _Attack(os.getcwd),
        _Attack(eval, "1"),
        _Attack(__import__, "os"),
        _Attack(getattr, 1, "real"),
    ],
)
def test_what_names_a_function_is_refused(value: Any) -> None:
    with pytest.raises(NotPlain, match="plain data"):
        read_plain(pickle.dumps(value, 5))


@pytest.mark.parametrize("data", [b"", b"nonsense", pickle.dumps([1])[:-1]])
def test_what_is_no_pickle_is_refused(data: bytes) -> None:
    with pytest.raises(NotPlain):
        read_plain(data)


@pytest.mark.parametrize(
    "error",
    [
        CapabilityViolation("a was stopped", "read:a", "grant it"),
        CannotEnforce("read", "it takes Landlock", "observe instead"),
    ],
)
def test_refusals_keep_what_they_tell(error: Any) -> None:
    read = read_plain(pickle.dumps(error, 5))
    assert str(read) == str(error)
    assert vars(read) == vars(error)
    assert "hint: " in str(read)
