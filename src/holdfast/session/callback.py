"""How does a function that lives in a session become a callable here?"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from holdfast.errors import UsageError

__all__ = ["MISSING", "AsyncCallback", "Callback", "ErrorHandler"]

ErrorHandler = Callable[[Exception], Any]


class _Missing:
    """No default was given: None may be one."""

    def __repr__(self) -> str:
        return "<no default>"


MISSING: Any = _Missing()


class Callback:
    """Calls a function of a session.

    Without handler and default it raises what the call raises. A handler gets the
    exception, and what it returns is returned; a default is returned instead of
    raising. What the handler raises is raised, and so is wrong use of the session,
    which is no answer of the function.
    """

    def __init__(
        self,
        call: Callable[..., Any],
        name: str,
        *,
        error_handler: ErrorHandler | None = None,
        default: Any = MISSING,
    ) -> None:
        self._call = call
        self._error_handler = error_handler
        self._default = default
        self.name = name
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._call(self.name, *args, **kwargs)
        except UsageError:
            # Wrong use of the session, or a call that nothing scripts: no answer of the function.
            raise
        except Exception as error:
            if self._error_handler is not None:
                return self._error_handler(error)
            if self._default is MISSING:
                raise
            return self._default

    def __repr__(self) -> str:
        return f"<callback {self.name}>"


class AsyncCallback:
    """The same for an asynchronous session: it returns an awaitable; so may its handler."""

    def __init__(
        self,
        call: Callable[..., Awaitable[Any]],
        name: str,
        *,
        error_handler: ErrorHandler | None = None,
        default: Any = MISSING,
    ) -> None:
        self._call = call
        self._error_handler = error_handler
        self._default = default
        self.name = name
        self.__name__ = name

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await self._call(self.name, *args, **kwargs)
        except UsageError:
            # Wrong use of the session, or a call that nothing scripts: no answer of the function.
            raise
        except Exception as error:
            if self._error_handler is not None:
                handled = self._error_handler(error)
                return await handled if inspect.isawaitable(handled) else handled
            if self._default is MISSING:
                raise
            return self._default

    def __repr__(self) -> str:
        return f"<callback {self.name}>"
