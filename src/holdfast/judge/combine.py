"""What do all expectations of an attempt, judged on its evidence, say?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from holdfast.errors import UsageError
from holdfast.judge.component import NotApplicable, error_text
from holdfast.judge.show import brief_text
from holdfast.model.case import Expect
from holdfast.model.evidence import CaseError, Evidence
from holdfast.model.finding import Finding, combine, undecided
from holdfast.ports import AssessorCall, BadParams, Compiled, Judge
from holdfast.registry import Registry
from holdfast.text.suggest import did_you_mean

__all__ = [
    "NOTHING_EXPECTED",
    "assessors_of",
    "combine",
    "compile_expect",
    "compile_one",
    "error_expectations",
    "judge_one",
    "make_judge",
    "parse_expect",
    "reason_of",
]

NOTHING_EXPECTED = "nothing was expected: name at least one expectation, or `completes`"

# Expectations that are ready to judge; a run with more different ones compiles some again.
MAX_CACHED = 4_096
_SCALARS = frozenset({str, int, float, bool, type(None)})
# The expectations whose scalar parameter names what is to be called.
_CALLS = frozenset({"python", "same_as"})
_FINDING_STATUS = frozenset({"passed", "failed", "undecided", "error"})


class _Ready(NamedTuple):
    """A compiled expectation, and those inside it that are about the error of the call.

    `source` keeps the authored one alive, so that its id stays its own.
    """

    source: Expect
    compiled: Compiled
    errors: tuple[Compiled, ...]


# A finding where the expectation cannot be made ready.
_Find = Callable[[Expect], _Ready | Finding]


def make_judge(registry: Registry) -> Judge:
    """Return the judge of a run: one finding per expectation, in their order.

    It never raises. An error in the evidence that no expectation asks about makes
    every finding `error`, or `failed` for an AssertionError; without expectations
    it makes one finding `completes`. A component that crashes makes `undecided`.
    """
    ready: dict[Any, _Ready] = {}

    def find(expect: Expect) -> _Ready | Finding:
        params: object = expect.params
        kind = type(params)
        key = (expect.name, kind, params) if kind in _SCALARS else id(expect)
        found = ready.get(key)
        if found is None:
            if len(ready) >= MAX_CACHED:
                ready.clear()
            try:
                compiled = compile_one(registry, expect)
                errors = tuple(error_expectations(compiled))
            except Exception as error:  # noqa: BLE001 - told apart below
                return _not_ready(expect, error)
            found = ready[key] = _Ready(expect, compiled, errors)
        return found

    def judge(expects: Sequence[Expect], evidence: Evidence) -> tuple[Finding, ...]:
        if evidence.error is not None:
            return _judge_error(expects, evidence, evidence.error, find)
        return tuple([_judge_ready(find(expect), evidence) for expect in expects])

    return judge


def compile_expect(registry: Registry, raw: Any) -> Compiled:
    """Compile an authored expectation, `name` or `{name: parameters}`.

    Raises:
        BadParams: it is no expectation, has an unknown name, or parameters that cannot mean anything.
    """
    expect = parse_expect(raw)
    try:
        return compile_one(registry, expect)
    except BadParams as error:
        raise BadParams(error.message, path=(expect.name, *error.path), hint=error.hint) from error


def compile_one(registry: Registry, expect: Expect) -> Compiled:
    """Compile an expectation; the path of a problem leads from its parameters.

    Raises:
        BadParams: unknown name, or parameters that cannot mean anything.
    """
    if not registry.has("expectation", expect.name):
        names = registry.names("expectation")
        message = f"no such expectation {expect.name!r}{did_you_mean(expect.name, names)}"
        raise BadParams(message, hint=f"known: {', '.join(names)}")
    component = registry.load("expectation", expect.name)

    def compile_nested(raw: Any) -> Compiled:
        return compile_expect(registry, raw)

    return Compiled(
        name=expect.name,
        component=component,
        params=component.compile(expect.params, compile_nested),
    )


def parse_expect(raw: Any) -> Expect:
    """Read `name` or `{name: parameters}`.

    Raises:
        BadParams: it is neither.
    """
    match raw:
        case Expect():
            return raw
        case str():
            return Expect(raw)
        case dict():
            items = list(cast("dict[Any, Any]", raw).items())
            if len(items) == 1:
                return Expect(str(items[0][0]), items[0][1])
            names = ", ".join(sorted(str(key) for key, _ in items)) or "none"
            keys = f"{len(items)} keys ({names})"
            message = f"an expectation must have one name as its only key, got {keys}"
            raise BadParams(message, hint="write each expectation as an item of its own")
        case _:
            message = f"an expectation must be `name` or `{{name: parameters}}`, got {raw!r}"
            raise BadParams(message, hint="for example `completes` or `{equals: 1}`")


def error_expectations(compiled: Compiled) -> Iterator[Compiled]:
    """Find the expectations, nested ones included, that are about the error of the call.

    `not` asks nothing: that an error is not of one kind excuses no other error.
    """
    if compiled.name == "not":
        return
    if "error" in compiled.component.requires:
        yield compiled
    for nested in compiled.component.nested(compiled.params):
        yield from error_expectations(nested)


def assessors_of(registry: Registry, expects: Sequence[Expect]) -> tuple[AssessorCall, ...]:
    """Return the users' validators to call on the live value, each once, in order.

    Raises:
        BadParams: an expectation has parameters that cannot mean anything.
    """
    calls: dict[str, AssessorCall] = {}
    for expect in expects:
        if type(expect.params) in _SCALARS and expect.name not in _CALLS:
            # A scalar holds no nested expectation; every case comes by here.
            continue
        for call in _assessors(compile_one(registry, expect)):
            calls.setdefault(call.key, call)
    return tuple(calls.values())


def reason_of(findings: Sequence[Finding]) -> str:
    """Return why findings combine to what they do: the message of the worst, "" when all passed."""
    status = combine(tuple(findings))
    if not findings:
        return NOTHING_EXPECTED
    if status == "passed":
        return ""
    worst = next(finding for finding in findings if finding.status == status)
    return f"{worst.expectation}: {worst.message}" if worst.message else worst.expectation


def judge_one(compiled: Compiled, evidence: Evidence) -> Finding:
    """Judge one compiled expectation; never raises: a judge that crashes is `undecided`."""
    try:
        return _judge_nested(compiled, evidence)
    except NotApplicable as answer:
        return answer.finding


def _judge_nested(compiled: Compiled, evidence: Evidence) -> Finding:
    """Judge an expectation for the one around it, which may deny what does not apply.

    Raises:
        NotApplicable: the value has the wrong kind to be asked.
    """
    try:
        finding = compiled.component.judge(compiled.params, evidence, _judge_nested)
    except NotApplicable as answer:
        raise NotApplicable(_named(answer.finding, compiled)) from None
    except Exception as error:  # noqa: BLE001 - a crash of a judge is a fact about the finding
        finding = undecided(f"the judge crashed: {type(error).__name__}: {error}")
    else:
        if type(finding) is not Finding or finding.status not in _FINDING_STATUS:
            finding = undecided(f"the judge must return a Finding, got {finding!r:.200}")
    return _named(finding, compiled)


def _named(finding: Finding, compiled: Compiled) -> Finding:
    if finding.expectation:
        return finding
    return msgspec.structs.replace(finding, expectation=compiled.name)


def _assessors(compiled: Compiled) -> Iterable[AssessorCall]:
    for need in compiled.component.needs(compiled.params):
        if isinstance(need, AssessorCall):
            yield need
    for nested in compiled.component.nested(compiled.params):
        yield from _assessors(nested)


def _judge_ready(ready: _Ready | Finding, evidence: Evidence) -> Finding:
    return ready if isinstance(ready, Finding) else judge_one(ready.compiled, evidence)


def _not_ready(expect: Expect, error: Exception) -> Finding:
    """Tell why an expectation cannot be judged.

    What was found bad only now (a template filled in, a plug-in gone) is an `error`;
    a component that cannot be loaded is a judge that crashed.
    """
    if isinstance(error, BadParams | UsageError):
        return Finding(expectation=expect.name, status="error", message=error.message)
    message = f"the judge could not be made ready: {type(error).__name__}: {error}"
    return Finding(expectation=expect.name, status="undecided", message=message)


def _judge_error(
    expects: Sequence[Expect], evidence: Evidence, error: CaseError, find: _Find
) -> tuple[Finding, ...]:
    """Judge an attempt that ended with an error: only a `raises` that holds excuses it."""
    found = [find(expect) for expect in expects]
    asked = [() if isinstance(ready, Finding) else ready.errors for ready in found]
    if not any(asked):
        names = [expect.name for expect in expects] or ["completes"]
        return tuple(_finding_of(error, name) for name in names)
    findings = tuple(_judge_ready(ready, evidence) for ready in found)
    if any(judge_one(each, evidence).status == "passed" for errors in asked for each in errors):
        return findings
    return tuple(
        _finding_of(error, finding.expectation)
        if errors and finding.status in {"passed", "undecided"}
        else finding
        for errors, finding in zip(asked, findings, strict=True)
    )


def _finding_of(error: CaseError, expectation: str) -> Finding:
    """Return what an error that nobody asked for makes of an expectation."""
    if error.is_assertion:
        message = error.message.strip() or "an assertion without a message did not hold"
        return Finding(expectation=expectation, status="failed", message=brief_text(message))
    if "undecided" in error.tags:
        return Finding(
            expectation=expectation, status="undecided", message=brief_text(error.message)
        )
    kind = "" if error.kind == "exception" or not error.type else f"{error.kind}: "
    return Finding(expectation=expectation, status="error", message=f"{kind}{error_text(error)}")
