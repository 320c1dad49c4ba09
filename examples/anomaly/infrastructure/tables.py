"""Which tables hold the service's data?"""

from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()


def _identity() -> tuple[Column[int], Column[str]]:
    # `seq` gives every listing the order of insertion, which clocks do not.
    return Column("seq", Integer, primary_key=True), Column(
        "id", String(32), unique=True, nullable=False
    )


def _owner(name: str, target: str) -> Column[str]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    return Column(name, String(32), key, nullable=False, index=True)


datasets = Table(
    "datasets",
    metadata,
    *_identity(),
    Column("name", String(100), nullable=False, index=True),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("cells", LargeBinary, nullable=False),
)
detectors = Table(
    "detectors",
    metadata,
    *_identity(),
    _owner("dataset_id", "datasets"),
    Column("name", String(100), nullable=False, index=True),
    Column("algorithm", String(40), nullable=False),
    Column("params", JSON, nullable=False),
    Column("status", String(10), nullable=False),
    Column("error", Text),
    Column("created_at", String(32), nullable=False),
)
models = Table(
    "models",
    metadata,
    Column("detector_id", ForeignKey("detectors.id", ondelete="CASCADE"), primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)
jobs = Table(
    "jobs",
    metadata,
    *_identity(),
    _owner("detector_id", "detectors"),
    Column("status", String(10), nullable=False),
    Column("error", Text),
    Column("history", JSON, nullable=False),
)
results = Table(
    "results",
    metadata,
    *_identity(),
    _owner("detector_id", "detectors"),
    Column("labels", JSON, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("created_at", String(32), nullable=False),
)

__all__ = ["datasets", "detectors", "jobs", "metadata", "models", "results"]
