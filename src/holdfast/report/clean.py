"""How is text of unknown origin made harmless before it reaches a terminal or a page?"""

from __future__ import annotations

import re

__all__ = ["clean", "clean_lines", "one_line", "quoted_id"]

# Control characters (C0, DEL, C1), line separators, direction overrides and half surrogates:
# they move the cursor, hide text or make it read another way (CVE-2021-42574).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_UNSAFE_IN_LINES = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Between double quotes a shell expands these.
_EXPANDED = re.compile(r'["$`\\!]')


def clean(text: str) -> str:
    r"""Return `text` on one line, with everything that a terminal would obey written out.

    >>> print(clean("a" + chr(27) + "[2Jb"))
    a\x1b[2Jb
    """
    return text if text.isprintable() else _UNSAFE.sub(_escape, text)


def clean_lines(text: str) -> str:
    """Clean a text of several lines; its line ends and tabs stay."""
    return _UNSAFE_IN_LINES.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str, width: int) -> str:
    """Return the first line of a text, clean and at most `width` long; what is cut ends in `...`."""
    first, _, rest = text.strip().partition("\n")
    shown = clean(first.rstrip())
    if len(shown) <= width and not rest:
        return shown
    return f"{shown[: max(0, width - 3)].rstrip()}..."


def quoted_id(full_id: str) -> str:
    """Return a case's id as a shell takes it.

    >>> quoted_id("sums/adds[n=1]")
    '"sums/adds[n=1]"'
    """
    if _EXPANDED.search(full_id):
        return "'" + clean(full_id.replace("'", "'\"'\"'")) + "'"
    return f'"{clean(full_id)}"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    return _NAMED.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
