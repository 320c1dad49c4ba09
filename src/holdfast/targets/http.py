"""How is an HTTP request sent, and what is kept of its answer?"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from typing import Any

import httpx2

from holdfast.clock import monotonic
from holdfast.model.case import Expect
from holdfast.model.evidence import CaseError, Evidence
from holdfast.ports import BadParams, CallContext
from holdfast.targets.http_body import Body, read_body, read_value
from holdfast.targets.http_form import HttpForm, build_request
from holdfast.targets.spec import read_spec, refuse, shortest
from holdfast.text.format import format_duration

__all__ = ["TARGET", "HttpTarget"]


class HttpTarget:
    """One request in the scheduler's loop; a status is evidence, never an error."""

    produces = frozenset({"value", "status", "headers", "duration", "error"})
    implied: tuple[Expect, ...] = (Expect("status", "< 400"),)
    form = HttpForm
    shorthand = "url"

    async def call(self, spec: Mapping[str, Any], context: CallContext) -> Evidence:
        try:
            form = read_spec(spec, HttpForm)
            client: httpx2.AsyncClient = context.http.session().client(form.tls)
            request = await build_request(
                client,
                form,
                base_url=str(context.variables.get("base_url", "")),
                folder=context.case.base,
            )
            limit = shortest(form.timeout, context.timeout_s)
        except (BadParams, OSError) as error:
            return refuse(error)
        except ValueError as error:
            return refuse(BadParams(str(error)))
        exchange = _Exchange()
        started = monotonic()
        scope = asyncio.timeout(limit)
        try:
            async with scope:
                body = await exchange.carry_out(client, request, follow=form.follow)
        except (httpx2.RequestError, OSError) as error:
            too_late = scope.expired() and isinstance(error, TimeoutError)
            what = _timeout(request, limit) if too_late else _error(request, error)
            return exchange.broken(what, monotonic() - started)
        return exchange.finished(body, monotonic() - started)


class _Exchange:
    """What is known of a request and its answer so far; a timeout may come at any moment."""

    def __init__(self) -> None:
        self.response: httpx2.Response | None = None
        self.headers_s = 0.0

    async def carry_out(
        self, client: httpx2.AsyncClient, request: httpx2.Request, *, follow: bool
    ) -> Body:
        started = monotonic()
        response = await client.send(request, stream=True, follow_redirects=follow)
        self.headers_s = monotonic() - started
        self.response = response
        try:
            return await read_body(response)
        finally:
            await response.aclose()

    def facts(self, call_s: float) -> dict[str, Any]:
        response = self.response
        if response is None:
            return {}
        facts: dict[str, Any] = {
            "status": response.status_code,
            "reason": response.reason_phrase,
            "headers": _headers(response),
            "url": str(response.url),
            "http_version": response.http_version,
            "elapsed": {"headers_s": self.headers_s, "body_s": call_s - self.headers_s},
        }
        if response.history:
            facts["redirects"] = [
                {"status": each.status_code, "url": str(each.url)} for each in response.history
            ]
        return facts

    def broken(self, error: CaseError, call_s: float) -> Evidence:
        return Evidence(has_value=False, error=error, call_s=call_s, facts=self.facts(call_s))

    def finished(self, body: Body, call_s: float) -> Evidence:
        facts = self.facts(call_s)
        value, notes = read_value(body, facts["headers"].get("content-type", ""))
        return Evidence(
            value=value,
            round_trips=not body.cut_at,
            call_s=call_s,
            facts=facts,
            notes=notes,
        )


def _headers(response: httpx2.Response) -> dict[str, str]:
    """Return the headers by lower-case name, values of one name joined in their order."""
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def _timeout(request: httpx2.Request, limit: float | None) -> CaseError:
    message = f"{_shown(request)} must be answered within {format_duration(limit or 0.0)}, got no complete answer"
    return CaseError(kind="timeout", type="TimeoutError", message=message)


def _error(request: httpx2.Request, error: Exception) -> CaseError:
    name = type(error).__name__
    message = f"{_shown(request)}: {_cause(error) or str(error) or name}"
    if isinstance(error, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol):
        return CaseError(kind="setup", type=name, message=message)
    tags = ("connection",) if _is_connection(error) else ()
    if isinstance(error, httpx2.TimeoutException):
        return CaseError(kind="timeout", type=name, message=f"{message} (HTTP timeout)", tags=tags)
    return CaseError(kind="exception", type=name, message=message, tags=tags)


def _cause(error: BaseException) -> str:
    """Return what the system said at the root of an error, "" where it said nothing.

    The library's own words are the same for a refused connection and a closed one.
    """
    root = error
    while (deeper := root.__cause__ or root.__context__) is not None:
        root = deeper
    if isinstance(root, OSError) and not isinstance(root, ssl.SSLError) and (root.errno or 0) > 0:
        return os.strerror(root.errno or 0)
    return ""


def _is_connection(error: Exception) -> bool:
    """Tell whether the connection failed, not what was said over it."""
    if isinstance(error, httpx2.RemoteProtocolError):
        # The library has one type for a lost connection and for an answer that is no HTTP.
        return "disconnected" in str(error) or "closed connection" in str(error)
    return isinstance(error, httpx2.NetworkError | httpx2.ConnectTimeout | OSError)


def _shown(request: httpx2.Request) -> str:
    return f"{request.method} {request.url}"


TARGET = HttpTarget()
