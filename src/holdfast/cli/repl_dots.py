"""What does each dot-command do?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import anyio

from holdfast.capabilities import parse_capability
from holdfast.cli.repl_desk import Desk
from holdfast.cli.repl_grammar import COMMANDS, Dot
from holdfast.cli.repl_probe import benchmark_code, callback_code, leak_code, read_benchmark
from holdfast.cli.repl_show import cut_line, shown_value, table
from holdfast.cli.repl_timing import timing_text
from holdfast.errors import CannotTell, UsageError
from holdfast.session.executor import AsyncExecutor
from holdfast.session.protocol import ExecutionResult, Opaque, Turn
from holdfast.text.format import format_duration, format_number

__all__ = ["carry_dot"]

# What the kernel tells of open files and memory is out of reach of a confined session.
CHANNELS = ("blocks", "fds", "threads")
CONFINED_CHANNELS = ("blocks",)
KEPT_BY_SAVE = ("callback", "grant", "revoke")
LATEST = 20
MOST_NESTED = 20


def carry_dot(desk: Desk, dot: Dot) -> bool:
    """Carry a command out; return whether it did what it should.

    Raises:
        HoldfastError: it cannot be done.
    """
    return HANDLERS[dot.name](desk, dot)


def _async(desk: Desk, dot: Dot) -> bool:
    async def execute() -> ExecutionResult:
        async with AsyncExecutor(
            workers=1, capabilities=desk.allowed, timeout_s=desk.timeout_s
        ) as executor:
            return await executor.execute(dot.code)

    result = anyio.run(execute)
    turn = Turn(
        status=result.status,
        code=dot.code,
        value=result.value,
        error=result.error,
        stdout=result.stdout,
        stderr=result.stderr,
    )
    desk.show.turn(turn, place=desk.place)
    desk.show.note(f"took {format_duration(result.execution_time_s)}")
    return result.success


def _callback(desk: Desk, dot: Dot) -> bool:
    name = dot.words[0]
    alias, code = callback_code(name)
    turn = desk.session.execute(f"callable({name})")
    if turn.value is not True:
        kind = str(turn.error) if turn.error else "something else"
        raise UsageError(
            f".callback must have the name of a function of the session, got {name!r} ({kind})",
            hint=".vars lists the names",
        )
    turn = desk.execute(code)
    if turn.status != "ok":
        desk.show.turn(turn, place=desk.place)
        return False
    desk.callbacks[alias] = name
    desk.show.out(f"{alias} calls {name} from outside the session")
    return True


def _caps(desk: Desk, dot: Dot) -> bool:
    del dot
    if not desk.is_confined:
        desk.show.out("the session is not confined: its code may touch everything")
    else:
        granted = desk.manager.granted()
        desk.show.out("\n".join(granted) if granted else "nothing is granted")
    log = desk.manager.audit_log[-LATEST:]
    rows = [(f"{each.n}", each.action, each.capability, each.detail) for each in log]
    if rows:
        desk.show.out(table([("n", "decision", "capability", "detail"), *rows]))
    return True


def _grant(desk: Desk, dot: Dot) -> bool:
    _need_confined(desk, "granted to")
    for each in dot.words:
        parse_capability(each)
    for each in dot.words:
        if not _agreed(desk, each):
            return False
        desk.manager.grant(each)
        try:
            _restarted(desk)
        except CannotTell:
            # What cannot be enforced was not granted; the log keeps both.
            desk.manager.revoke(each)
            raise
        desk.show.out(f"granted {each}")
    return True


def _agreed(desk: Desk, capability: str) -> bool:
    """Ask whether to grant; a refusal is in the log as well."""
    if desk.assume_yes:
        return True
    if desk.ask is not None and desk.ask(f"grant {capability} to the code of this session?"):
        return True
    kind, resource = parse_capability(capability)
    desk.manager.record_violation(kind, resource, "be granted: nobody agreed")
    if desk.ask is None:
        raise UsageError(
            f"a grant must be agreed to, and nobody can be asked, got {capability!r}",
            hint="--yes agrees to all grants, --allow grants from the start",
        )
    desk.show.error(f"not granted: {capability}", place=desk.place)
    return False


def _revoke(desk: Desk, dot: Dot) -> bool:
    _need_confined(desk, "revoked from")
    for each in dot.words:
        parse_capability(each)
    before = set(desk.manager.granted())
    for each in dot.words:
        desk.manager.revoke(each)
    gone = sorted(before - set(desk.manager.granted()))
    if gone:
        _restarted(desk)
    desk.show.out(f"no longer granted: {', '.join(gone)}" if gone else "nothing was granted of it")
    wider = sorted(set(gone) - set(dot.words))
    if wider:
        desk.show.note(f"note: a grant of which a part is revoked goes as a whole: {wider[0]}")
    return True


def _need_confined(desk: Desk, what: str) -> None:
    if not desk.is_confined:
        raise UsageError(
            f"a capability must be {what} a session that is confined; this one may touch everything",
            hint="leave --unconfined out",
        )


def _restarted(desk: Desk) -> None:
    """Put another interpreter in place: a confinement cannot be changed."""
    lost = desk.restart()
    if lost:
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        desk.show.note(
            f"note: lost with the old interpreter: {', '.join(lost[:5])}{more}; make them again"
        )


def _benchmark(desk: Desk, dot: Dot) -> bool:
    iterations, warmup = dot.options["iterations"], dot.options["warmup"]
    turn = desk.session.execute(benchmark_code(dot.code, iterations=iterations, warmup=warmup))
    if turn.status != "ok":
        _too_long(desk, turn)
        return False
    timing = read_benchmark(turn.value, warmup=warmup)
    desk.show.out(timing_text(timing))
    return not timing.failed


def _leak(desk: Desk, dot: Dot) -> bool:
    channels = CONFINED_CHANNELS if desk.is_confined else CHANNELS
    code = leak_code(dot.code, iterations=dot.options["iterations"], channels=channels)
    turn = desk.session.execute(code)
    if turn.status != "ok":
        _too_long(desk, turn)
        return False
    calls, found = cast("tuple[int, list[tuple[str, str, float, str, str]]]", turn.value)
    rows = [
        (name, status, "" if status == "absent" else format_number(per_call), unit, note)
        for name, status, per_call, unit, note in found
    ]
    desk.show.out(table([("channel", "verdict", "per call", "unit", ""), *rows]))
    desk.show.note(f"{calls:,} calls; `holdfast leak` looks at more, and for the lines")
    return all(status in {"clean", "absent"} for _, status, *_ in found)


def _too_long(desk: Desk, turn: Turn) -> None:
    desk.show.turn(turn, place=desk.place)
    if turn.status == "timeout":
        desk.show.note("hint: --timeout sets the limit of a line, --iterations how often it runs")


def _vars(desk: Desk, dot: Dot) -> bool:
    del dot
    rows = [
        (
            name,
            value.type if isinstance(value, Opaque) else type(value).__name__,
            cut_line(shown_value(value)),
        )
        for name, value in sorted(desk.session.namespace.items())
    ]
    desk.show.out(table(rows) if rows else "no names")
    return True


def _history(desk: Desk, dot: Dot) -> bool:
    del dot
    rows = [
        (f"{n}", "" if each.ok else "failed", cut_line(each.text, 100))
        for n, each in enumerate(desk.history, 1)
    ]
    desk.show.out(table(rows) if rows else "nothing was carried out")
    return True


def _reset(desk: Desk, dot: Dot) -> bool:
    del dot
    desk.reset()
    return True


def _load(desk: Desk, dot: Dot) -> bool:
    if desk.depth >= MOST_NESTED:
        raise UsageError(
            f"files must not load one another more than {MOST_NESTED} deep, got {dot.words[0]!r} again",
            hint="a file that loads itself never ends",
        )
    path = Path(dot.words[0]).expanduser()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f".load must have a text file that can be read, got {dot.words[0]!r} ({reason})"
        ) from error
    desk.depth += 1
    try:
        return desk.run_lines(lines, dot.words[0], carry_dot)
    finally:
        desk.depth -= 1


def _save(desk: Desk, dot: Dot) -> bool:
    names = tuple(f".{name}" for name in KEPT_BY_SAVE)
    kept = [
        each.text
        for each in desk.history
        if each.ok and (each.text.startswith(names) or not _is_dot(each.text))
    ]
    path = Path(dot.words[0]).expanduser()
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("".join(f"{text}\n" for text in kept))
    except FileExistsError as error:
        raise UsageError(
            f".save must have a new file, {dot.words[0]!r} is there already",
            hint="name another one, or remove it",
        ) from error
    except OSError as error:
        raise UsageError(
            f".save must have a file that can be written, got {dot.words[0]!r} ({error.strerror})"
        ) from error
    desk.show.out(f"{len(kept)} lines kept in {dot.words[0]}; .load carries them out again")
    return True


def _is_dot(text: str) -> bool:
    return text[:1] == "." and text[1:2].isalpha()


def _help(desk: Desk, dot: Dot) -> bool:
    wanted = dot.words[0].lstrip(".") if dot.words else ""
    if wanted and wanted not in COMMANDS:
        raise UsageError(f"no such command '.{wanted}'", hint=".help lists the commands")
    rows: list[Any] = [
        (f".{name} {each.usage}".rstrip(), each.text)
        for name, each in COMMANDS.items()
        if wanted in {"", name}
    ]
    desk.show.out(table(rows))
    if not wanted:
        desk.show.out("Everything else is Python; it runs in the session. Ctrl-C stops it.")
    return True


def _exit(desk: Desk, dot: Dot) -> bool:
    del dot
    desk.is_over = True
    return True


HANDLERS: dict[str, Callable[[Desk, Dot], bool]] = {
    "async": _async,
    "callback": _callback,
    "caps": _caps,
    "grant": _grant,
    "revoke": _revoke,
    "benchmark": _benchmark,
    "leak": _leak,
    "vars": _vars,
    "history": _history,
    "reset": _reset,
    "load": _load,
    "save": _save,
    "help": _help,
    "exit": _exit,
}
