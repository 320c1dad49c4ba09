"""Which bytes of this text are secret, and what stands in their place?"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import cast

__all__ = ["Redactor", "is_secret_name", "secrets_in"]

_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"}
)
_SECRET_WORDS = ("key", "token", "secret", "password")
# A shorter secret occurs in innocent text: replacing it would garble the evidence, and the
# places of the replacements would tell it. Under a secret name it is masked all the same.
_SHORTEST = 4
# DESIGN: the last four characters only where there are sixteen or more.
_TAIL, _TAIL_FROM = 4, 16
# A shorter piece of base64 is found by chance (64 ** 8 is 2 ** 48).
_SHORTEST_BASE64 = 8
_LETTERS = {"\n": b"n", "\r": b"r", "\t": b"t", "\b": b"b", "\f": b"f"}
_HTML = {"&": b"amp", "<": b"lt", ">": b"gt", '"': b"quot", "'": b"apos"}
# Up to here one search for all anchors beats one each (measured: equal at about 500 bytes).
_SMALL = 512
# A byte is written in 13 at most, as eight backslashes and u005c; base64 makes 4 of 3 first.
_LONGEST_FORM = 18
# blake2b takes no longer key.
_LONGEST_KEY = 64


def is_secret_name(name: str) -> bool:
    """Say whether a header or environment variable of this name holds a secret.

    >>> is_secret_name("Authorization"), is_secret_name("DB_PASSWORD"), is_secret_name("Accept")
    (True, True, False)
    """
    plain = name.casefold()
    return plain.replace("_", "-") in _SECRET_HEADERS or any(
        word in plain for word in _SECRET_WORDS
    )


def secrets_in(headers: Mapping[str, str]) -> dict[str, str]:
    """List the secrets that headers or variables with a secret name hold.

    Of an Authorization header that is what follows the scheme, of cookies each value.

    >>> secrets_in({"Authorization": "Bearer abc", "Accept": "*/*"})
    {'Authorization': 'abc'}
    """
    found: dict[str, str] = {}
    for name, value in headers.items():
        plain = name.casefold()
        if plain in {"authorization", "proxy-authorization"}:
            found[name] = value.strip().partition(" ")[2].strip() or value
        elif plain == "cookie":
            pairs = (pair.partition("=") for pair in value.split(";"))
            found |= {f"{name} {key.strip()}": content.strip() for key, _, content in pairs}
        elif plain == "set-cookie":
            found[name] = value.partition(";")[0].partition("=")[2].strip()
        elif is_secret_name(name):
            found[name] = value
    return {name: value for name, value in found.items() if value}


class Redactor:
    """Puts `[redacted 1a2b3c4d]` in the place of every known secret value.

    The eight hex digits are a hash under `key`, so that equal secrets can be told from
    different ones. A value is found as it is, and as URL encoding, JSON, `repr`, HTML and
    base64 write it. One shorter than four characters is not searched (`unsearched` names it).

    Raises: ValueError for an empty key, under which a hash could be guessed.
    """

    __slots__ = (
        "_anchors",
        "_by_group",
        "_key",
        "_margin",
        "_pattern",
        "_quick",
        "_secrets",
        "_values",
        "unsearched",
    )

    def __init__(self, secrets: Mapping[str, str], key: bytes) -> None:
        if not key:
            raise ValueError("the key for redaction must have at least one byte, got b''")
        self._key = key if len(key) <= _LONGEST_KEY else hashlib.blake2b(key).digest()
        self._secrets = {name: value for name, value in secrets.items() if value}
        self.unsearched = tuple(sorted(n for n, v in self._secrets.items() if len(v) < _SHORTEST))
        found = {value for value in self._secrets.values() if len(value) >= _SHORTEST}
        self._values = frozenset(found)
        # Longest first: of two that start at one place, the longer must win.
        ordered = sorted(found, key=lambda value: (-len(value), value))
        self._by_group = dict(enumerate(ordered, 1))
        self._anchors = tuple(dict.fromkeys(a for value in ordered for a in _anchors(value)))
        self._quick = re.compile(b"|".join(map(re.escape, self._anchors))) if ordered else None
        self._margin = max((_LONGEST_FORM * len(_encoded(v)) + 16 for v in ordered), default=0)
        groups = b"|".join(b"(" + _pattern(value) + b")" for value in ordered)
        # A look-ahead finds also what overlaps.
        self._pattern = re.compile(b"(?=" + groups + b")", re.DOTALL) if ordered else None

    def also(self, secrets: Mapping[str, str]) -> Redactor:
        """Make a redactor that knows these secrets too."""
        return Redactor({**self._secrets, **secrets}, self._key)

    def mark(self, value: str) -> str:
        """Write what stands in the place of `value`; its last 4 characters if it has 16."""
        raw = _encoded(value)
        digest = hashlib.blake2b(raw, key=self._key, digest_size=4).hexdigest()
        tail = value[-_TAIL:]
        is_shown = len(value) >= _TAIL_FROM and tail not in self._values
        return f"[redacted {digest}{f'…{tail}' if is_shown else ''}]"

    def touches(self, raw: bytes) -> bool:
        """Say fast whether `raw` may hold a secret; False is certain, True is not."""
        if len(raw) < _SMALL and self._quick is not None:
            return self._quick.search(raw) is not None
        return any(anchor in raw for anchor in self._anchors)

    def raw(self, data: bytes) -> bytes:
        """Replace every secret in bytes; what holds none is returned as the same object."""
        if self._pattern is None or not self.touches(data):
            return data
        pieces: list[bytes] = []
        end = 0
        for start, stop, secret in self._places(data):
            pieces += (data[end:start], _encoded(self.mark(secret)))
            end = stop
        return b"".join([*pieces, data[end:]]) if pieces else data

    def text(self, text: str) -> str:
        """Replace every secret in text; what holds none is returned as the same object."""
        if self._pattern is None:
            return text
        data = _encoded(text)
        clean = self.raw(data)
        return text if clean is data else clean.decode("utf-8", "surrogatepass")

    def value(self, value: object) -> object:
        """Replace every secret in nested plain data, the keys of dicts included."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.raw(value)
        if isinstance(value, dict):
            items = cast("dict[object, object]", value).items()
            return {self.value(key): self.value(item) for key, item in items}
        if isinstance(value, list | tuple):
            cleaned = [self.value(item) for item in cast("list[object]", value)]
            return tuple(cleaned) if isinstance(value, tuple) else cleaned
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.mark(str(value)) if is_number and str(value) in self._values else value

    def named(self, values: Mapping[str, str]) -> dict[str, str]:
        """Mask headers or variables with a secret name; replace secrets in the others."""
        return {
            self.text(name): self.mark(value) if is_secret_name(name) else self.text(value)
            for name, value in values.items()
        }

    def _places(self, data: bytes) -> list[tuple[int, int, str]]:
        """Find where secrets stand; overlapping ones become one place of the longest."""
        places: list[tuple[int, int, str]] = []
        for match in self._matches(data):
            group = cast("int", match.lastindex)
            start, stop = match.span(group)
            secret = self._by_group[group]
            if places and start < places[-1][1]:
                first, last, other = places[-1]
                places[-1] = (first, max(last, stop), max(other, secret, key=len))
            else:
                places.append((start, stop, secret))
        return places

    def _matches(self, data: bytes) -> Iterator[re.Match[bytes]]:
        """Try the pattern around anchors alone: it is a hundred times slower than these."""
        pattern, quick = self._pattern, self._quick
        if pattern is None or quick is None:
            return
        begin = end = 0
        for anchor in quick.finditer(data):
            if anchor.start() - self._margin > end:
                yield from pattern.finditer(data, begin, end)
                begin = anchor.start() - self._margin
            end = anchor.end() + self._margin
        yield from pattern.finditer(data, begin, end)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _anchors(value: str) -> list[bytes]:
    """List bytes of which at least one stands in every written form of `value`.

    Letters and digits are written as they are by all encodings but base64, so that the
    longest run of them is enough for these.
    """
    # A value without any is found by how its first character may start in each form.
    starts = (_encoded(value[0])[:1], b"%", b"\\", b"+", b"&")
    run = _longest_run(value)
    cores = [_longest_run(core.decode()) or core[:1] for _, core, _ in _base64_cores(value)]
    return [*((run,) if run else starts), *cores, *_short_base64(value)]


