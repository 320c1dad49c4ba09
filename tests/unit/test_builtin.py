"""Is every component that is named there, once?"""

from __future__ import annotations

from collections import Counter

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.registry import Registry


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name, _ in COMPONENTS])
def test_a_component_that_is_named_can_be_loaded(kind: str, name: str) -> None:
    assert Registry(COMPONENTS, entry_points=False).load(kind, name) is not None


def test_no_component_is_named_twice() -> None:
    assert [
        key for key, count in Counter(each[:2] for each in COMPONENTS).items() if count > 1
    ] == []
