from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from holdfast.process.loop import run_loop
from tests.conftest import ORPHAN_GRACE_S, wait_until_clean
from tests.e2e.project import Project


@pytest.fixture(scope="session", autouse=True)
def had_a_loop() -> None:
    """Let the event loop's library make what it keeps for the whole life of the process: a pipe."""
    run_loop(_nothing())


async def _nothing() -> None:
    return None


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.headers.get("Authorization", "nothing").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served() -> Iterator[str]:
    """Give the address of a server that answers with the Authorization header it got."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hello)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def wait_until_gone() -> Callable[[Project], None]:
    """Give a function that waits until the reaper has ended what a killed run left."""

    def wait(project: Project) -> None:
        left = wait_until_clean(project.left_running, ORPHAN_GRACE_S)
        assert left == []

    return wait
