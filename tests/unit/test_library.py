import pytest

from holdfast.cases.mark import case
from holdfast.errors import NothingSelected, UsageError
from holdfast.library import _request
from holdfast.model.case import Case, Target
from holdfast.settings import Settings

VALUE = Case(suite="s", id="a", target=Target(kind="command", spec={}))


@case(tags=["t"], with_={"n": 1})
def marked(n: int) -> None:
    """Tell nothing."""


def test_each_kind_of_case_is_taken_for_what_it_is() -> None:
    whole = {"suite": "x", "cases": []}
    asked = _request(["a.yaml", VALUE, {"id": "one"}, whole, {"id": "two"}, marked], Settings())

    given = asked.given
    assert given is not None
    assert asked.paths == ("a.yaml",)
    assert given.cases == (VALUE,)
    assert given.documents == (
        ("cases[3]", whole),
        ("given", {"cases": [{"id": "one"}, {"id": "two"}]}),
    )
    (source,) = given.python
    assert source.path == __file__
    (function,) = source.functions
    assert (function["qualname"], function["lane"]) == ("marked", "sync")
    assert function["options"] == {"tags": ["t"], "with": {"n": 1}}


def test_one_case_needs_no_list() -> None:
    assert _request("a.yaml", Settings()).paths == ("a.yaml",)
    one = _request(VALUE, Settings()).given
    assert one is not None
    assert one.cases == (VALUE,)


def test_nothing_and_what_is_no_case_are_refused() -> None:
    with pytest.raises(NothingSelected):
        _request(iter(()), Settings())
    with pytest.raises(UsageError, match="got 3"):
        _request([3], Settings())
