import base64
from typing import Any

from tests.e2e.project import Project, command, python

SECRET = "correct-horse-battery-9f31c7"
DECLARED = "hunter2-of-the-settings"
WRITTEN = "written-into-a-case-8812"

CODE = """
import os
def leaks():
    token = os.environ["API_TOKEN"]
    print("my token is", token)
    raise ValueError("no access with " + token)
def returns():
    return {"auth": os.environ["API_TOKEN"], "other": os.environ["DATABASE"], "b": os.environ["API_TOKEN"].encode()}
"""


def cases_that_leak(url: str) -> list[dict[str, Any]]:
    return [
        python("leaks", "code:leaks"),
        python("returns", "code:returns"),
        command("echoes", "echo $API_TOKEN; echo $DATABASE >&2; false"),
        {
            "id": "sends",
            "http": {"url": url, "headers": {"Authorization": "Bearer {env.API_TOKEN}"}},
            "expect": [{"contains": "nothing of the kind"}],
        },
        {
            "id": "sends-its-own",
            "http": {"url": url, "headers": {"Authorization": f"Bearer {WRITTEN}"}},
            "expect": [{"contains": "nothing of the kind"}],
        },
        {
            "id": "expects",
            "command": "echo nothing",
            "expect": [{"stdout": {"contains": "{env.API_TOKEN}"}}],
        },
    ]


def test_a_secret_reaches_the_case_and_no_byte_that_is_kept_or_shown(
    project: Project, served: str
) -> None:
    project.write("code.py", CODE)
    project.write("holdfast.toml", '[secrets]\nenv = ["DATABASE"]\n')
    project.suite("s", cases_that_leak(f"{served}/echo"))
    source = (project.folder / "s.json").read_bytes()

    ended = project.call(
        "run",
        "s.json",
        "-s",
        "--verbose",
        "--log-level",
        "debug",
        API_TOKEN=SECRET,
        DATABASE=DECLARED,
    )
    shown = [
        project.quick("show", "last", *case, API_TOKEN=SECRET, DATABASE=DECLARED)
        for case in ((), ("leaks",), ("returns",), ("sends",), ("echoes",))
    ]
    judged = project.quick("judge", "last", API_TOKEN=SECRET, DATABASE=DECLARED)

    assert ended.code == 1
    assert "[redacted " in shown[1].out
    console = "".join(each.out + each.err for each in (*shown, judged)) + ended.out
    kept = {
        str(path.relative_to(project.folder)): path.read_bytes()
        for path in project.folder.rglob("*")
        if path.is_file() and path.read_bytes() != source
    }
    assert any(name.endswith("report.html") for name in kept)
    assert any(name.endswith("holdfast.db") for name in kept)
    for secret in (SECRET, DECLARED, WRITTEN):
        encoded = base64.b64encode(secret.encode())[4:-4]
        assert secret not in console
        for name, content in kept.items():
            assert secret.encode() not in content, f"{secret} in {name}"
            assert encoded not in content, f"{secret} as base64 in {name}"


def test_what_a_case_prints_is_shown_without_secrets(project: Project) -> None:
    project.write("code.py", "import os\ndef tells(): print('it is', os.environ['API_TOKEN'])\n")
    project.suite("s", [python("tells", "code:tells")])

    ended = project.call("run", "s.json", "-s", API_TOKEN=SECRET)

    assert "it is" in ended.err
    assert SECRET not in ended.err


def test_a_run_goes_on_where_an_expectation_holds_a_secret_and_again_only_if_that_changed(
    project: Project,
) -> None:
    held = [{"stdout": {"equals": "{env.API_TOKEN}"}}]
    project.suite(
        "s",
        [
            command("held", 'echo >> held; printf %s "$API_TOKEN"', priority=3) | {"expect": held},
            command("stops", "test -e fixed", priority=2),
            command("left"),
        ],
    )

    def times_held() -> int:
        return len((project.folder / "held").read_text().splitlines())

    stopped = project.quick("run", "s.json", "--sequential", "-x", API_TOKEN=SECRET)
    assert (stopped.code, times_held()) == (1, 1)
    again = project.quick("run", "s.json", "--resume", "last", "-x", API_TOKEN=SECRET)
    assert (again.code, times_held()) == (1, 1)
    stopped = project.quick("run", "s.json", "--sequential", "-x", API_TOKEN=SECRET)
    assert (stopped.code, times_held()) == (1, 2)
    changed = project.quick("run", "s.json", "--resume", "last", API_TOKEN=f"other-{SECRET}")
    assert (changed.code, times_held()) == (1, 3)
    assert SECRET.encode() not in (project.folder / ".holdfast" / "holdfast.db").read_bytes()
