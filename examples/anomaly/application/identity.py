"""Which id does a new thing get, and what time is it?"""

import uuid
from datetime import UTC, datetime


def new_id() -> str:
    """Make an id that nobody can guess."""
    return uuid.uuid4().hex


def now() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


__all__ = ["new_id", "now"]
