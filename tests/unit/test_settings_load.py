from pathlib import Path

import pytest

from holdfast.errors import ProblemsError
from holdfast.settings import load_settings


def test_a_flag_beats_the_environment_and_that_the_file(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_text("slots = 2\nconcurrency = 2\nper_suite = 2\n")
    env = {"HOLDFAST_SLOTS": "3", "HOLDFAST_CONCURRENCY": "3"}

    loaded = load_settings(flags={"slots": 4}, env=env, cwd=tmp_path)

    found = (loaded.settings.slots, loaded.settings.concurrency, loaded.settings.per_suite)
    assert (4, 3, 2) == found
    assert loaded.origins == {
        "slots": "command line",
        "concurrency": "HOLDFAST_CONCURRENCY",
        "per_suite": "holdfast.toml:3",
    }


def test_a_variable_of_the_wrong_type_is_named_with_its_value(tmp_path: Path) -> None:
    with pytest.raises(
        ProblemsError, match="HOLDFAST_SLOTS must be a whole number, got 'x'"
    ):
        load_settings(flags={}, env={"HOLDFAST_SLOTS": "x"}, cwd=tmp_path)
