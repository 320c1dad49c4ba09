"""Do settings that are fine one by one agree with each other?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from holdfast.settings.check import Fault
from holdfast.settings.secret import mask_url

__all__ = ["find_conflicts", "tables_in"]

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@]+):(\d{1,5})\Z")
_HIGHEST_PORT = 65535


def find_conflicts(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong between values, each of which has the right type."""
    links = dict(tables_in(values.get("links")))
    for name, service in tables_in(values.get("services")):
        yield from _service_faults(name, service)
        if name in links:
            message = f"a link must not have the name of a service, got {name!r}"
            yield Fault(("links", name), message)
    for name, link in links.items():
        yield from _link_faults(name, link)


def tables_in(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables by name inside a table; nothing where it is none."""
    if isinstance(value, dict):
        for name, table in cast("dict[str, Any]", value).items():
            if isinstance(table, dict):
                yield name, cast("dict[str, Any]", table)


def _service_faults(name: str, service: Mapping[str, Any]) -> Iterator[Fault]:
    way = ("services", name)
    has_command, has_url = bool(service.get("command")), bool(service.get("url"))
    if has_command == has_url:
        got = "both" if has_command else "none"
        message = f"service {name!r} must have exactly one of command and url, got {got}"
        hint = "command starts it; url is the address of one that already runs"
        yield Fault((*way, "url") if has_command else way, message, hint)
    ready = service.get("ready", {})
    signs = [sign for sign in ("http", "tcp", "log") if ready.get(sign)]
    if len(signs) > 1:
        message = f"service {name!r} must have at most one sign of readiness, got {signs}"
        yield Fault((*way, "ready"), message)


def _link_faults(name: str, link: Mapping[str, Any]) -> Iterator[Fault]:
    to = link.get("to", "")
    match = _ADDRESS.match(to)
    if "{" not in to and (match is None or not 0 < int(match[2]) <= _HIGHEST_PORT):
        message = f"link {name!r} must lead to host:port, got {mask_url(to)!r}"
        yield Fault(("links", name, "to"), message, 'such as to = "127.0.0.1:5432"')
