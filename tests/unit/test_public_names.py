"""Is every public name there, explained, and held to what it does by a test?"""

from __future__ import annotations

import ast
import functools
import inspect
from pathlib import Path

import pytest

import holdfast

TESTS = Path(__file__).parents[1]


def names_used(text: str) -> set[str]:
    """Return the public names that a file takes from where they are defined, or from the package."""
    places = {*holdfast._PLACES.values(), "holdfast"}
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module in places:
            found |= {each.name for each in node.names}
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "holdfast"
        ):
            found.add(node.attr)
    return found


@functools.cache
def used_in_tests() -> frozenset[str]:
    files = [path for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    return frozenset().union(*(names_used(path.read_text(encoding="utf-8")) for path in files))


@pytest.mark.parametrize("name", sorted(holdfast.__all__))
def test_a_public_name_is_what_its_place_defines(name: str) -> None:
    value = getattr(holdfast, name)
    if name == "__version__":
        assert isinstance(value, str)
        return
    place = holdfast._PLACES[name]
    assert value.__name__ == name
    assert value.__module__.startswith(place)
    # Known from now on, without a look at the table.
    assert vars(holdfast)[name] is value


@pytest.mark.parametrize("name", sorted({*holdfast.__all__} - {"__version__"}))
def test_a_public_name_has_a_docstring_of_its_own(name: str) -> None:
    own = vars(getattr(holdfast, name)).get("__doc__") or inspect.getdoc(getattr(holdfast, name))
    assert own
    assert own.strip().splitlines()[0].endswith((".", "?"))


@pytest.mark.parametrize("name", sorted({*holdfast.__all__} - {"__version__"}))
def test_a_public_name_is_used_in_a_test(name: str) -> None:
    assert name in used_in_tests()


def test_a_name_that_nobody_uses_is_seen() -> None:
    assert names_used("from holdfast.library import run\nholdfast.case\nother.Run") == {
        "run",
        "case",
    }


def test_dir_offers_the_public_names_alone() -> None:
    assert dir(holdfast) == sorted(holdfast.__all__)
    assert {*holdfast._PLACES, "__version__"} == set(holdfast.__all__)


def test_an_unknown_name_is_an_attribute_error_like_any_other() -> None:
    with pytest.raises(AttributeError, match="module 'holdfast' has no attribute 'runn'"):
        holdfast.runn  # noqa: B018
    assert not hasattr(holdfast, "_found")


def test_the_version_is_that_of_the_distribution() -> None:
    text = (TESTS.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{holdfast.__version__}"' in text
