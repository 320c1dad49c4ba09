"""What can go wrong, in the words of the domain, and where?"""


class DomainError(Exception):
    """Something that was asked for cannot be done; `at` names the place."""

    def __init__(self, message: str, *, at: str) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


class BadInput(DomainError):
    """What was sent breaks a rule."""


class NotFound(DomainError):
    """What was named does not exist."""


class Conflict(DomainError):
    """What was asked for does not fit the present state."""


class TrainingFailed(DomainError):
    """The dataset and the parameters do not make a model."""


class StorageUnavailable(DomainError):
    """The database does not answer."""


__all__ = [
    "BadInput",
    "Conflict",
    "DomainError",
    "NotFound",
    "StorageUnavailable",
    "TrainingFailed",
]
