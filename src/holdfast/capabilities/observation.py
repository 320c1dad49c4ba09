"""What did a call touch, and what was declared for it?"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["Observation"]


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """A call's value, and the capabilities that it used.

    `undeclared` were used without being declared, `unused` declared without being used.
    `blind` names what an audit hook cannot look into: programs, forked processes,
    compiled modules, foreign code. `not_listed` counts undeclared uses beyond 10,000.
    """

    value: Any = None
    used: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()
    not_listed: int = 0
