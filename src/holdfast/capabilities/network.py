"""How is a process cut off from the network, or told the addresses of the hosts that it may reach?"""

from __future__ import annotations

import os
import sys

from holdfast.capabilities.kernel import call
from holdfast.capabilities.resource import LOOPBACK_NAME, split_address
from holdfast.capabilities.violation import CannotEnforce
from holdfast.capabilities.wildcard import has_wildcard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["answer_names", "leave_network", "resolve_names"]

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def leave_network() -> bool:
    """Move this process to a network of its own, in which there is nothing; tell whether it worked."""
    user, group = os.geteuid(), os.getegid()
    try:
        call("unshare", _CLONE_NEWNET if user == 0 else _CLONE_NEWUSER | _CLONE_NEWNET)
    except OSError:
        return False
    if user == 0:
        return True
    # Without these every file would seem to belong to nobody.
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        target = os.open(f"/proc/self/{name}", os.O_WRONLY)
        try:
            os.write(target, text.encode())
        finally:
            os.close(target)
    return True


def resolve_names(resources: list[str]) -> dict[str, list[str]]:
    """Return the addresses of the hosts that are granted by name, asked for once, before.

    Raises:
        CannotEnforce: a pattern stands for names that nobody can list.
    """
    found: dict[str, list[str]] = {}
    for resource in resources:
        host, _ = split_address(resource)
        is_name = not host.replace(".", "").replace("*", "").isdigit() and ":" not in host
        if not is_name:
            continue
        if has_wildcard(host):
            raise CannotEnforce(
                "net",
                f"the kernel knows addresses, and those of {host!r} cannot be listed",
                "name each host",
            )
        found[host] = ["127.0.0.1", "::1"] if host == LOOPBACK_NAME else _ask(host)
    return found


def _ask(host: str) -> list[str]:
    sockets: Any = sys.modules.get("_socket") or __import__("_socket")
    try:
        answers = sockets.getaddrinfo(host, None)
    except OSError:
        # Nobody knows it: then nobody can connect to it.
        return []
    return list(dict.fromkeys(answer[4][0] for answer in answers))


def answer_names(names: dict[str, list[str]]) -> None:
    """Answer look-ups of these names from now on: the resolver is out of reach."""
    if not names:
        return
    sockets: Any = sys.modules.get("_socket") or __import__("_socket")
    ask = sockets.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        known = names.get(host.lower()) if isinstance(host, str) else None
        if known is None:
            return ask(host, port, *args, **kwargs)
        sys.audit("socket.getaddrinfo", host, port, 0, 0, 0)
        found: list[Any] = []
        for address in known:
            try:
                found += ask(address, port, *args, **kwargs)
            except OSError:  # not of the family that is asked for
                continue
        return found or ask(host, port, *args, **kwargs)

    sockets.getaddrinfo = getaddrinfo
