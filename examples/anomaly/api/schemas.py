"""What goes over the wire?"""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict

from examples.anomaly.domain.model import Dataset, Detector, Job, Page, Result, Status
from examples.anomaly.domain.params import ParamValue, params_to_plain

# Strict: "1.5" and true are not numbers. NaN is refused with its place by the domain.
Number: TypeAlias = Annotated[float, Strict()]
Table: TypeAlias = list[list[Number]]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=100)]
# The largest row number that both databases can hold.
Offset: TypeAlias = Annotated[int, Field(ge=0, le=2**31 - 1)]
T = TypeVar("T")


class Body(BaseModel):
    """A request's body: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class DatasetIn(Body):
    """A dataset to upload."""

    name: Name
    rows: Table


class DetectorIn(Body):
    """A detector to create."""

    name: Name
    dataset_id: str
    algorithm: Literal["isolation_forest", "local_outlier_factor"] = "isolation_forest"
    params: dict[str, Any] = {}


class DetectorPatch(Body):
    """What to change of a detector; what is not named stays."""

    name: Name | None = None
    params: dict[str, Any] | None = None


class RowsIn(Body):
    """Rows to judge."""

    rows: Table


class BatchesIn(Body):
    """Several tables to judge, all of them or none."""

    batches: list[Table]


class Problem(BaseModel):
    """One thing that is wrong, and where."""

    at: str
    message: str


class Problems(BaseModel):
    """Why a request was refused: the first five things that are wrong, and how many there are."""

    problems: list[Problem]
    count: int


class HealthOut(BaseModel):
    """A sign of life."""

    status: Literal["ok"]
    database: str


class DatasetOut(BaseModel):
    """A dataset without its numbers."""

    id: str
    name: str
    rows: int
    columns: int
    created_at: datetime

    @classmethod
    def of(cls, dataset: Dataset) -> "DatasetOut":
        """Write a dataset."""
        return cls.model_validate(dataset, from_attributes=True)


class DetectorOut(BaseModel):
    """A detector with every parameter, defaults included."""

    id: str
    name: str
    dataset_id: str
    algorithm: str
    params: dict[str, ParamValue]
    status: Status
    error: str | None
    created_at: datetime

    @classmethod
    def of(cls, detector: Detector) -> "DetectorOut":
        """Write a detector."""
        return cls.model_validate({**vars(detector), "params": params_to_plain(detector.params)})


class EventOut(BaseModel):
    """A status and when it began."""

    status: Status
    at: datetime


class JobOut(BaseModel):
    """A training with every status that it went through."""

    id: str
    detector_id: str
    status: Status
    error: str | None
    history: list[EventOut]

    @classmethod
    def of(cls, job: Job) -> "JobOut":
        """Write a job."""
        return cls.model_validate(job, from_attributes=True)


class ResultOut(BaseModel):
    """A result in short: of `rows` rows, `count` are anomalies, a share of `rate`."""

    id: str
    detector_id: str
    rows: int
    count: int
    rate: float
    created_at: datetime

    @classmethod
    def of(cls, result: Result) -> "ResultOut":
        """Write a result in short."""
        return cls.model_validate(result, from_attributes=True)


class FullResultOut(ResultOut):
    """A result whole: a label of 1, and a score above 0, mean anomaly."""

    labels: list[int]
    scores: list[float]

    @classmethod
    def of(cls, result: Result) -> "FullResultOut":
        """Write a result whole."""
        return cls.model_validate(result, from_attributes=True)


class BatchOut(BaseModel):
    """One result per table, and the share of anomalies over all of them."""

    results: list[FullResultOut]
    rows: int
    count: int
    rate: float


class PageOut(BaseModel, Generic[T]):
    """Some of all items, in the order in which they were made."""

    items: list[T]
    total: int
    limit: int
    offset: int


def page_to_plain(page: Page[Any], items: list[T]) -> PageOut[T]:
    """Write a page around items that are written already."""
    return PageOut(items=items, total=page.total, limit=page.limit, offset=page.offset)


__all__ = [
    "BatchOut",
    "BatchesIn",
    "DatasetIn",
    "DatasetOut",
    "DetectorIn",
    "DetectorOut",
    "DetectorPatch",
    "EventOut",
    "FullResultOut",
    "HealthOut",
    "JobOut",
    "Limit",
    "Name",
    "Offset",
    "PageOut",
    "Problem",
    "Problems",
    "ResultOut",
    "RowsIn",
    "Table",
    "page_to_plain",
]
