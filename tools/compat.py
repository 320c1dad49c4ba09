"""Does the test suite pass on every supported Python of this machine?"""

import shutil
import subprocess
import sys

VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def find_python(version: str) -> str | None:
    """Find a working interpreter of that version; a shim that leads nowhere is none."""
    path = shutil.which(f"python{version}")
    if path is None:
        return None
    answer = subprocess.run([path, "-c", ""], capture_output=True, check=False)
    return path if answer.returncode == 0 else None


def main(make: str) -> int:
    """Run `make test` once per interpreter; 0 if all passed and there was at least one."""
    outcomes = dict.fromkeys(VERSIONS, "not installed: not tested")
    for version in VERSIONS:
        python = find_python(version)
        if python is None:
            continue
        command = [make, f"PYTHON={python}", f"VENV=.venv-{version}", "COVERAGE=", "test"]
        code = subprocess.run(command, check=False).returncode
        outcomes[version] = "passed" if code == 0 else f"failed (exit {code})"
    for version, outcome in outcomes.items():
        print(f"python {version}: {outcome}")
    values = set(outcomes.values())
    return 0 if "passed" in values and not any(v.startswith("failed") for v in values) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
