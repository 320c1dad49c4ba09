"""Where do tests get a PostgreSQL server from? From the binaries of pgserver, for one test session.

pgserver's own start is not used: as root it adds a user to the machine and opens every
folder above its binaries to everybody. Here root runs a copy of them as `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

__all__ = ["find_packages", "running_postgres"]

# The shell ends the server when its stdin closes: at the end, and also when the tests are killed.
_UNTIL_STDIN_CLOSES = '"$@" & server=$!; read -r _; kill -INT $server; wait $server'
_START_S = 60.0
# Taken at import: a test session has a temp folder of its own, which `nobody` may not enter.
_TEMP = tempfile.gettempdir()


def find_packages() -> Path | None:
    """Return the folder that holds pgserver, without importing it; None where it is not installed."""
    package = importlib.util.find_spec("pgserver")
    places = package.submodule_search_locations if package is not None else None
    return Path(places[0]).parent if places else None


@contextmanager
def running_postgres(packages: Path) -> Iterator[str]:
    """Run a server on a socket in a temporary folder, yield its URL.

    `packages` is the folder that holds the package pgserver and the libraries of its binaries.
    """
    base = Path(tempfile.mkdtemp(prefix="hf-pg-", dir=_TEMP))
    user: str | None = None
    try:
        if os.geteuid() == 0:
            user = "nobody"
            packages = _copy(packages, base)
            os.chown(base, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        with _serving(packages / "pgserver/pginstall/bin", base, user) as url:
            yield url
    finally:
        shutil.rmtree(base)


@contextmanager
def _serving(binaries: Path, base: Path, user: str | None) -> Iterator[str]:
    # Without the rest of the environment: the server belongs to no test module.
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    subprocess.run(
        [binaries / "initdb", "-D", base / "data", "-U", "postgres", "--auth=trust", "-E", "UTF8"],
        user=user,
        cwd=base,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )
    with (base / "log").open("wb") as log:
        serve = [binaries / "postgres", "-D", base / "data", "-k", base, "-h", "", "-F"]
        server = subprocess.Popen(
            ["sh", "-c", _UNTIL_STDIN_CLOSES, "sh", *serve],
            user=user,
            cwd=base,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"postgresql://postgres@/postgres?host={base}"
        _wait_until_ready(url, server, base / "log")
        yield url
    finally:
        assert server.stdin is not None
        server.stdin.close()
        server.wait(timeout=60)


def _copy(packages: Path, base: Path) -> Path:
    """Copy the binaries and their libraries to where another user can read them."""
    for part in ("pgserver/pginstall", "pgserver.libs"):
        if (packages / part).is_dir():
            shutil.copytree(packages / part, base / part, symlinks=True)
    return base


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"postgres did not start: {log.read_text()[-2000:]}") from None
        time.sleep(0.05)
