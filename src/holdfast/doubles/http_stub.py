"""How does a test put a real HTTP server in the place of a service, and hold it to its rules?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from holdfast.doubles.http_exchange import HttpAnswer, HttpRequest
from holdfast.doubles.http_import import Recorded, group, read_har
from holdfast.doubles.http_log import RequestLog
from holdfast.doubles.http_match import Match, compare, read_wanted
from holdfast.doubles.http_rule import HttpRule, Turn
from holdfast.doubles.http_server import HttpServer, Reply
from holdfast.doubles.http_vcr import read_vcr
from holdfast.errors import UsageError

__all__ = ["HttpAnswer", "HttpRequest", "HttpRule", "HttpStub", "StubProblems"]


class StubProblems(AssertionError):
    """A stub was asked what no rule answers, or not asked what it should have been."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class HttpStub:
    """A real HTTP server on 127.0.0.1 that answers by rules; a context manager, sync and async.

    The first rule that matches and has answers left holds. Leaving the context closes
    every socket and thread, and, if `strict`, raises `StubProblems` with every request
    that no rule matched and every rule whose `times` was not reached. The log keeps the
    last `log_limit` requests; counts are exact.

    >>> import urllib.request
    >>> with HttpStub() as stub:
    ...     rule = stub.on("GET", "/users/{id}").answers(json={"id": "{id}"})
    ...     with urllib.request.urlopen(stub.url + "/users/7") as answer:
    ...         answer.read()
    b'{"id": "7"}'
    """

    def __init__(self, *, strict: bool = True, log_limit: int = 1_000) -> None:
        self._strict = strict
        self._log = RequestLog(log_limit)
        self._rules: list[HttpRule] = []
        self._server: HttpServer | None = None

    def on(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        exact_query: bool = False,
        headers: Mapping[str, str] | None = None,
        json: Any = msgspec.UNSET,
        exact: bool = False,
        where: Callable[[HttpRequest], bool] | None = None,
    ) -> HttpRule:
        """Add a rule; say with its `answers` or `answers_each` what it answers.

        `method` may be `*`. `{name}` in `path` stands for one part. `query` and `headers`
        must be there, others may be (`exact_query`: no other parameters). `json` must be
        part of the body: objects may have more keys, unless `exact`. `where` is asked last.

        Raises:
            UsageError: the method or the path cannot be one.
        """
        wanted = read_wanted(
            method,
            path,
            query=query,
            headers=headers,
            exact_query=exact_query,
            json=json,
            exact=exact,
            where=where,
        )
        rule = HttpRule(len(self._rules) + 1, wanted)
        self._rules = [*self._rules, rule]
        return rule

    def load_har(self, path: str | Path, *, match_body: bool = False) -> list[HttpRule]:
        """Add a rule for each request of a HAR 1.2 file; equal ones answer in sequence.

        Raises:
            UsageError: the file cannot be read, or is no HAR; place and cure are in it.
        """
        return self._add_recorded(read_har(Path(path)), match_body=match_body)

    def load_vcr(self, path: str | Path, *, match_body: bool = False) -> list[HttpRule]:
        """Add a rule for each request of a VCR cassette (YAML); equal ones answer in sequence.

        Raises:
            UsageError: the file cannot be read, or is no cassette; place and cure are in it.
        """
        return self._add_recorded(read_vcr(Path(path)), match_body=match_body)

    def _add_recorded(self, recorded: list[Recorded], *, match_body: bool) -> list[HttpRule]:
        made: list[HttpRule] = []
        for first, answers in group(recorded, match_body=match_body):
            same = partial(_has_body, first.body)
            is_json = first.json is not msgspec.UNSET
            rule = self.on(
                first.method,
                first.path,
                query=first.query,
                exact_query=True,
                json=first.json if match_body else msgspec.UNSET,
                exact=True,
                where=same if match_body and not is_json else None,
            )
            made.append(rule.answers_each(answers, after="last"))
        return made

    @property
    def url(self) -> str:
        """The root, without a slash at its end.

        Raises:
            UsageError: the stub is not open.
        """
        if self._server is None:
            raise UsageError("a stub must be open to have a url", hint="with HttpStub() as stub:")
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def rules(self) -> tuple[HttpRule, ...]:
        """The rules in the order in which they are tried."""
        return tuple(self._rules)

    @property
    def requests(self) -> list[HttpRequest]:
        """The last requests, oldest first."""
        return self._log.requests

    @property
    def total(self) -> int:
        """How many requests came."""
        return self._log.total

    @property
    def problems(self) -> list[str]:
        """What would be raised if the stub closed now."""
        missing = [problem for rule in self._rules if (problem := rule.problem()) is not None]
        return [*self._log.problems, *missing]

    def open(self) -> Self:
        """Listen on a free port.

        Raises:
            UsageError: it is open already.
        """
        if self._server is not None:
            raise UsageError("a stub must be opened once, got a second time")
        self._server = HttpServer(self._reply, self._log.note)
        return self

    def close(self) -> None:
        """Close every socket and end every thread; what came stays to be read."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def verify(self) -> None:
        """Raise what is wrong so far.

        Raises:
            StubProblems: a request matched no rule, or a rule was not used as often as it must.
        """
        if self.problems:
            raise StubProblems(self.problems)

    def reset(self) -> None:
        """Forget requests, counts and problems; every rule begins anew."""
        self._log.clear()
        for rule in self._rules:
            rule.restart()

    def clear(self) -> None:
        """Forget the rules too."""
        self._rules = []
        self._log.clear()

    def _reply(self, request: HttpRequest) -> Reply:
        self._log.add(request)
        seen: list[tuple[HttpRule, Match]] = []
        for rule in self._rules:
            match = compare(rule.wanted, request)
            differences = match.differences
            if not differences:
                try:
                    accepted = rule.accepts(request)
                except Exception as error:  # noqa: BLE001 - a user's predicate may raise anything
                    return self._refuse(
                        500, f"where of {rule} must not raise, got {type(error).__name__}"
                    )
                if accepted and not rule.has_answers:
                    return self._refuse(500, f"{rule} must have an answer, got none")
                answer = rule.take() if accepted else None
                if answer is not None:
                    return self._answer(rule, answer, dict(match.names))
                differences = (
                    (f"all its {rule.limit} answers were given",)
                    if accepted
                    else ("its `where` said no",)
                )
            seen.append((rule, Match(differences, match.names, match.score)))
        return self._refuse(501, describe_miss(request, seen))

    def _answer(self, rule: HttpRule, answer: HttpAnswer, names: dict[str, str]) -> Reply:
        place = rule.turn.come() if rule.turn is not None else None
        if rule.turn is None or place is None:
            return Reply(answer, names)
        turn = rule.turn
        return Reply(answer, names, before=lambda: self._hold(rule, turn, place), after=turn.go)

    def _hold(self, rule: HttpRule, turn: Turn, place: int) -> bool:
        server = self._server
        if server is None:
            return False
        if turn.wait(place, server.closing):
            return True
        if not server.closing.is_set():
            self._log.note(f"{rule} must get all requests of its order at once, got too few")
        return False

    def _refuse(self, status: int, problem: str) -> Reply:
        self._log.note(problem)
        return Reply(HttpAnswer(status=status, text=f"{problem}\n"))

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if not self._strict:
            return
        if error is None:
            self.verify()
        elif self.problems:
            # The error of the test comes first; what the stub saw may explain it.
            error.add_note("\n".join(["the stub saw:", *self.problems]))

    async def __aenter__(self) -> Self:
        return self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)


def _has_body(body: bytes, request: HttpRequest) -> bool:
    return request.body == body


def describe_miss(request: HttpRequest, seen: list[tuple[HttpRule, Match]]) -> str:
    """Say which rule came nearest and what differed; no header's value, no secret."""
    text = f"a rule must match {request.method} {request.path[:200]!r}, got none"
    if not seen:
        return f"{text} (there are no rules)"
    rule, match = max(seen, key=lambda each: each[1].score)
    shown = list(match.differences[:5])
    if len(match.differences) > 5:
        shown.append(f"and {len(match.differences) - 5} more")
    return f"{text}; nearest is {rule}: {'; '.join(shown)}"
