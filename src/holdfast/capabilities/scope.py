"""Which of the granted capabilities covers a use?"""

# ruff: noqa: PTH109 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import os

from holdfast.capabilities.resource import KINDS, compile_resource, covered_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from holdfast.capabilities.resource import Covers

__all__ = ["Scope", "format_capability", "show_path"]


class Scope:
    """What was granted, made ready; it also knows which grants were needed.

    `folder` and `search` are those of the moment: a later chdir or a new PATH moves no grant.
    """

    def __init__(
        self, grants: Iterable[tuple[str, str]], *, folder: str = "", search: str = ""
    ) -> None:
        self.grants = list(grants)
        self.folder = folder or os.getcwd()
        self.search = search or os.environ.get("PATH", os.defpath)
        self._by_kind: dict[str, list[tuple[int, Covers]]] = {kind: [] for kind in KINDS}
        for index, (kind, resource) in enumerate(self.grants):
            covers = compile_resource(kind, resource, self.folder, self.search)
            self._by_kind[kind].append((index, covers))

    def covering(self, kind: str, resource: str) -> list[int]:
        """Return the numbers of all grants that cover a use."""
        return [index for index, covers in self._by_kind[kind] if covers(resource)]

    def covers(self, kind: str, resource: str) -> bool:
        """Tell whether any grant covers a use."""
        return any(covers(resource) for _, covers in self._by_kind[kind])

    def covering_below(self, kind: str, below: str) -> tuple[list[int], list[tuple[int, Covers]]]:
        """Return the grants that cover every file right in a folder, and those to ask about each one.

        `below` is the folder with a separator at its end, without symbolic links.
        """
        sure: list[int] = []
        others: list[tuple[int, Covers]] = []
        for index, covers in self._by_kind[kind]:
            whole = covered_below(self.grants[index][1], self.folder)
            if whole is not None and below.startswith(whole):
                sure.append(index)
            else:
                others.append((index, covers))
        return sure, others

    def has_all(self, kind: str) -> bool:
        """Tell whether everything of a kind is granted."""
        return (kind, "") in self.grants

    def of_kind(self, kind: str) -> list[str]:
        """Return the granted resources of a kind."""
        return [resource for known, resource in self.grants if known == kind]


def format_capability(kind: str, resource: str) -> str:
    """Return a capability as it is written.

    >>> format_capability("net", "127.0.0.1:80")
    'net:127.0.0.1:80'
    """
    return f"{kind}:{resource}" if resource else kind


def show_path(path: str, folder: str) -> str:
    """Return a path as its author would write it: relative where it is below the working folder."""
    below = folder if folder.endswith(os.sep) else folder + os.sep
    return path[len(below) :] if path.startswith(below) and path != below else path
