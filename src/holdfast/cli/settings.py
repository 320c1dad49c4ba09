"""`holdfast settings`: which value does each setting have, and who said so?"""

from __future__ import annotations

import json

import click

from holdfast.cli.common import profile_option, shown_path, store_option
from holdfast.cli.workplace import read_settings
from holdfast.settings.show import settings_json, settings_text

__all__ = ["command"]


@click.command("settings")
@profile_option
@store_option
@click.option("--json", "is_json", is_flag=True, help="Write JSON.")
def command(profile: str, store: str | None, *, is_json: bool) -> None:
    """Show the value and the origin of each setting; secrets are hidden.

    A flag beats the environment (HOLDFAST_*, also from .env), that a profile,
    that the settings file, that the default.

    \b
    Examples:
      holdfast settings
      HOLDFAST_SLOTS=8 holdfast settings
      holdfast settings --profile quick --json
    """  # noqa: D301 - click wants the character \b itself
    loaded = read_settings({"store": store}, profile)
    file = shown_path(loaded.file)
    if is_json:
        click.echo(json.dumps(settings_json(loaded, file), indent=2, ensure_ascii=False))
    else:
        click.echo(settings_text(loaded, file))
