"""How did the command end, and what did it write? `exit_code`, `stdout`, `stderr`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec

from holdfast.judge.component import FactExpectation, NotApplicable, error_text
from holdfast.judge.logic import CONNECTIVES
from holdfast.judge.nested import compile_inside, judge_inside
from holdfast.judge.param import parse_bound, take_list, take_text
from holdfast.judge.show import brief
from holdfast.model.evidence import Evidence, Output
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams, Compiled, CompileOne, JudgeOne, Need

__all__ = ["EXIT_CODE", "STDERR", "STDOUT"]

EXIT_HINT = "for example 0, [0, 1] or '> 0'"
# These hold for the whole as soon as they hold for what was kept of it.
DECIDED_BY_A_PART = frozenset(
    {
        "contains",
        "icontains",
        "contains_any",
        "contains_all",
        "starts_with",
        "ends_with",
        "not_empty",
    }
)
# The line that stands for what was cut is no output; NUL keeps head and tail apart.
CUT_LINE = re.compile(r"\n\[\.\.\. [\d,]+ bytes cut \.\.\.\]\n")


class _ExitCode(msgspec.Struct, frozen=True, kw_only=True):
    checks: tuple[Callable[[int], bool], ...]
    text: str


def _prepare_exit_code(raw: Any) -> _ExitCode:
    if isinstance(raw, list):
        items = take_list(raw, what="exit_code")
        checks = tuple(_exit_check(item, (index,)) for index, item in enumerate(items))
        return _ExitCode(checks=checks, text=f"one of {', '.join(map(str, items))}")
    return _ExitCode(checks=(_exit_check(raw, ()),), text=str(raw))


def _exit_check(raw: Any, path: tuple[int, ...]) -> Callable[[int], bool]:
    if isinstance(raw, int) and not isinstance(raw, bool):
        # A negative one is a signal: -9 is SIGKILL.
        if not -64 <= raw <= 255:
            raise BadParams(
                f"exit_code must be from -64 to 255, got {raw}", path=path, hint=EXIT_HINT
            )
        return raw.__eq__
    if isinstance(raw, str):
        return parse_bound(raw, what="exit_code", unit="number", hint=EXIT_HINT).holds
    raise BadParams(
        f"exit_code must be a whole number or a limit, got {raw!r}", path=path, hint=EXIT_HINT
    )


def _judge_exit_code(params: _ExitCode, evidence: Evidence) -> Finding:
    code = evidence.facts.get("exit_code")
    if code is None:
        error = evidence.error
        reason = f"the call ended with {error_text(error)}" if error else "the target left none"
        return undecided(f"no exit code: {reason}", expected=params.text)
    if any(check(code) for check in params.checks):
        return passed(f"exit code was {code}", expected=params.text, observed=code)
    message = f"exit code was {code}, expected {params.text}{_last_words(evidence)}"
    return failed(message, expected=params.text, observed=code)


def _last_words(evidence: Evidence) -> str:
    """Show the end of what was written: it mostly says why a command ended so."""
    for name, output in (("stderr", evidence.stderr), ("stdout", evidence.stdout)):
        text = output.text.strip() if output is not None else ""
        if text:
            return f"; {name} ended with {text[-200:]!r}"
    return ""


class _Stream(msgspec.Struct, frozen=True, kw_only=True):
    """`stdout` and `stderr`: expectations on what was written."""

    name: str

    @property
    def requires(self) -> frozenset[str]:
        return frozenset({self.name})

    def schema(self) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "minLength": 1, "description": "this is contained"},
                {"type": "object", "minProperties": 1, "description": "expectations on the text"},
            ],
            "description": f"what was written to {self.name}",
        }

    def compile(self, raw: Any, compile_one: CompileOne) -> tuple[Compiled, ...]:
        if isinstance(raw, str):
            if not raw:
                hint = f"for no output at all, write {{{self.name}: {{equals: ''}}}}"
                raise BadParams(f"{self.name} must not be empty: that would always hold", hint=hint)
            return compile_inside(
                {"contains": take_text(raw, what=self.name)}, compile_one, inside=self.name
            )
        if not isinstance(raw, dict) or not raw:
            message = f"{self.name} must be a text or expectations on the text, got {raw!r}"
            raise BadParams(message, hint=f"for example {{{self.name}: {{regex: '^done'}}}}")
        return compile_inside(cast("dict[str, Any]", raw), compile_one, inside=self.name)

    def nested(self, params: tuple[Compiled, ...]) -> Iterable[Compiled]:
        return params

    def needs(self, params: Any) -> Iterable[Need]:
        return ()

    def judge(
        self, params: tuple[Compiled, ...], evidence: Evidence, judge_one: JudgeOne
    ) -> Finding:
        output: Output | None = getattr(evidence, self.name)
        if output is None:
            return undecided(f"{self.name} was not kept")
        text, judge_text = output.text, judge_one
        if output.cut_bytes:
            text = CUT_LINE.sub("\0", text, count=1)
            judge_text = _judge_cut(judge_one, output.cut_bytes)
        finding = judge_inside(params, text, judge_text, place=self.name)
        if finding.status != "failed" or finding.observed is not None:
            return finding
        return msgspec.structs.replace(finding, observed=brief(output.text))


def _judge_cut(judge_one: JudgeOne, cut_bytes: int) -> JudgeOne:
    """Judge what was kept of a text: only what a part can prove is decided."""

    def judge(compiled: Compiled, evidence: Evidence) -> Finding:
        if compiled.name in CONNECTIVES:
            finding: Finding = compiled.component.judge(compiled.params, evidence, judge)
            name = finding.expectation or compiled.name
            return msgspec.structs.replace(finding, expectation=name)
        if compiled.name in DECIDED_BY_A_PART:
            # What does not apply to a part is not decided either.
            with contextlib.suppress(NotApplicable):
                finding = judge_one(compiled, evidence)
                if finding.status == "passed":
                    return finding
        message = (
            f"{cut_bytes:,} bytes of the output were not kept, so {compiled.name} cannot be decided"
        )
        return Finding(expectation=compiled.name, status="undecided", message=message)

    return judge


_CODE: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": -64, "maximum": 255},
        {"type": "string", "description": "a limit such as '> 0'"},
    ]
}
EXIT_CODE = FactExpectation(
    form={
        "anyOf": [*_CODE["anyOf"], {"type": "array", "minItems": 1, "items": _CODE}],
        "description": "the exit code of the command; negative for a signal",
    },
    prepare=_prepare_exit_code,
    decide=_judge_exit_code,
    requires=frozenset({"exit_code"}),
)
STDOUT = _Stream(name="stdout")
STDERR = _Stream(name="stderr")
