"""Which parameters does each algorithm take, and within which limits?"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TypeAlias

from examples.anomaly.domain.errors import BadInput

ParamValue: TypeAlias = float | int


@dataclass(frozen=True, kw_only=True)
class IsolationForestParams:
    """Trees that isolate a point with few random cuts when it is unusual."""

    contamination: float = 0.05
    n_estimators: int = 100
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class LocalOutlierFactorParams:
    """A point's density against the density of its neighbours."""

    contamination: float = 0.05
    n_neighbors: int = 20


Params: TypeAlias = IsolationForestParams | LocalOutlierFactorParams

KINDS: Mapping[str, type[IsolationForestParams] | type[LocalOutlierFactorParams]] = {
    "isolation_forest": IsolationForestParams,
    "local_outlier_factor": LocalOutlierFactorParams,
}
LIMITS: Mapping[str, tuple[float, float]] = {
    "contamination": (0.0001, 0.5),
    "n_estimators": (1, 1000),
    "n_neighbors": (1, 1000),
    "seed": (0, 2**32 - 1),
}


def parse_params(algorithm: str, given: Mapping[str, object]) -> Params:
    """Check parameters and fill in the defaults.

    Raises:
        BadInput: an unknown algorithm or parameter, a wrong type, a value outside its limits.
    """
    kind = KINDS.get(algorithm)
    if kind is None:
        raise BadInput(
            f"algorithm must be one of {', '.join(sorted(KINDS))}, got {algorithm!r}",
            at="algorithm",
        )
    defaults = {field.name: field.default for field in fields(kind)}
    for name, value in given.items():
        if name not in defaults:
            known = ", ".join(sorted(defaults))
            raise BadInput(f"{algorithm} takes {known}, got {name!r}", at=f"params.{name}")
        _check_value(name, value, whole=isinstance(defaults[name], int))
    return kind(**{**defaults, **given})  # type: ignore[arg-type]


def params_to_plain(params: Params) -> dict[str, ParamValue]:
    """Turn parameters into plain data, every default included."""
    return asdict(params)


def _check_value(name: str, value: object, *, whole: bool) -> None:
    low, high = LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        kind = "a whole number" if whole else "a number"
        raise BadInput(f"{name} must be {kind}, got {value!r}", at=f"params.{name}")
    if not low <= value <= high:
        raise BadInput(
            f"{name} must be between {low} and {high}, got {value!r}", at=f"params.{name}"
        )


__all__ = [
    "KINDS",
    "IsolationForestParams",
    "LocalOutlierFactorParams",
    "ParamValue",
    "Params",
    "params_to_plain",
    "parse_params",
]