def _longest_run(text: str) -> bytes:
    return max(re.findall(r"[A-Za-z0-9]*", text), key=len).encode()


def _pattern(value: str) -> bytes:
    """Build the pattern of a secret as it is and as encoders write it."""
    edge = rb"[A-Za-z0-9+/_\-]"
    forms = [_written(value)]
    forms += [
        edge + b"{%d}" % lead + _written(core.decode()) + edge + b"{0,%d}" % tail
        for lead, core, tail in _base64_cores(value)
    ]
    forms += [
        b"(?<!" + edge + b")" + re.escape(whole) + b"(?!" + edge + b")"
        for whole in _short_base64(value)
    ]
    return b"|".join(forms)


def _written(value: str) -> bytes:
    # Backslashes in one piece: encoders double them, and trying each alone takes for ever.
    pieces = re.findall(r"\\+|.", value, re.DOTALL)
    return b"".join(_piece_pattern(piece) for piece in pieces)


def _piece_pattern(piece: str) -> bytes:
    char, count = piece[0], len(piece)
    if char.isascii() and char.isalnum():
        return char.encode()
    raw = _encoded(char)
    escapes = [_escaped_bytes(char, b"%(?:25){0,3}"), _escaped_units(char)]
    if char == "\\":
        # JSON in a string of JSON doubles each; three times over is enough.
        escapes = [b"(?:%s){%d}" % (form, count) for form in escapes]
        return b"(?:" + b"|".join([rb"\\{%d,%d}" % (count, 8 * count), *escapes]) + b")"
    forms = [re.escape(raw), *escapes, _escaped_bytes(char, rb"\\{1,8}x")]
    if ord(char) < 256:
        forms.append(rb"\\{1,8}x(?i:%02x)" % ord(char))
    if char in _LETTERS:
        forms.append(rb"\\{1,8}" + _LETTERS[char])
    if char in "\"'/":
        forms.append(rb"\\{1,8}" + raw)
    if char == " ":
        forms.append(rb"\+")
    if char in _HTML:
        forms.append(b"&(?:%s|#%d|#(?i:x%x));" % (_HTML[char], ord(char), ord(char)))
    return b"(?:" + b"|".join(forms) + b")"


