"""`holdfast init`: how does a project get its first case?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from holdfast.cli.common import shown_path
from holdfast.errors import UsageError
from holdfast.settings.file import NAME, find_file

__all__ = ["FILES", "command"]

_SETTINGS = """\
# Settings of holdfast; `holdfast settings` shows each value and where it came from.
timeout = "30s"

[suites.first]
cases = ["cases/first.yaml"]

# A process under test, started before its first user and stopped after its last one:
# [services.api]
# command = "uvicorn app:app --port {port}"
# ready = {http = "/health"}

[gate]
success_rate = 1.0

[profiles.quick]
per_suite = 2
"""

_CASES = """\
# Each case has one target and what must be true of it. `holdfast validate` checks this file.
suite: first
cases:
  - id: python-starts
    command: [python3, --version]
    expect:
      - stdout: {contains: Python 3}

  - id: words-are-counted
    python: checks.first:count_words
    with: {text: one two two}
    expect:
      - equals: {one: 1, two: 2}

  # An HTTP request to a service of holdfast.toml, or to any address:
  # - id: the-service-is-healthy
  #   http: {url: "{api}/health"}
  #   expect:
  #     - status: 200
  #     - duration: "< 1s"
"""

_CHECKS = '''\
"""What the first cases call; put your own code in its place."""

from collections import Counter


def count_words(text: str) -> dict[str, int]:
    """Count how often each word occurs."""
    return dict(Counter(text.split()))
'''

FILES: Mapping[str, str] = {
    NAME: _SETTINGS,
    "cases/first.yaml": _CASES,
    "checks/first.py": _CHECKS,
}


@click.command("init")
@click.option("--force", "is_forced", is_flag=True, help="Write over files that exist.")
def command(*, is_forced: bool) -> None:
    """Write settings, a first case file and a Python function for it.

    What exists is left alone unless --force is given.

    \b
    Examples:
      holdfast init && holdfast run
    """  # noqa: D301 - click wants the character \b itself
    folder = Path.cwd()
    if not is_forced:
        _refuse_existing(folder)
    for name, text in FILES.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{name} cannot be written: {error.strerror}") from error
        click.echo(f"wrote {name}")
    click.echo("next: holdfast run")


def _refuse_existing(folder: Path) -> None:
    existing = [name for name in FILES if (folder / name).exists()]
    found = find_file([folder], folder)
    if found and shown_path(found.path) not in existing:
        existing.insert(0, shown_path(found.path))
    if existing:
        raise UsageError(
            f"files that exist are not written over, got {', '.join(existing)}",
            hint="holdfast init --force replaces holdfast.toml, cases/first.yaml, checks/first.py",
        )
