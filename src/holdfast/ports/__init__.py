"""What do the parts of holdfast promise one another? Every protocol, under one name."""

from __future__ import annotations

from holdfast.clock import Clock
from holdfast.model.call import AssessorCall, PythonCall
from holdfast.model.plan import PlannedRow
from holdfast.ports.calling import (
    Around,
    CallContext,
    Condition,
    Driver,
    Executor,
    Probe,
    Recorder,
    Target,
    Work,
)
from holdfast.ports.judging import (
    BadParams,
    Compiled,
    CompileOne,
    Expectation,
    Judge,
    JudgeOne,
    Need,
)
from holdfast.ports.keeping import Reporter, Store
from holdfast.ports.serving import Service, Services

__all__ = [
    "Around",
    "AssessorCall",
    "BadParams",
    "CallContext",
    "Clock",
    "CompileOne",
    "Compiled",
    "Condition",
    "Driver",
    "Executor",
    "Expectation",
    "Judge",
    "JudgeOne",
    "Need",
    "PlannedRow",
    "Probe",
    "PythonCall",
    "Recorder",
    "Reporter",
    "Service",
    "Services",
    "Store",
    "Target",
    "Work",
]
