"""Does `save` find what it names, and say what is there when it does not?"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.evidence import Evidence, Output
from holdfast.ports import BadParams
from holdfast.targets.save import read_saved

EVIDENCE = Evidence(
    value={"id": 7, "items": [{"n": 1}, {"n": 2}]},
    facts={"status": 201, "headers": {"location": "/x/7"}},
    stdout=Output(text="out"),
)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("$.id", 7),
        ("$", EVIDENCE.value),
        ("$.items[-1].n", 2),
        ("$.items[*].n", [1, 2]),
        ("$.items[?@.n > 1].n", [2]),
        ("value", EVIDENCE.value),
        ("status", 201),
        ("headers.Location", "/x/7"),
        ("stdout", "out"),
    ],
)
def test_a_source_names_a_part_of_the_evidence(source: str, value: Any) -> None:
    assert read_saved(source, EVIDENCE) == value


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("$.none", "'$.none' matches nothing in {'id': 7"),
        ("$..none", "matches nothing"),
        ("$.[", "must be a JSONPath into the value"),
        ("headers.x", "there is no header 'x' (headers: location)"),
        ("stderr", "there is no stderr"),
        ("statuss", "'statuss' must be one of $.path, value, headers, status"),
    ],
)
def test_a_source_that_names_nothing_says_what_there_is(source: str, said: str) -> None:
    with pytest.raises(BadParams) as caught:
        read_saved(source, EVIDENCE)
    assert said in caught.value.message


def test_a_large_value_is_not_shown_whole() -> None:
    with pytest.raises(BadParams) as caught:
        read_saved("$.x", Evidence(value="y" * 1_000))
    assert len(caught.value.message) < 300
