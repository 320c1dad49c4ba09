"""What is raised where code goes beyond its capabilities, or where it cannot be held to them?

This file, like all that the confined child imports before it is confined, stays with
the cheapest modules of the standard library: `typing` alone costs a third of a bare start.
"""

from __future__ import annotations

__all__ = ["CannotEnforce", "CapabilityViolation"]


class CapabilityViolation(PermissionError):
    """The code was stopped: it asked for a capability that it does not have.

    It is a PermissionError, as the kernel's own refusal is, so that code which copes with
    one copes with the other. `capability` is what would have allowed it.
    """

    def __init__(self, message: str, capability: str = "", hint: str = "") -> None:
        # Two arguments would make an OSError with a number out of them.
        super().__init__(message)
        self.message = message
        self.capability = capability
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.message, self.capability, self.hint)

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class CannotEnforce(RuntimeError):
    """This machine cannot hold code to what was asked; nothing was run.

    `kind` is the kind of capability that cannot be enforced, `missing` what it would take.
    """

    def __init__(self, kind: str, missing: str, hint: str = "") -> None:
        super().__init__(f"{kind} cannot be enforced here: {missing}")
        self.kind = kind
        self.missing = missing
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.kind, self.missing, self.hint)

    def __str__(self) -> str:
        text = f"{self.kind} cannot be enforced here: {self.missing}"
        return f"{text}\nhint: {self.hint}" if self.hint else text
