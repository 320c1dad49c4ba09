"""What is the state of a prompt, and how is one piece of input carried out?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import msgspec

from holdfast.capabilities import CannotEnforce, CapabilityManager, parse_capability
from holdfast.cli.repl_blocks import Block, read_blocks
from holdfast.cli.repl_carry import Definition, carry_over, definitions_of, is_opaque
from holdfast.cli.repl_grammar import Code, Dot, parse_line
from holdfast.cli.repl_show import Show
from holdfast.errors import CannotTell, HoldfastError, UsageError
from holdfast.session.protocol import Turn
from holdfast.session.session import Session

__all__ = ["Desk", "Entry"]


class Entry(msgspec.Struct, frozen=True):
    """One input that was carried out."""

    text: str
    ok: bool


class Desk:
    """A session, what is granted to it, and what was carried out.

    `allow` None leaves the session free. `ask` puts a question to whoever is there;
    None says that nobody is.
    """

    def __init__(
        self,
        *,
        allow: Sequence[str] | None,
        timeout_s: float | None,
        assume_yes: bool = False,
        ask: Callable[[str], bool] | None = None,
        keep_going: bool = False,
    ) -> None:
        self.show = Show()
        self.manager = CapabilityManager(allow or ())
        self.is_confined = allow is not None
        self.timeout_s = timeout_s
        self.assume_yes = assume_yes
        self.ask = ask
        self.keep_going = keep_going
        self.history: list[Entry] = []
        self.definitions: list[Definition] = []
        self.callbacks: dict[str, str] = {}
        self.is_over = False
        self.depth = 0
        self.place = ""
        self.session = self._open()

    def close(self) -> None:
        """End the session."""
        self.session.close()

    @property
    def allowed(self) -> tuple[str, ...] | None:
        """What code may touch now; None: everything."""
        return self.manager.granted() if self.is_confined else None

    def run_lines(self, lines: Iterable[str], name: str, dots: Dots) -> bool:
        """Carry a script out; it ends at the first failure, unless it shall keep going."""
        ok = True
        for block in read_blocks(lines):
            ok = self.run(block, f"{name}:{block.line}: ", dots) and ok
            if self.is_over or not (ok or self.keep_going):
                break
        return ok

    def run(self, block: Block, place: str, dots: Dots) -> bool:
        """Carry one piece of input out; return whether it did what it should."""
        outer, self.place = self.place, place
        try:
            found = parse_line(block.text)
            ok = self.run_code(found.text) if isinstance(found, Code) else dots(self, found)
        except HoldfastError as error:
            self.show.refusal(error, place=place)
            found, ok = None, False
        except KeyboardInterrupt:
            self.history.append(Entry(block.text, ok=False))
            raise
        finally:
            self.place = outer
        # What a loaded file holds is in the history by its own lines.
        if not (isinstance(found, Dot) and found.name == "load"):
            self.history.append(Entry(block.text, ok))
        return ok

    def run_code(self, text: str) -> bool:
        """Run Python in the session and show what it left."""
        alias, call = self._called_back(text)
        if call is not None:
            return self._call_back(alias, call)
        turn = self.execute(text)
        self.show.turn(turn, place=self.place)
        if self.is_confined and turn.error is not None and turn.error.type == "PermissionError":
            self.show.note(
                "hint: the session is confined; .caps shows what is granted, .grant widens it"
            )
        return turn.status == "ok"

    def execute(self, text: str) -> Turn:
        """Run Python in the session; remember what it defined, record what was stopped."""
        turn = self.session.execute(text)
        if turn.status == "ok":
            self.definitions += definitions_of(text)
        elif turn.error is not None and turn.error.type.endswith("CapabilityViolation"):
            stopped, _, _ = turn.error.message.partition(" was stopped")
            kind, resource = parse_capability(stopped)
            self.manager.record_violation(kind, resource, "run a line of the prompt")
        return turn

    def restart(self) -> list[str]:
        """Confine another interpreter to what is granted now; return the names that were lost.

        Raises:
            CannotTell: this machine cannot do it; the old one goes on.
        """
        new = self._open()
        try:
            lost = carry_over(self.session, new, self.definitions)
        except BaseException:
            new.close()
            raise
        old, self.session = self.session, new
        old.close()
        return lost

    def reset(self) -> None:
        """Begin anew; grants stay."""
        self.session.reset()
        self.history.clear()
        self.definitions.clear()
        self.callbacks.clear()

    def names(self) -> list[str]:
        """Return the names of the session, for completion."""
        turn = self.session.execute("[*globals()]")
        found = cast("list[str]", turn.value) if turn.status == "ok" else []
        return sorted(name for name in found if not name.startswith("__"))

    def _open(self) -> Session:
        session = Session(capabilities=self.allowed, timeout_s=self.timeout_s)
        try:
            return session.__enter__()
        except CannotEnforce as error:
            raise CannotTell(
                f"{error.kind} cannot be enforced here: {error.missing}",
                hint=error.hint or "--unconfined leaves the code of the prompt free",
            ) from error

    def _called_back(self, text: str) -> tuple[str, ast.Call | None]:
        """Tell whether the text is a bare call of a callback, and of which."""
        if not self.callbacks:
            return "", None
        try:
            body = ast.parse(text).body
        except SyntaxError:
            return "", None
        match body:
            case [ast.Expr(ast.Call(ast.Name(name)) as call)] if name in self.callbacks:
                return name, call
            case _:
                return "", None

    def _call_back(self, alias: str, call: ast.Call) -> bool:
        """Call from outside the session: arguments and value cross its border as plain data."""
        given = ast.List(call.args, ast.Load())
        named = ast.Dict(
            [None if each.arg is None else ast.Constant(each.arg) for each in call.keywords],
            [each.value for each in call.keywords],
        )
        turn = self.execute(f"({ast.unparse(given)}, {ast.unparse(named)})")
        if turn.status != "ok":
            self.show.turn(turn, place=self.place)
            return False
        args, kwargs = cast("tuple[list[Any], dict[str, Any]]", turn.value)
        if is_opaque((args, kwargs)):
            raise UsageError(
                f"an argument of {alias!r} must be plain data to cross the border of the session",
                hint=f"call {self.callbacks[alias]!r} itself: it takes any object of the session",
            )
        failure: list[Exception] = []
        callback = self.session.callback(self.callbacks[alias], error_handler=failure.append)
        value = callback(*args, **kwargs)
        last = self.session.history[-1]
        if failure and isinstance(failure[0], HoldfastError):
            raise failure[0]
        self.show.turn(msgspec.structs.replace(last, value=value), place=self.place)
        return not failure


Dots = Callable[[Desk, Dot], bool]
