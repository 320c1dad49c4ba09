"""What is a rule over orders, and what does its answer mean?"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

__all__ = [
    "BadRule",
    "Decision",
    "Order",
    "Rule",
    "Verdict",
    "check_rule",
    "conclude",
    "read_answer",
    "read_rules",
]

Order = dict[str, Any]
Status = Literal["accepted", "refused", "unclear"]


class BadRule(ValueError):
    """A rule cannot be loaded: nothing was decided with it."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A function `name(order)` as its user wrote it."""

    name: str
    code: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says of one order."""

    rule: str
    status: Status
    reason: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What all rules say of one order, together and one by one."""

    status: Status
    verdicts: tuple[Verdict, ...]


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of rules."""

    rules: list[Rule]


def read_rules(path: str | Path) -> tuple[Rule, ...]:
    """Read a file of rules.

    Raises:
        BadRule: it holds what is no rule.
    """
    with open(path, "rb") as file:  # noqa: PTH123 - what a confined process opens shows here
        raw = tomllib.load(file)
    try:
        book = msgspec.convert(raw, Book)
    except msgspec.ValidationError as error:
        raise BadRule(f"{path} must hold rules: {error}") from error
    for rule in book.rules:
        check_rule(rule)
    return tuple(book.rules)


def check_rule(rule: Rule) -> None:
    """Do nothing where the code defines the function `name(order)`; nothing of it is run.

    Raises:
        BadRule: it does not.
    """
    try:
        tree = ast.parse(rule.code)
    except SyntaxError as error:
        raise BadRule(
            f"rule {rule.name!r} must be Python: line {error.lineno}: {error.msg}"
        ) from error
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    found = next((each for each in functions if each.name == rule.name), None)
    if found is None:
        names = ", ".join(sorted(each.name for each in functions)) or "no function"
        raise BadRule(f"rule {rule.name!r} must define a function of that name, got {names}")
    if len(found.args.args) != 1:
        raise BadRule(
            f"rule {rule.name!r} must take one order, got {len(found.args.args)} arguments"
        )


def read_answer(rule: str, answer: Any) -> Verdict:
    """Return what an answer means: True is fine, False or a text refuses, all else is unclear."""
    if answer is True:
        return Verdict(rule=rule, status="accepted")
    if answer is False:
        return Verdict(rule=rule, status="refused")
    if isinstance(answer, str):
        return Verdict(rule=rule, status="refused", reason=answer)
    reason = f"the answer must be True, False or a text, got {answer!r:.80}"
    return Verdict(rule=rule, status="unclear", reason=reason)


def conclude(verdicts: Sequence[Verdict]) -> Decision:
    """Combine verdicts: one refusal refuses, and no order is accepted that a rule could not judge."""
    found = {each.status for each in verdicts}
    status: Status = "accepted"
    if "refused" in found:
        status = "refused"
    elif "unclear" in found or not verdicts:
        status = "unclear"
    return Decision(status=status, verdicts=tuple(verdicts))