def _escaped_bytes(char: str, prefix: bytes) -> bytes:
    return b"".join(prefix + b"(?i:%02x)" % byte for byte in _encoded(char))


def _escaped_units(char: str) -> bytes:
    units = char.encode("utf-16-be", "surrogatepass").hex().encode()
    return b"".join(rb"\\{1,8}u(?i:%s)" % units[at : at + 4] for at in range(0, len(units), 4))


def _base64_cores(value: str) -> list[tuple[int, bytes, int]]:
    """List the base64 of `value` at the three places it can start at in longer data.

    Each is (characters before, the core, characters after): those before and after hold
    bits of the neighbours too.
    """
    raw = _encoded(value)
    cores: list[tuple[int, bytes, int]] = []
    for lead in range(3):
        padded = base64.b64encode(b"\0" * lead + raw).rstrip(b"=")
        before = (0, 2, 3)[lead]
        after = 1 if (lead + len(raw)) % 3 else 0
        core = padded[before : len(padded) - after]
        if len(core) >= _SHORTEST_BASE64:
            cores += ((before, each, after) for each in _both_alphabets(core))
    return cores


def _short_base64(value: str) -> list[bytes]:
    """List the base64 of a value so short that it is searched as a word of its own only."""
    whole = base64.b64encode(_encoded(value)).rstrip(b"=")
    return _both_alphabets(whole) if len(whole) <= _SHORTEST_BASE64 + 1 else []


def _both_alphabets(core: bytes) -> list[bytes]:
    return list(dict.fromkeys((core, core.translate(bytes.maketrans(b"+/", b"-_")))))
