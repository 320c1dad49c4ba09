"""Does a run say of a result that it rests on a double that was not verified?"""

from __future__ import annotations

from pathlib import Path

from tests.e2e.project import Project, result

CODE = """
from pathlib import Path

from holdfast.doubles import Contract, answers, double_of


class Shop:
    def price(self, name: str) -> float:
        return 2.0


def prices_are_numbers(shop):
    assert shop.price("tea") == 2.0


CONTRACT = Contract("shop", [prices_are_numbers], record=Path("doubles.json"))


def scripted():
    shop = double_of(Shop, contract=CONTRACT)
    answers(shop.price, 2.0)
    return shop


def verify():
    CONTRACT.verify(Shop, Shop)


def use():
    assert scripted().price("tea") == 2.0
"""


def test_a_pass_on_a_double_is_assumed_until_its_contract_has_run(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("app.py", CODE)
    use = {"python": "app:use", "expect": ["completes"]}
    project.suite("s", [{"id": "use", **use}, {"id": "steps", "steps": [use]}])
    ended, before = project.quick_run("s.json", "--verbose")
    for name in ("use", "steps"):
        assert result(before, name)["status"] == "passed"
        assert result(before, name)["reason"].startswith("assumed: ")
        assert "was never verified" in result(before, name)["reason"]
    assert (before["counts"]["passed"], before["counts"]["assumed"]) == (2, 2)
    assert "2 passed, 2 assumed of 2 cases" in ended.out
    assert ended.out.count("  assumed: the double of contract 'shop' was never verified") == 2
    project.suite("v", [{"id": "verify", "python": "app:verify", "expect": ["completes"]}])
    _, verified = project.quick_run("v.json")
    assert result(verified, "verify")["status"] == "passed"
    _, after = project.quick_run("s.json")
    assert {each["reason"] for each in after["results"]} == {""}
    assert after["counts"]["assumed"] == 0
