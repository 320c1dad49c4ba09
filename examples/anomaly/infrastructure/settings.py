"""Where does the service keep its data?"""

from collections.abc import Mapping
from dataclasses import dataclass

POSTGRESQL = "postgresql+psycopg://"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`database_url` None means a file that is deleted when the service stops."""

    database_url: str | None = None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; an empty DATABASE_URL is none at all."""
    url = environment.get("DATABASE_URL", "").strip()
    return Settings(database_url=normalise_url(url) if url else None)


def normalise_url(url: str) -> str:
    """Return the URL with the driver that the service uses.

    Raises:
        ValueError: neither a SQLite file nor PostgreSQL.
    """
    for prefix in ("postgresql://", "postgres://", POSTGRESQL):
        if url.startswith(prefix):
            return POSTGRESQL + url.removeprefix(prefix)
    if (
        url.startswith("sqlite:///")
        and url != "sqlite:///:memory:"
        and url.removeprefix("sqlite:///")
    ):
        return url
    scheme = url.partition("://")[0]
    raise ValueError(
        f"DATABASE_URL must name a SQLite file or PostgreSQL, got scheme {scheme!r}\n"
        "hint: sqlite:///work/anomaly.db or postgresql://user@host:5432/name"
    )


__all__ = ["Settings", "normalise_url", "read_settings"]
