"""Which colour does a word have, and does this terminal want colours at all?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

__all__ = ["Paint", "ReporterName", "Style", "ansi", "choose_reporter", "plain", "wants_colour"]

Style = Literal[
    "passed", "failed", "undecided", "error", "skipped", "incomplete", "flaky", "bold", "dim"
]
Paint = Callable[[str, str], str]
ReporterName = Literal["live", "plain", "quiet"]

# The 8 basic colours follow the terminal's own theme, dark or light.
_CODES: dict[str, str] = {
    "passed": "32",
    "failed": "31",
    "error": "35",
    "undecided": "33",
    "skipped": "36",
    "incomplete": "33",
    "lost": "36",
    "flaky": "33",
    "assumed": "33",
    "bold": "1",
    "dim": "2",
}


def plain(text: str, style: str) -> str:
    """Return the text as it is."""
    del style
    return text


def ansi(text: str, style: str) -> str:
    """Return the text in the colour of a style; an unknown style has none."""
    code = _CODES.get(style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def wants_colour(environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Tell whether to write colours: NO_COLOR forbids, FORCE_COLOR demands, a terminal allows, but under CI."""
    if environment.get("NO_COLOR"):
        return False
    forced = environment.get("FORCE_COLOR", "")
    if forced:
        return forced not in {"0", "false"}
    return is_terminal and not environment.get("CI") and environment.get("TERM") != "dumb"


def choose_reporter(
    environment: Mapping[str, str], *, is_terminal: bool, quiet: bool, verbose: bool, progress: bool
) -> ReporterName:
    """Return the reporter that fits: live only where a person looks at a terminal."""
    if quiet:
        return "quiet"
    is_watched = is_terminal and not environment.get("CI") and not environment.get("NO_COLOR")
    is_able = environment.get("TERM") != "dumb"
    return "live" if is_watched and is_able and progress and not verbose else "plain"
