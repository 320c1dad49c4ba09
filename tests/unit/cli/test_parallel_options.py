from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli.parallel_options import (
    Common,
    read_counts,
    read_seconds,
    refuse_unwritable,
    source_of,
)
from holdfast.errors import UsageError


def test_a_range_is_handed_on_as_it_is() -> None:
    with source_of(Common(func="m:f", range="0:3")) as source:
        assert source == {"range": "0:3"}


def test_a_file_is_named_by_its_whole_path_and_called_as_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1\n")
    with source_of(Common(func="m:f", file=str(path))) as source:
        assert source == {"file": str(path.resolve()), "format": "auto", "name": str(path)}


@pytest.mark.parametrize(("text", "form"), [("a\nb\n", "auto"), (" [1, 2]", "json")])
def test_the_standard_input_is_in_a_file_for_as_long(text: str, form: str) -> None:
    with source_of(Common(func="m:f"), io.StringIO(text)) as source:
        path = Path(source["file"])
        assert path.read_text() == text
        assert (source["format"], source["name"]) == (form, "stdin")
    assert not path.exists()


@pytest.mark.parametrize(
    ("common", "words"),
    [
        ({"range": "0:3", "file": "a"}, "items must come from one place"),
        ({"file": "no/such/file"}, "--file must name a file, got 'no/such/file'"),
        ({}, "there are no items"),
    ],
)
def test_items_that_are_not_there_are_refused(common: Any, words: str) -> None:
    with (
        pytest.raises(UsageError) as caught,
        source_of(Common(func="m:f", **common), io.StringIO("")),
    ):
        pass
    assert words in caught.value.message


def test_a_terminal_is_not_waited_for() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with (
        pytest.raises(UsageError, match="there are no items"),
        source_of(Common(func="m:f"), Terminal("typed\n")),
    ):
        pass


def test_durations_and_numbers_are_read() -> None:
    assert read_seconds("--limit", "500ms") == 0.5
    assert read_seconds("--limit", "") is None
    assert read_counts("--workers", "1, 2,4") == [1, 2, 4]
    assert read_counts("--workers", "") == []


@pytest.mark.parametrize("text", ["3 parsecs", "0", "-1s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_seconds("--limit", text)
    assert caught.value.message.startswith("--limit must be")
    assert repr(text) in caught.value.message


@pytest.mark.parametrize("text", ["0", "a", "1,-2", "1.5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--workers must be whole numbers"):
        read_counts("--workers", text)


def test_a_file_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    refuse_unwritable("--html", "")
    refuse_unwritable("--html", str(tmp_path / "a.html"))
    for path in (tmp_path, tmp_path / "none" / "a.html"):
        with pytest.raises(UsageError) as caught:
            refuse_unwritable("--html", str(path))
        assert caught.value.message.startswith("--html must name a file that can be written")
