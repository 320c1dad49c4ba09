"""Which port is free, and what does a service's own text become with it?"""

from __future__ import annotations

import shlex
import socket
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from holdfast.errors import UsageError
from holdfast.settings import ServiceSettings
from holdfast.text.templates import Resolver, expand, names_in

__all__ = ["HOST", "Launch", "Ports", "prepare_launch", "uses_port"]

# The service under test is for this machine alone.
HOST = "127.0.0.1"


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """What is started: the program with its arguments, what is added to the environment, where it answers."""

    argv: tuple[str, ...]
    env: dict[str, str]
    url: str
    port: int = 0


class Ports:
    """Gives out free ports, none of them twice."""

    def __init__(self) -> None:
        self._given: set[int] = set()

    def take(self) -> int:
        """Return a port that nobody listened on a moment ago."""
        while True:
            with socket.socket() as probe:
                probe.bind((HOST, 0))
                port: int = probe.getsockname()[1]
            if port not in self._given:
                self._given.add(port)
                return port


def uses_port(service: ServiceSettings) -> bool:
    """Tell whether a service wants a free port."""
    command = service.command
    texts: list[Any] = [command if isinstance(command, str) else list(command), service.env]
    return any(each.kind == "name" and each.text == "port" for each in names_in(texts))


def prepare_launch(
    name: str,
    service: ServiceSettings,
    *,
    port: int,
    names: Mapping[str, Any],
    env: Mapping[str, str],
) -> Launch:
    """Fill in `{port}`, `{host}`, `{env.X}`, `{link.X}` and the addresses of other services.

    Raises:
        UsageError: a template names nothing, or the command is none.
    """
    own = {**names, "host": HOST}
    if port:
        own["port"] = port
    resolver = Resolver(names=own, env=env)
    command = service.command
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as error:
        raise UsageError(
            f"the command of service {name!r} must be words as in a shell, got {command!r} ({error})"
        ) from error
    filled = cast("list[Any]", expand(words, resolver))
    added = cast("dict[str, Any]", expand(dict(service.env), resolver))
    return Launch(
        argv=tuple(str(word) for word in filled),
        # Without it the log of a Python service says nothing until its buffer is full.
        env={"PYTHONUNBUFFERED": "1", **{key: str(value) for key, value in added.items()}},
        url=f"http://{HOST}:{port}" if port else "",
        port=port,
    )
