"""What does a written capability mean? `read:data/**`, `net:127.0.0.1:80`, `run:git`, bare `env`."""

# ruff: noqa: PTH206 - pathlib costs half a bare start of the interpreter

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from holdfast.capabilities.resource import KINDS, split_address
from holdfast.capabilities.wildcard import has_wildcard
from holdfast.errors import UsageError
from holdfast.text.suggest import did_you_mean

__all__ = ["BadCapability", "parse_capabilities", "parse_capability"]

EXAMPLES = {
    "read": "read:data/**",
    "write": "write:out/**",
    "net": "net:127.0.0.1:80",
    "run": "run:git",
    "env": "env:HOME",
    "sys": "sys:hostname",
    "ffi": "ffi:libm.so.6",
    "import": "import:numpy",
}
# What other tools call the same.
OTHER_WORDS = {
    "network": "net",
    "network-access": "net",
    "file": "read",
    "fs": "read",
    "exec": "run",
    "subprocess": "run",
    "environment": "env",
    "system": "sys",
    "module": "import",
    "ctypes": "ffi",
}
_HOST = re.compile(r"[A-Za-z0-9_.*?-]+|[0-9A-Fa-f:.]+(%\w+)?")
_MODULE = re.compile(r"[\w*?]+")


class BadCapability(UsageError):
    """A text that names no capability."""


def parse_capabilities(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the capabilities that texts name, each once, in their order.

    Raises:
        BadCapability: one of them names none.
    """
    if isinstance(texts, str):
        message = f"capabilities must be a list, got the text {texts!r}"
        raise BadCapability(message, hint=f"write [{texts!r}]")
    return tuple(dict.fromkeys(parse_capability(text) for text in texts))


def parse_capability(text: object) -> tuple[str, str]:
    """Return (kind, resource) of a written capability; an empty resource stands for all.

    Raises:
        BadCapability: it names none.

    >>> parse_capability("read:data/**")
    ('read', 'data/**')
    """
    if not isinstance(text, str):
        message = f"a capability must be a text such as 'read:data/**', got {text!r}"
        raise BadCapability(message)
    kind, colon, resource = text.partition(":")
    if kind not in KINDS:
        raise _no_such_kind(text, kind)
    if colon and not resource:
        raise BadCapability(
            f"a capability must name a resource after ':', got {text!r}",
            hint=f"for all of it, write {kind!r}",
        )
    problem = _problem(kind, resource)
    if problem:
        raise BadCapability(f"{problem}, got {text!r}", hint=f"for example {EXAMPLES[kind]!r}")
    return kind, resource


def _no_such_kind(text: str, kind: str) -> BadCapability:
    meant = OTHER_WORDS.get(kind.casefold())
    suggestion = f"; did you mean {meant!r}?" if meant else did_you_mean(kind, KINDS)
    return BadCapability(
        f"no such capability {kind[:100]!r} in {text[:200]!r}{suggestion}",
        hint=f"known: {', '.join(KINDS)}; for example 'read:data/**'",
    )


def _problem(kind: str, resource: str) -> str:
    """Say what is wrong with a resource, or ""."""
    if any(ord(character) < 32 for character in resource):
        return "a capability must not hold control characters"
    if resource != resource.strip():
        return "a capability must not begin or end with a blank"
    if kind == "net" and resource:
        return _address_problem(resource)
    if kind == "env" and "=" in resource:
        return "env must name a variable"
    if kind in {"read", "write"} and _climbs(resource):
        return "a path must not climb with '..' after a wildcard"
    if kind == "import" and resource and not _MODULE.fullmatch(resource):
        return "import must name a package by its first name, without dots"
    return ""


def _climbs(resource: str) -> bool:
    """Tell whether `..` follows a wildcard: where it would lead depends on what is matched."""
    parts = resource.split(os.sep)
    first = next((i for i, part in enumerate(parts) if has_wildcard(part)), len(parts))
    return ".." in parts[first:]


def _address_problem(resource: str) -> str:
    if "/" in resource:
        return "net must be a host and perhaps a port, without scheme and path"
    host, port = split_address(resource)
    if not _HOST.fullmatch(host):
        return "net must name a host, [v6] in brackets before a port"
    if port in {"", "*"}:
        return "net must name a port after ':'" if resource.endswith(":") and port == "" else ""
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        return "net must have a port from 1 to 65535"
    return ""
