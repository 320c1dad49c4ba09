"""How does a person type at the prompt, with history, completion and several lines at once?"""

from __future__ import annotations

import builtins
import keyword
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from holdfast.cli.repl_blocks import is_complete
from holdfast.cli.repl_words import complete_line

__all__ = ["RichReader"]


class RichReader:
    """Reads whole statements from a terminal; `names` are those of the session."""

    def __init__(self, names: Callable[[], Iterable[str]], history: Path | None) -> None:
        self._prompt: PromptSession[str] = PromptSession(
            history=_history(history),
            completer=_Words(names),
            complete_while_typing=False,
            multiline=Condition(lambda: True),
            prompt_continuation="... ",
            key_bindings=_keys(),
        )

    def read(self) -> str:
        """Return what was typed.

        Raises:
            EOFError: Ctrl-D was pressed.
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        return self._prompt.prompt(">>> ")


def _history(path: Path | None) -> History:
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Nobody else's business: what was typed may hold a password.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:  # pyright: ignore[reportUnusedFunction]
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.newline(copy_margin=not buffer.text.endswith("\n"))

    return keys


class _Words(Completer):
    """Names, keywords, commands and capabilities."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        del complete_event
        known = [*self._names(), *keyword.kwlist, *dir(builtins)]
        start, words = complete_line(document.text_before_cursor, known)
        for word in words:
            yield Completion(word, start_position=start)
