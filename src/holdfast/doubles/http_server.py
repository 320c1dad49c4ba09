"""How does a server listen, serve each connection in a thread, and leave nothing when it closes?"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from io import BufferedReader

from holdfast.doubles.http_exchange import HttpAnswer, HttpRequest
from holdfast.doubles.http_wire import BadRequest, Gone, read_request, write_answer
from holdfast.errors import InternalError

__all__ = ["HttpServer", "Reply"]

# Sockets are shut before threads are waited for; longer takes only a predicate that hangs.
_JOIN_S = 10.0
_BACKLOG = 256


class Reply:
    """An answer on its way: the parts of the path, and what to do before and after it is sent."""

    def __init__(
        self,
        answer: HttpAnswer,
        names: dict[str, str] | None = None,
        *,
        before: Callable[[], bool] | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        self.answer = answer
        self.names = names or {}
        self.before = before
        self.after = after


class HttpServer:
    """Serves 127.0.0.1 on a free port from construction to `close`."""

    def __init__(self, reply: Callable[[HttpRequest], Reply], note: Callable[[str], None]) -> None:
        self._reply = reply
        self._note = note
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._served: dict[threading.Thread, socket.socket] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        # Daemons, so that a stub which nobody closed does not keep the program from ending.
        self._acceptor = threading.Thread(
            target=self._accept, name=f"http-stub-{self.port}", daemon=True
        )
        self._acceptor.start()

    def close(self) -> None:
        """End every connection and thread; waits that are under way are cut short.

        Raises:
            InternalError: a thread does not end, because a predicate does not return.
        """
        self.closing.set()
        self._wake.close()
        self._acceptor.join()
        self._listener.close()
        self._woken.close()
        with self._lock:
            served = dict(self._served)
            for connection in served.values():
                _shut(connection)
        for thread in served:
            thread.join(_JOIN_S)
            if thread.is_alive():
                raise InternalError(
                    f"a request to the stub must end within {_JOIN_S:g} s of closing it",
                    hint="a `where` of a rule does not return",
                )

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                selector.select()
                if self.closing.is_set():
                    return
                try:
                    connection, _ = self._listener.accept()
                except ConnectionError:  # the client left before it was accepted
                    continue
                thread = threading.Thread(
                    target=self._serve,
                    args=(connection,),
                    name=f"http-stub-{self.port}-connection",
                    daemon=True,
                )
                with self._lock:
                    self._served[thread] = connection
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as stream:
                while not self.closing.is_set() and self._exchange(connection, stream):
                    pass
        except (Gone, ConnectionError):
            pass  # the end of a connection, ours or the client's, is no event
        except OSError as error:
            self._note(f"a connection must stay usable, got {error}")
        finally:
            with self._lock:
                del self._served[threading.current_thread()]
                connection.close()

    def _exchange(self, connection: socket.socket, stream: BufferedReader) -> bool:
        """Serve one request; False at the end of the stream."""
        try:
            read = read_request(
                stream, lambda: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            )
        except BadRequest as error:
            if not self.closing.is_set():
                self._note(f"a request must be HTTP/1.x: {error}")
            answer = HttpAnswer(status=400, text=f"{error}\n")
            self._write(connection, Reply(answer), method="GET", stays=False)
            return False
        if read is None:
            return False
        request, stays = read
        reply = self._reply(request)
        if reply.before is not None and not reply.before():
            raise Gone
        try:
            self._write(connection, reply, method=request.method, stays=stays)
        finally:
            if reply.after is not None:
                reply.after()
        return True

    def _write(self, connection: socket.socket, reply: Reply, *, method: str, stays: bool) -> None:
        write_answer(
            connection,
            reply.answer,
            reply.names,
            method=method,
            stays=stays,
            wait=self._wait,
        )

    def _wait(self, timeout: float, /) -> bool:
        return self.closing.wait(timeout) if timeout else self.closing.is_set()


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the client was first
        return
