"""How does a program confine itself? By one call, right after its start."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.capabilities.audit import Watch
from holdfast.capabilities.confinement import confine
from holdfast.capabilities.grammar import parse_capabilities
from holdfast.capabilities.scope import Scope
from holdfast.capabilities.software import code_files

__all__ = ["confine_self"]


def confine_self(allow: Iterable[str]) -> Watch:
    """Hold this process, and all that it starts, to what is allowed; it cannot be undone.

    Call it before any thread is started. What has been imported can be imported again,
    also by processes that are forked. The answer tells what was stopped (`undeclared`).

    Raises:
        CannotEnforce: this machine cannot do it; nothing was changed.
        BadCapability: an allowed capability names none.
    """
    return confine(Scope(parse_capabilities(allow)), code_files())
