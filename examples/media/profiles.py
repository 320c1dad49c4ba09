"""With how many workers, and in batches of what size, is a collection organised?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["PROFILES", "Profile", "read_profile"]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How a collection is organised.

    `workers` files are looked at at once. `batch_size` files are planned and moved together:
    so many are held in memory, and so many at most are looked at again after a kill.
    """

    name: str = "custom"
    workers: int
    batch_size: int

    def __post_init__(self) -> None:
        for name in ("workers", "batch_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(
                    f"{name} of a profile must be a whole number above 0, got {value!r}"
                )


PROFILES = {
    each.name: each
    for each in (
        Profile(name="default", workers=8, batch_size=100),
        Profile(name="fast", workers=16, batch_size=200),
        Profile(name="memory_constrained", workers=4, batch_size=50),
        Profile(name="large_collection", workers=12, batch_size=500),
    )
}


def read_profile(config: Profile | str | Mapping[str, Any]) -> Profile:
    """Return a profile: one of its own, one of PROFILES by its name, or one by its fields.

    Raises:
        ValueError: there is none of that name, or a field is unknown, missing or no number above 0.

    >>> read_profile({"workers": 2, "batch_size": 50}).name
    'custom'
    """
    if isinstance(config, Profile):
        return config
    if isinstance(config, str):
        if config not in PROFILES:
            raise ValueError(f"a profile must be one of {', '.join(PROFILES)}, got {config!r}")
        return PROFILES[config]
    unknown = sorted(set(config) - {"name", "workers", "batch_size"})
    missing = sorted({"workers", "batch_size"} - set(config))
    if unknown or missing:
        said = [f"no {name!r}" for name in missing] + [repr(name) for name in unknown]
        raise ValueError(f"a profile must have workers and batch_size, got {', '.join(said)}")
    return Profile(**config)
