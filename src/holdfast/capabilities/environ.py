"""Which variables of the environment does code read? The interpreter raises no event for it.

The data behind `os.environ` is put in a wrapper. Code that asks `posix.environ`, the C
library or /proc is not seen; where capabilities are enforced, what was not granted is
not in the environment at all.
"""

from __future__ import annotations

import os

from holdfast.capabilities.kernel import blank, machine, texts_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

__all__ = ["watch_environment", "wipe_variables"]


class _Noted(dict["Any", "Any"]):
    """The environment's data; tells of each variable that is read."""

    def __init__(self, data: dict[Any, Any], note: Callable[[str], None]) -> None:
        super().__init__(data)
        self._note = note

    def __getitem__(self, key: Any) -> Any:
        self._note(os.fsdecode(key))
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._note(os.fsdecode(key))  # type: ignore[arg-type]
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Any]:
        self._note("")
        return super().__iter__()

    def items(self) -> Any:
        self._note("")
        return super().items()

    def copy(self) -> Any:
        self._note("")
        return super().copy()


def wipe_variables(names: list[str]) -> None:
    """Overwrite these variables where the process got them: there they stay readable for ever.

    The C library's own list is changed by `del os.environ[name]`, and by that alone.
    """
    if not names or not machine():
        return
    starts = tuple(os.fsencode(name) + b"=" for name in names)
    for place, text in texts_at("environ"):
        if text.startswith(starts):
            # The name stays, so that it can be found and taken out.
            kept = text.index(b"=") + 1
            blank(place + kept, len(text) - kept)


def watch_environment(note: Callable[[str], None]) -> None:
    """Tell `note` the name of each variable that is read through `os.environ`, "" for all."""
    environ: Any = os.environ
    noted = _Noted(environ._data, note)  # noqa: SLF001 - the only place where reading can be seen
    environ._data = noted  # noqa: SLF001
    if hasattr(os, "environb"):
        os.environb._data = noted  # type: ignore[attr-defined] # noqa: SLF001
