"""Which store does a URL mean?"""

from __future__ import annotations

from pathlib import Path

from holdfast.errors import UsageError
from holdfast.ports import Store
from holdfast.registry import Registry
from holdfast.text.suggest import did_you_mean

__all__ = ["open_store"]

# The extra that brings the driver of a scheme.
_EXTRAS = {"postgresql": "postgres"}


def open_store(url: str, *, registry: Registry, root: Path, create: bool = True) -> Store:
    """Open the store of a URL, chosen by its scheme; relative paths are below `root`.

    One that does not exist is created, unless `create` is false.

    Raises:
        UsageError: the scheme names no store, its driver is not installed, or there is
            no store and none must be created.
        holdfast.errors.StoreError: the store cannot be used.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or not registry.has("store", scheme):
        known = registry.names("store")
        raise UsageError(
            f"a store must be a URL that begins with one of {', '.join(known)}, "
            f"got {url!r}{did_you_mean(scheme, known) if separator else ''}",
            hint="sqlite:///.holdfast/holdfast.db or postgresql://user@host/database",
        )
    try:
        opener = registry.load("store", scheme)
    except ImportError as error:
        extra = _EXTRAS.get(scheme, scheme)
        raise UsageError(
            f"a {scheme} store needs a driver that is not installed: {error}",
            hint=f"pip install 'holdfast[{extra}]'",
        ) from error
    store: Store = opener(url, root=root) if create else opener(url, root=root, create=False)
    return store
