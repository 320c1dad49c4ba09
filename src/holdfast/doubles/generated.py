"""How does a class or function get a double that cannot drift from it?"""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import ModuleType
from typing import Any, TypeVar, cast, overload

from holdfast.doubles.contract import Contract
from holdfast.doubles.generate import State, generate
from holdfast.doubles.script import After, Unscripted
from holdfast.doubles.standing import assume
from holdfast.doubles.surface import place_of
from holdfast.doubles.types_of import check_of, fits, hints_of, show_type
from holdfast.errors import UsageError
from holdfast.text.suggest import did_you_mean

__all__ = ["answers", "calls", "count_calls", "double_of", "forget"]

T = TypeVar("T")

# What is its own best stand-in, or has no signatures of its own.
_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, ModuleType)


@overload
def double_of(obj: type[T], *, contract: Contract | None = None) -> T: ...


# For mypy, which takes no abstract class for a type[T] (https://github.com/python/mypy/issues/4717).
@overload
def double_of(  # pyright: ignore[reportOverlappingOverload]
    obj: type[Any], *, contract: Contract | None = None
) -> Any: ...


@overload
def double_of(obj: T, *, contract: Contract | None = None) -> T: ...


def double_of(obj: Any, *, contract: Contract | None = None) -> Any:
    """Return a double of an instance of a class (given the class or an instance), or of a function.

    It has the real signatures: a wrong number of arguments, a wrong name or type is a
    TypeError at once, and a name that is none is answered with the nearest. Attributes are
    those of the class and those that `__init__` assigns; others can be neither read nor
    set. `answers` says what it answers. Without a contract that was verified, the result
    of a case that uses it is `assumed`.

    >>> class Shop:
    ...     def price(self, item: str) -> int:
    ...         raise NotImplementedError
    >>> shop = double_of(Shop)
    >>> answers(shop.price, 3)
    >>> shop.price("tea"), calls(shop.price)
    (3, [('tea',)])

    Raises:
        UsageError: it tells no signature, or is nothing that one doubles.
    """
    if obj is None or isinstance(obj, _PLAIN):
        raise UsageError(
            f"what is doubled must be a class, an instance of one or a function, got {obj!r:.80}",
            hint="use plain data as it is; double the functions of a module one by one",
        )
    if inspect.isroutine(obj):
        function: Any = obj
        return generate(
            function.__name__, function, standing=_standing(obj, contract), drop_first=False
        )
    kind: Any = obj if isinstance(obj, type) else type(obj)
    standing = _standing(kind, contract)
    known = _attributes(kind, obj)
    made: dict[str, Any] = {}
    for name in dir(kind):
        if name in known or (name.startswith("__") and name not in _SPECIALS):
            continue
        member = inspect.getattr_static(kind, name)
        if not callable(member) and not _is_bound(member):
            continue
        if member is getattr(object, name, None) or isinstance(member, type):
            continue
        is_static = isinstance(member, staticmethod)
        inner: Any = getattr(member, "__func__", member)
        made[name] = generate(name, inner, standing=standing, drop_first=not is_static)
    return _build(kind, made, known, standing)


def answers(function: Any, *values: Any, after: After | None = None) -> None:
    """Say what a function of a double answers; see `Script.on` for the answers.

    Raises:
        TypeError: an answer is of another type than the function's annotation says.
        UsageError: it is no function of a double, or there is no answer.
    """
    _state(function).set_answers(values, after)


def calls(function: Any) -> list[tuple[Any, ...]]:
    """Return the arguments of the last 100 calls of a function of a double."""
    return [each[1:] for each in _state(function).log]


def count_calls(function: Any) -> int:
    """Return how often a function of a double was called, exactly."""
    return _state(function).count


def forget(function: Any) -> None:
    """Forget answers and calls of a function of a double."""
    _state(function).clear()


# What the syntax of Python calls on a class, never on an instance.
_SPECIALS = frozenset(
    f"__{name}__"
    for name in (
        *("call", "len", "iter", "next", "contains", "getitem", "setitem", "delitem", "bool"),
        *("enter", "exit", "aenter", "aexit", "aiter", "anext"),
    )
)


def _state(function: Any) -> State:
    state = getattr(function, "__holdfast__", None)
    if not isinstance(state, State):
        raise UsageError(f"what is scripted must be a function of a double, got {function!r}")
    return state


def _standing(real: Any, contract: Contract | None) -> str:
    if contract is None:
        return f"the double of {place_of(real)} has no contract"
    return contract.standing(real)


def _special(function: Any) -> Any:
    def special(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return special


def _build(kind: Any, made: dict[str, Any], known: dict[str, Any], standing: str) -> Any:
    names = sorted({*made, *known})

    def read(self: Any, name: str) -> Any:
        # Called only where nothing was set.
        if name not in known:
            raise AttributeError(
                f"{kind.__name__} must have the attribute {name!r}, it has none"
                f"{did_you_mean(name, names)}"
            )
        raise Unscripted(
            f"attribute {name!r} of the double of {kind.__name__} must be set before it is read",
            hint=f"double.{name} = value",
        )

    def write(self: Any, name: str, value: Any) -> None:
        if name not in known:
            what = "is a method: use `answers`" if name in made else "there is none"
            raise AttributeError(
                f"attribute {name!r} of a double of {kind.__name__} must be one of the class, "
                f"{what}{'' if name in made else did_you_mean(name, names)}"
            )
        assume(standing)
        annotation = known[name]
        if not fits(check_of(annotation), value):
            raise TypeError(
                f"{kind.__name__}.{name} must be {show_type(annotation)}, "
                f"got {type(value).__name__} {value!r}"
            )
        self.__dict__[name] = value

    def listed(self: Any) -> list[str]:
        return names

    def shown(self: Any) -> str:
        return f"<double of {kind.__name__}>"

    def real(self: Any) -> Any:
        return kind

    body: dict[str, Any] = {
        **{name: _special(each) for name, each in made.items() if name in _SPECIALS},
        "__getattr__": read,
        "__setattr__": write,
        "__dir__": listed,
        "__repr__": shown,
        # isinstance(double, kind) holds, as it does for the real one.
        "__class__": property(real),
    }
    double: Any = cast("Any", type(f"DoubleOf{kind.__name__}", (), body))()
    double.__dict__.update(made)
    return double


def _attributes(kind: Any, obj: Any) -> dict[str, Any]:
    """Return the names of the attributes that are no methods, with their annotations (Any: none)."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__[:-1]):
        found |= hints_of(base)
        own = cast("dict[str, Any]", vars(base))
        for name, member in own.items():
            if isinstance(member, property):
                found[name] = hints_of(member.fget).get("return", Any) if member.fget else Any
            elif not name.startswith("__") and (
                inspect.isdatadescriptor(member) or not (callable(member) or _is_bound(member))
            ):
                found.setdefault(name, Any)
        for name in _assigned(own.get("__init__")):
            found.setdefault(name, Any)
    if obj is not kind:
        for name in getattr(obj, "__dict__", {}):
            found.setdefault(name, Any)
    return found


def _is_bound(member: Any) -> bool:
    return isinstance(member, (staticmethod, classmethod))


def _assigned(init: Any) -> set[str]:
    """Return the attributes that an `__init__` assigns to its first parameter."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(init)))
    except (OSError, TypeError, SyntaxError):
        return set()  # a compiled or generated one: its attributes come from annotations
    function = cast("Any", tree.body[0])
    if not getattr(function, "args", None) or not function.args.args:
        return set()
    first = function.args.args[0].arg
    return {
        node.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == first
    }
