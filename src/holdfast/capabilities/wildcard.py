"""Does a text match a pattern? Wildcards for names and for paths, without regular expressions."""

from __future__ import annotations

__all__ = ["has_wildcard", "match_name", "match_segments"]


def has_wildcard(text: str) -> bool:
    """Tell whether a pattern stands for more than itself."""
    return "*" in text or "?" in text


def match_name(pattern: str, name: str) -> bool:
    """Match a whole name: `*` is any text, `?` any one character.

    Time grows with the product of the lengths at most, whatever the pattern.

    >>> match_name("AWS_*", "AWS_REGION")
    True
    """
    at = star = -1
    p = n = 0
    while n < len(name):
        if p < len(pattern) and pattern[p] == "*":
            star, at = p, n
            p += 1
        elif p < len(pattern) and pattern[p] in {"?", name[n]}:
            p += 1
            n += 1
        elif star >= 0:
            # The last star takes one character more.
            at += 1
            p, n = star + 1, at
        else:
            return False
    return not pattern[p:].strip("*")


def match_segments(pattern: list[str], path: list[str]) -> bool:
    """Match a path segment by segment: `**` is any number of them, also none.

    >>> match_segments(["**", "*.csv"], ["a", "b", "x.csv"])
    True
    """
    star = at = -1
    p = n = 0
    while n < len(path):
        if p < len(pattern) and pattern[p] == "**":
            star, at = p, n
            p += 1
        elif p < len(pattern) and match_name(pattern[p], path[n]):
            p += 1
            n += 1
        elif star >= 0:
            at += 1
            p, n = star + 1, at
        else:
            return False
    return all(segment == "**" for segment in pattern[p:])
