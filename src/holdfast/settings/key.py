"""Which key hashes the secrets of this folder's runs?"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from holdfast.errors import UsageError

__all__ = ["load_key"]

KEY_BYTES = 32
FOLDER = ".holdfast"


def load_key(root: Path) -> bytes:
    """Return the 32 random bytes of `.holdfast/key`, written on first use for its owner alone.

    Whoever starts at the same time gets the same key.

    Raises:
        UsageError: the file cannot be read or written, or holds something else.
    """
    path = root / FOLDER / "key"
    try:
        if not path.exists():
            _create(path)
        key = path.read_bytes()
    except OSError as error:
        hint = "run in a folder that you may write to"
        raise UsageError(f"{path} cannot be used: {error.strerror}", hint=hint) from error
    if len(key) != KEY_BYTES:
        hint = "remove the file; the next run writes a new one, and marks of secrets change"
        raise UsageError(f"{path} must hold {KEY_BYTES} bytes, got {len(key)}", hint=hint)
    return key


def _create(path: Path) -> None:
    """Write a key whole or not at all; one that is there already stays."""
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x") as ignore:
        ignore.write("*\n")
    draft = folder / f"key.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces the key of another process.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
