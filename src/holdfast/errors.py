"""What can go wrong for the caller, and which exit code says so?

HoldfastError
├── UsageError          wrong command line, settings or case file (exit 2)
│   └── ProblemsError   many problems at once, each with its place (exit 2)
├── CannotTell          this machine cannot establish what was asked: the case is undecided
├── NothingSelected     no case was selected (exit 5)
├── Interrupted         the run was stopped by the user (exit 130)
├── InternalError       holdfast itself failed (exit 4)
│   └── StoreError      the store of evidence cannot be read or written (exit 4)
└── MissingName         a template names a value that is not there (exit 2)
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

__all__ = [
    "CannotTell",
    "HoldfastError",
    "InternalError",
    "Interrupted",
    "MissingName",
    "NothingSelected",
    "Problem",
    "ProblemsError",
    "StoreError",
    "UsageError",
]


class HoldfastError(Exception):
    """Every error that holdfast raises on purpose.

    `hint` is the cure, shown on a line of its own; `exit_code` is what the
    command line ends with.
    """

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class UsageError(HoldfastError):
    """The command line, the settings or a case file ask for something that is not there."""

    exit_code = 2


class CannotTell(HoldfastError):
    """This machine cannot establish what was asked, so that a case with it can only be undecided."""

    exit_code = 3


class NothingSelected(HoldfastError):
    """No case was selected, so there is nothing to prove."""

    exit_code = 5


class Interrupted(HoldfastError):
    """The user stopped the run; what was finished is kept."""

    exit_code = 130


class InternalError(HoldfastError):
    """holdfast itself failed."""

    exit_code = 4


class StoreError(InternalError):
    """The store of evidence cannot be read or written."""


class MissingName(UsageError):
    """A template names a value that does not exist."""


class Problem(msgspec.Struct, frozen=True, order=True):
    """One problem of authored input: where, what, and the cure.

    `line` and `column` count from 1; 0 means that the place is not known.
    """

    path: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.path
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        text = f"{place}: {self.message}" if place else self.message
        return f"{text}\nhint: {self.hint}" if self.hint else text


class ProblemsError(UsageError):
    """Authored input has problems; all of them are reported at once and nothing was run."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        files = len({problem.path for problem in self.problems if problem.path})
        noun = "problem" if count == 1 else "problems"
        where = f" in {files} files" if files > 1 else ""
        lines = [str(problem) for problem in self.problems]
        super().__init__("\n".join([*lines, f"{count} {noun}{where}; nothing was run"]))
