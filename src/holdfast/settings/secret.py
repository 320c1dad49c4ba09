"""Which values of settings and environment must never be shown?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import unquote

import msgspec

from holdfast.settings.values import Settings
from holdfast.text.redact import is_secret_name

__all__ = ["MASK", "hide_secrets", "mask_url", "secrets_of"]

# All lengths are bounded: a long text without an @ would be searched again
# from every word. The + behind a bound never gives back what it took.
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]{0,30}://"
_USER = r"[^\s/?#:@]{0,200}:"
# The last @ before the end of the authority ends the password. Database drivers take one
# with / ? # too, where an HTTP client would see the end of the address.
_WEB = re.compile(rf"((?:https?|wss?)://{_USER})([^\s/?#]{{1,10000}})(@)", re.IGNORECASE)
_DATABASE = re.compile(
    rf"(\b(?!(?:https?|wss?):){_SCHEME}{_USER})([^\s@]{{1,10000}}+(?:@[^\s/?#@]{{1,200}}+){{0,20}})(@)",
    re.IGNORECASE,
)
_QUERY = re.compile(r"([?&](?:password|pwd|passwd|sslpassword|token)=)([^&\s#]+)()", re.IGNORECASE)
# A switch such as USE_TOKEN=true is no secret, and hiding every `true` would garble evidence.
_INNOCENT = frozenset({"true", "false", "none", "null", "yes", "no", "on", "off"})
_TEMPLATE = re.compile(r"\{[\w.:/\-]+\}\Z")
MASK = "[redacted]"


def secrets_of(settings: Settings, env: Mapping[str, str]) -> dict[str, str]:
    """List every secret value that is known, by where it stands.

    These are variables with a secret name or named in `secrets.env`, texts of the
    settings under a secret name, and the passwords inside URLs of both.

    >>> secrets_of(Settings(store="postgresql://me:hunter2@db/x"), {"API_KEY": "abcd"})
    {'API_KEY': 'abcd', 'store password': 'hunter2'}
    """
    found: dict[str, str] = {}
    texts = [*env.items(), *_texts("", msgspec.to_builtins(settings))]
    named = frozenset(settings.secrets.env)
    for name, value in texts:
        last = name.rpartition(".")[2] if name not in env else name
        if (last in named or is_secret_name(last)) and _is_secret(value):
            found[name] = value
        for password in _passwords(value):
            found.setdefault(f"{name} password", password)
            plain = unquote(password)
            if plain != password:
                found.setdefault(f"{name} password, unquoted", plain)
    return found


def mask_url(text: str) -> str:
    """Hide the passwords of URLs inside a text.

    >>> mask_url("postgresql://me:hunter2@db/x")
    'postgresql://me:[redacted]@db/x'
    """
    for pattern in _patterns_for(text):
        text = pattern.sub(rf"\g<1>{MASK}\g<3>", text)
    return text


def hide_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """Hide known secrets and the passwords of URLs inside a text that people read.

    >>> hide_secrets("run --key abcdef", {"KEY": "abcdef"})
    'run --key [redacted]'
    """
    for value in sorted(secrets.values(), key=len, reverse=True):
        # A shorter one occurs in innocent text, as in text/redact.py.
        text = text.replace(value, MASK) if len(value) >= 4 else text
    return mask_url(text)


def _patterns_for(text: str) -> tuple[re.Pattern[str], ...]:
    # Most texts have no @ and need no search for what ends in one.
    return (_WEB, _DATABASE, _QUERY) if "@" in text else (_QUERY,)


def _passwords(text: str) -> Iterator[str]:
    for pattern in _patterns_for(text):
        for match in pattern.finditer(text):
            if not _TEMPLATE.match(match[2]):
                yield match[2]


def _is_secret(value: str) -> bool:
    return bool(value) and value.casefold() not in _INNOCENT and not _TEMPLATE.match(value)


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield every text of the settings with its dotted name."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _texts(f"{name}.{key}" if name else key, item)
    elif isinstance(value, list | tuple) and not name.startswith("secrets."):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _texts(f"{name}[{index}]", item)
