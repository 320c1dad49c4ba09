import json
import re
from pathlib import Path
from typing import Any

import msgspec

from holdfast.settings import Settings
from holdfast.settings.about import ABOUT
from holdfast.settings.check import dotted
from holdfast.settings.variables import VARIABLES

PAGE = Path(__file__).parents[2] / "docs/reference/settings.md"


def row(variable: str) -> str:
    place, _ = VARIABLES[variable]
    value: Any = msgspec.to_builtins(Settings())
    for part in place:
        value = value[part]
    default = "none" if value is None else f"`{json.dumps(value)}`"
    return f"| `{dotted(place)}` | `{variable}` | {default} | {ABOUT[dotted(place)]} |"


def test_the_page_lists_every_setting_with_its_variable_default_and_meaning() -> None:
    shown = re.findall(r"^\| `[^`]+` \| `HOLDFAST_.*$", PAGE.read_text(), flags=re.MULTILINE)
    assert [row(variable) for variable in VARIABLES] == shown


def test_the_page_has_a_part_about_every_table() -> None:
    tables = {field.name for field in msgspec.structs.fields(Settings)} - {
        str(place[0]) for place, _ in VARIABLES.values()
    }
    headings = set(re.findall(r"^### (\w+)$", PAGE.read_text(), flags=re.MULTILINE))
    assert headings == tables | {"gate", "secrets"}
