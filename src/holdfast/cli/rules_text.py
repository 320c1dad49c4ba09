"""Which rules has the gate, and which of them held?"""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.model.run import GateRule
from holdfast.report.clean import clean
from holdfast.report.paint import Paint
from holdfast.report.summary_text import header_text, verdict_text
from holdfast.report.view import RunView

__all__ = ["rules_text"]


def rules_text(shown: RunView, paint: Paint) -> str:
    """Return every rule of the gate, and the verdict that follows from them."""
    parts = [
        header_text(shown.row, paint),
        "\n".join(_lines(shown.gate, paint)),
        verdict_text(shown, paint),
    ]
    return "\n\n".join(parts)


def _lines(rules: Iterable[GateRule], paint: Paint) -> Iterable[str]:
    for rule in rules:
        word = paint("held   ", "passed") if rule.held else paint("not met", "failed")
        text = rule.message or _numbers(rule)
        yield f"{word}  {clean(rule.name)}{f': {clean(text)}' if text else ''}"


def _numbers(rule: GateRule) -> str:
    if rule.observed is None:
        return ""
    limit = "" if rule.threshold is None else f" (limit {rule.threshold})"
    return f"{rule.observed}{limit}"
