"""How does one read a pickle of someone who is not trusted? As data: nothing is called that can do anything.

To unpickle is to call what the pickle names. A confined process could name
`os.system`, and would be out. So only these types are made, and the exceptions of the
interpreter; an object of any other class is refused.
"""

from __future__ import annotations

import builtins
import collections
import datetime
import decimal
import fractions
import io
import pathlib
import pickle
import uuid
from typing import Any

from holdfast.capabilities.violation import CannotEnforce, CapabilityViolation
from holdfast.errors import HoldfastError

__all__ = ["NotPlain", "read_plain"]


class NotPlain(HoldfastError):
    """The value is an object that cannot be taken from a confined process."""


_TYPES: dict[tuple[str, str], Any] = {
    **{
        ("builtins", kind.__name__): kind
        for kind in (bytearray, bytes, complex, frozenset, list, range, set, slice, tuple)
    },
    **{
        ("builtins", name): kind
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    },
    **{
        (kind.__module__, kind.__name__): kind
        for kind in (
            collections.OrderedDict,
            collections.Counter,
            collections.deque,
            datetime.date,
            datetime.datetime,
            datetime.time,
            datetime.timedelta,
            datetime.timezone,
            decimal.Decimal,
            fractions.Fraction,
            pathlib.PosixPath,
            pathlib.PurePosixPath,
            pathlib.WindowsPath,
            pathlib.PureWindowsPath,
            uuid.UUID,
            CannotEnforce,
            CapabilityViolation,
        )
    },
    # From 3.13 on pathlib is a package.
    **{
        ("pathlib._local", kind.__name__): kind
        for kind in (pathlib.PosixPath, pathlib.PurePosixPath)
    },
    ("_codecs", "encode"): str.encode,
}


class _Reader(pickle.Unpickler):  # noqa: S301
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        found = _TYPES.get((module_name, global_name))
        if found is None:
            raise NotPlain(
                f"the value must be plain data, got a {module_name}.{global_name}",
                hint="to rebuild it here would run code that the confined process chose; "
                "return numbers, texts, lists and dicts",
            )
        return found


def read_plain(data: bytes) -> Any:
    """Return the plain value of a pickle.

    Raises:
        NotPlain: it holds an object of another class, or is no pickle.
    """
    try:
        return _Reader(io.BytesIO(data)).load()
    except NotPlain:
        raise
    except Exception as error:
        raise NotPlain(
            f"the value must be plain data, got what cannot be read ({error})"
        ) from error
