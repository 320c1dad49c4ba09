"""Does every template name something that can be there when the case runs?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, cast

from holdfast.cases.document import Fault, Place
from holdfast.text.suggest import did_you_mean
from holdfast.text.templates import Reference, names_in

__all__ = ["TemplateCheck"]


class TemplateCheck:
    """Checks the templates of one file; `base` is the folder of its `file:` templates.

    `parse` is given the path of a file that will be parsed and says what is wrong with it, or "".
    """

    def __init__(self, *, base: Path, env: Mapping[str, str], parse: Callable[[Path], str]) -> None:
        self.base = base
        self.env = env
        self._parse = parse
        self._files: dict[str, str] = {}
        self._digests: dict[str, bytes] = {}

    def check(
        self,
        value: Any,
        place: Place,
        faults: list[Fault],
        *,
        names: AbstractSet[str],
        whole_only: bool = False,
    ) -> Iterable[str]:
        """Add what cannot be filled in to `faults`; return the files that are read."""
        references = names_in(value, whole_only=whole_only)
        if not references:
            return ()
        for reference in references:
            message, hint = self._wrong_with(reference, names)
            if message:
                at = next(_places_of(value, reference, whole_only=whole_only), ())
                faults.append(Fault((*place, *at), message, hint))
        return sorted(each.text for each in references if each.kind == "file")

    def fingerprint(self, files: Iterable[str]) -> str:
        """Return a hash over the contents of files, "" for none."""
        paths = sorted(set(files))
        if not paths:
            return ""
        digest = hashlib.blake2b(digest_size=16)
        for path in paths:
            digest.update(path.encode())
            digest.update(self._digests.get(path, b""))
        return digest.hexdigest()

    def keep_files(self, files: Iterable[str]) -> None:
        """Take the contents of files that are read by others into the fingerprint."""
        for text in files:
            self._wrong_with_file(text)

    def _wrong_with(self, reference: Reference, names: AbstractSet[str]) -> tuple[str, str]:
        if reference.kind == "env":
            if reference.text in self.env:
                return "", ""
            offer = did_you_mean(reference.text, self.env)
            hint = "set it in the environment or in .env"
            return f"environment variable {reference.text!r} must be set, got nothing{offer}", hint
        if reference.kind == "file":
            return self._wrong_with_file(reference.text), "a path is relative to the case file"
        if reference.first in names:
            return "", ""
        known = ", ".join(sorted(names)[:5]) or "none"
        offer = did_you_mean(reference.first, names)
        hint = f"known here: {known}; a brace is written as {{{{"
        return (
            f"no such name {reference.first!r} for the template {{{reference.text}}}{offer}",
            hint,
        )

    def _wrong_with_file(self, text: str) -> str:
        known = self._files.get(text)
        if known is not None:
            return known
        path = self.base / text
        problem = ""
        try:
            self._digests[text] = hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            problem = f"a file template must name a file that can be read, got {text!r}: {reason}"
        else:
            problem = self._parse(path)
        self._files[text] = problem
        return problem


def _places_of(value: Any, wanted: Reference, *, whole_only: bool) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            for place in _places_of(item, wanted, whole_only=whole_only):
                yield (key, *place)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            for place in _places_of(item, wanted, whole_only=whole_only):
                yield (index, *place)
    elif wanted in names_in(value, whole_only=whole_only):
        yield ()
