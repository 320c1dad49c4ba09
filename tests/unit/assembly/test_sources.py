"""Is every word of a command line a file, a folder, a suite or an id, and what if it is none?"""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.assembly.sources import Sources, find_sources
from holdfast.errors import NothingSelected, UsageError
from holdfast.settings import Settings, SuiteSettings

SETTINGS = Settings(
    suites={
        "web": SuiteSettings(cases=["cases/*.yaml"]),
        "unit": SuiteSettings(cases=["cases/b.yaml"], python=["checks/*.py"]),
    }
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("cases/a.yaml", "cases/b.yaml", "checks/one.py", "loose.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def find(root: Path, *words: str, settings: Settings = SETTINGS, cwd: str = "") -> Sources:
    return find_sources(words, settings, root, root / cwd)


def names(root: Path, paths: tuple[str, ...]) -> list[str]:
    return [str(Path(path).relative_to(root)) for path in paths]


def test_without_a_word_every_suite_of_the_settings_is_taken_once(root: Path) -> None:
    found = find(root)
    assert names(root, found.case_files) == ["cases/a.yaml", "cases/b.yaml"]
    assert found.python_files == ((str(root / "checks/one.py"), "unit"),)
    assert names(root, found.suite_files["unit"]) == ["cases/b.yaml"]


def test_a_word_is_a_suite_before_it_is_a_file(root: Path) -> None:
    (root / "web").mkdir()
    found = find(root, "web")
    assert list(found.suite_files) == ["web"]
    assert names(root, found.case_files) == ["cases/a.yaml", "cases/b.yaml"]


def test_files_are_relative_to_the_current_folder(root: Path) -> None:
    found = find(root, "a.yaml", "../checks/one.py", cwd="cases")
    assert names(root, found.case_files) == ["cases/a.yaml"]
    assert found.python_files == ((str(root / "checks/one.py"), "one"),)


def test_a_folder_is_handed_on_and_a_file_that_is_named_twice_is_read_once(root: Path) -> None:
    found = find(root, "cases", "loose.json", "./loose.json")
    assert names(root, found.case_files) == ["cases", "loose.json"]


def test_other_words_are_ids_and_are_looked_up_in_the_suites(root: Path) -> None:
    found = find(root, "login/wrong-password")
    assert found.ids == ("login/wrong-password",)
    assert names(root, found.case_files) == ["cases/a.yaml", "cases/b.yaml"]


def test_an_id_beside_a_file_does_not_bring_the_suites(root: Path) -> None:
    found = find(root, "loose.json", "login")
    assert found.ids == ("login",)
    assert names(root, found.case_files) == ["loose.json"]


@pytest.mark.parametrize(
    ("word", "offer"), [("cases/bb.yaml", "b.yaml"), ("lose.json", "loose.json"), ("no/a.yaml", "")]
)
def test_a_word_that_looks_like_a_file_must_be_one(root: Path, word: str, offer: str) -> None:
    with pytest.raises(UsageError, match="there is no file") as caught:
        find(root, word)
    assert repr(word) in caught.value.message
    assert ("did you mean" in caught.value.message) == bool(offer)
    assert offer in caught.value.message


def test_a_pattern_of_a_suite_must_match(root: Path) -> None:
    settings = Settings(suites={"x": SuiteSettings(cases=["none/*.yaml"])})
    with pytest.raises(UsageError, match=r"suites\.x: 'none/\*\.yaml' must match a file"):
        find(root, settings=settings)


def test_nothing_to_run_is_told_with_its_cure(root: Path) -> None:
    with pytest.raises(NothingSelected, match="no case file was given") as caught:
        find(root, settings=Settings())
    assert "holdfast init" in caught.value.hint
    with pytest.raises(UsageError, match="'login' must be a file, a folder, a suite or an id"):
        find(root, "login", settings=Settings())
