"""`holdfast schema`: which JSON Schema describes case files, settings and reports?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from holdfast.builtin import COMPONENTS
from holdfast.cases.schema import case_schema
from holdfast.registry import Registry
from holdfast.report.schema import report_schema
from holdfast.settings.schema import settings_schema

__all__ = ["command"]


def _case_schema() -> dict[str, Any]:
    return case_schema(Registry(COMPONENTS))


_SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "cases": _case_schema,
    "settings": settings_schema,
    "report": report_schema,
}


@click.command("schema")
@click.argument("what", type=click.Choice(list(_SCHEMAS)))
def command(what: str) -> None:
    """Print the JSON Schema of case files, of settings or of report.json.

    Editors complete and check files with it.

    \b
    Examples:
      holdfast schema cases > cases.schema.json
      holdfast schema settings
    """  # noqa: D301 - click wants the character \b itself
    click.echo(json.dumps(_SCHEMAS[what](), indent=2, ensure_ascii=False))
