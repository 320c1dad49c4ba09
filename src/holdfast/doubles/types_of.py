"""Does a value fit an annotation?"""

from __future__ import annotations

import collections
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, cast

__all__ = ["Check", "check_of", "fits", "hints_of", "show_type"]

# None where everything fits: then the generated code has no check at all.
Check = Callable[[Any], bool]
# As the type system has it (PEP 484, "the numeric tower").
_CALLABLE: Any = typing.get_origin(Callable[[], Any])
_WIDER: Mapping[Any, tuple[type, ...]] = {float: (float, int), complex: (complex, float, int)}


def hints_of(owner: Any) -> dict[str, Any]:
    """Return the annotations of a function or class; those that name nothing known are left out."""
    try:
        return typing.get_type_hints(owner)
    except (NameError, AttributeError, SyntaxError, TypeError):
        # One name that exists for type checkers alone hides all others.
        return _one_by_one(owner)


def check_of(annotation: Any) -> Any:
    """Return the class or classes, or else the function, that an annotation asks for; None for anything."""
    if annotation is None or annotation is type(None):
        return type(None)
    is_text = isinstance(annotation, str)
    if is_text or annotation is Any or annotation in {object, inspect.Parameter.empty}:
        return None
    if annotation in _WIDER:
        return _WIDER[annotation]
    origin: Any = typing.get_origin(annotation)
    if origin is None:
        return _plain(annotation)
    args: tuple[Any, ...] = typing.get_args(annotation)
    if origin is typing.Annotated:
        return check_of(args[0])
    if origin is typing.Literal:
        return _one_of(args)
    if origin is typing.Union or origin is types.UnionType:
        return _any_of([check_of(each) for each in args])
    if origin is type:
        return type
    if origin is _CALLABLE:
        return callable
    return _inner(origin, args) if isinstance(origin, type) else None


def fits(check: Any, value: Any) -> bool:
    """Tell whether a value passes what `check_of` returned."""
    if check is None:
        return True
    if isinstance(check, (type, tuple)):
        return isinstance(value, cast("type", check))
    return bool(check(value))


def show_type(annotation: Any) -> str:
    """Return an annotation as one writes it."""
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return annotation.__name__
    return str(annotation).replace("typing.", "")


def _plain(annotation: Any) -> Any:
    if isinstance(annotation, typing.NewType):
        return check_of(annotation.__supertype__)
    if not isinstance(annotation, type):
        return None  # a type variable, `Self`: known to type checkers alone
    if typing.is_typeddict(annotation):
        return dict
    is_protocol = getattr(annotation, "_is_protocol", False)
    if is_protocol and not getattr(annotation, "_is_runtime_protocol", False):
        return None
    return annotation


def _one_of(args: tuple[Any, ...]) -> Check:
    def check(value: Any) -> bool:
        return any(value == each and type(value) is type(each) for each in args)

    return check


def _any_of(checks: list[Any]) -> Any:
    if None in checks:
        return None
    if all(isinstance(each, (type, tuple)) for each in checks):
        flat: list[Any] = []
        for each in checks:
            flat += each if isinstance(each, tuple) else [each]
        return tuple(flat)

    def check(value: Any) -> bool:
        return any(fits(each, value) for each in checks)

    return check


def _inner(origin: Any, args: tuple[Any, ...]) -> Any:
    """Return the check of a container and what is in it, where that can be looked at without harm."""
    items = [None if each is ... else check_of(each) for each in args]
    is_row = origin in {list, set, frozenset, collections.deque} or (
        origin is tuple and args[-1:] == (...,)
    )

    def check(value: Any) -> bool:
        if not isinstance(value, origin):
            return False
        inside: Any = value
        if is_row:
            return all(fits(items[0], each) for each in inside)
        if origin is tuple:
            return len(inside) == len(items) and all(map(fits, items, inside))
        return all(fits(items[0], key) and fits(items[1], each) for key, each in inside.items())

    return check if is_row or origin in {dict, tuple} else origin


def _one_by_one(owner: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    scope: dict[str, Any] = getattr(owner, "__globals__", {})
    for name, each in getattr(owner, "__annotations__", {}).items():
        try:
            found[name] = eval(each, scope) if isinstance(each, str) else each  # noqa: S307 - the author's own annotation
        except (NameError, AttributeError, SyntaxError, TypeError):
            continue
    return found
