"""What does a selection such as `e2e and not slow` mean?"""

from __future__ import annotations

import re
from collections.abc import Callable

from holdfast.errors import UsageError

__all__ = ["Matcher", "parse_expression"]

# Tells whether a name holds for a case: a tag that it has, a text in its id.
Matcher = Callable[[Callable[[str], bool]], bool]

_TOKEN = re.compile(r"\s*(?:(?P<mark>[()])|(?P<text>\"[^\"]*\"|'[^']*')|(?P<name>[^\s()\"']+))")
_WORDS = frozenset({"and", "or", "not"})
_DEEPEST = 100


def parse_expression(text: str, *, option: str) -> Matcher:
    """Read a boolean expression of names with `and`, `or`, `not` and parentheses.

    A name may hold every character but spaces, quotes and parentheses; a name with
    those, or one that is `and`, `or` or `not`, is quoted.

    Raises:
        UsageError: it is no expression; the message has the position and the cure.

    >>> parse_expression("e2e and not slow", option="-m")({"e2e", "slow"}.__contains__)
    False
    """
    return _Parser(text, option).whole()


class _Parser:
    def __init__(self, text: str, option: str) -> None:
        self.text = text
        self.option = option
        self.depth = 0
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        end = len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.error("a quote must be closed", len(text) - len(text[at:].lstrip()))
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind], match.start(kind)))
            at = match.end()
        self.at = 0

    def whole(self) -> Matcher:
        found = self.either()
        if self.at < len(self.tokens):
            kind, token, at = self.tokens[self.at]
            expected = (
                "no '(' opens"
                if kind == "mark" and token[0] == ")"
                else "'and' or 'or' must stand before"
            )
            raise self.error(f"{expected} {token!r}", at)
        return found

    def either(self) -> Matcher:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda holds: any(part(holds) for part in parts)

    def both(self) -> Matcher:
        parts = [self.one()]
        while self.take("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else lambda holds: all(part(holds) for part in parts)

    def one(self) -> Matcher:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error("it must not be nested this deeply", 0)
        try:
            return self.term()
        finally:
            self.depth -= 1

    def term(self) -> Matcher:
        if self.take("not"):
            inner = self.one()
            return lambda holds: not inner(holds)
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise self.error("a ')' must close the '('", len(self.text))
            return inner
        if self.at >= len(self.tokens):
            raise self.error("a name must follow, got the end", len(self.text))
        kind, token, at = self.tokens[self.at]
        if kind == "mark" or (kind == "name" and token in _WORDS):
            raise self.error(f"a name must stand here, got {token!r}", at)
        self.at += 1
        name = token[1:-1] if kind == "text" else token
        return lambda holds: holds(name)

    def take(self, wanted: str) -> bool:
        if self.at < len(self.tokens):
            kind, token, _ = self.tokens[self.at]
            if kind != "text" and token == wanted:
                self.at += 1
                return True
        return False

    def error(self, message: str, at: int) -> UsageError:
        hint = "write names with and, or, not and parentheses, as in: e2e and not (slow or stress)"
        where = f"{self.option} {self.text!r}, column {at + 1}"
        return UsageError(f"{message} ({where})", hint=hint)
