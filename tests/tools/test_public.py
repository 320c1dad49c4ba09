"""Does the rule see a public name that is promised but missing, or there but not promised?"""

from __future__ import annotations

import json
from types import ModuleType

from tools.shape.public import check_public


def package(**names: object) -> ModuleType:
    made = ModuleType("made")
    vars(made).update(names)
    return made


def resolve(name: str) -> int:
    return {"case": 1}[name]


def messages(made: ModuleType) -> list[str]:
    return [finding.message for finding in check_public(made, "a.py")]


def test_a_package_that_promises_what_it_has_passes() -> None:
    made = package(__all__=["case"], case=print, json=json, _hidden=1)
    assert messages(made) == []


def test_a_lazy_name_is_resolved() -> None:
    made = package(__all__=["case"], __getattr__=resolve)
    assert messages(made) == []
    broken = package(__all__=["gone"], __getattr__=resolve)
    assert messages(broken) == ["__all__ names 'gone', which cannot be imported: KeyError: 'gone'"]


def test_a_name_that_is_not_promised_is_found() -> None:
    made = package(__all__=["case"], case=print, run=print)
    assert messages(made) == ["'run' can be imported but is not in __all__"]


def test_a_name_that_dir_offers_is_found() -> None:
    made = package(__all__=["case"], case=print, __dir__=lambda: ["case", "run"])
    assert messages(made) == ["'run' can be imported but is not in __all__"]


def test_a_name_is_promised_once_and_a_package_promises() -> None:
    assert messages(package(__all__=["case", "case"], case=1)) == ["__all__ must name 'case' once"]
    assert messages(package()) == ["the package must have __all__"]
