"""Which defects are planted into a copy of the example, and what must the cases say of them?"""

from __future__ import annotations

from pathlib import Path

__all__ = ["PLANTED", "plant"]

Change = tuple[str, str, str]
# A file, and what stands there instead.
LOSES: Change = (
    "organise.py",
    "        try:\n            os.rename(",
    "        try:\n            if row.id == 7:\n"
    '                os.unlink(f"{self._inbox}/{row.source}")\n                return True\n'
    "            os.rename(",
)
CORRUPTS: Change = (
    "organise.py",
    "        self._moved += 1\n",
    "        self._moved += 1\n        if row.id == 9:\n"
    '            with open(f"{self._library}/{row.target}", "r+b") as file:\n'
    "                file.seek(row.size - 1)\n                file.write(b'x')\n",
)
BELIEVES_NAMES: Change = (
    "organise.py",
    "        kind = classify(head)\n",
    '        kind = source.rpartition("/")[2].partition(".")[2] or "other"\n',
)
BELIEVES_THE_CLOCK: Change = (
    "organise.py",
    "        taken = taken_at(kind, head)\n",
    "        taken = None\n",
)
HAS_NO_CLOCK: Change = ("organise.py", "fromtimestamp(facts.st_mtime,", "fromtimestamp(0,")
KEEPS_MEMORY: Change = (
    "organise.py",
    "    try:\n        facts = os.fstat(fd)\n",
    "    try:\n        KEPT.append(bytearray(20_000))\n        facts = os.fstat(fd)\n",
)
TAKES_MEMORY: Change = (
    "organise.py",
    '        with timer("plan"):\n',
    '        ballast = b"x" * (1_000_000 * len(batch))\n        with timer("plan"):\n',
)
KEEPS_DESCRIPTORS: Change = (
    "organise.py",
    "    finally:\n        os.close(fd)\n",
    "    finally:\n        KEPT.append(fd)\n",
)
HAS_A_HEAP: Change = ("organise.py", "class _Run:\n", "KEPT = []\n\n\nclass _Run:\n")
FORGETS_WHAT_WAS_BEGUN: Change = (
    "organise.py",
    "        done = [row for row in rows if self._is_there(row)]\n",
    "        done = []\n",
)
LOOKS_AT_NO_NAMES: Change = (
    "index.py",
    "        while self._is_taken(target):\n",
    "        while False:\n",
)
LETS_NAMES_MEET: Change = ("index.py", "target TEXT NOT NULL UNIQUE", "target TEXT NOT NULL")
WORKS_ALONE: Change = ("together.py", "n_jobs=len(tasks)", "n_jobs=1")
WAITS_FOR_NOBODY: Change = ("together.py", "START_S = 20.0", "START_S = 0.01")
PILES_LARGE_BATCHES: Change = (
    "organise.py",
    '        with timer("plan"):\n',
    "        if len(batch) > 100:\n"
    '            batch = [msgspec.structs.replace(each, folder="pile") for each in batch]\n'
    '        self._ballast = b"x" * (200_000 * len(batch))\n'
    '        with timer("plan"):\n',
)
LEAVES_THE_REST: Change = (
    "organise.py",
    "            while batch := self._next(files, profile.batch_size):\n",
    "            while len(batch := self._next(files, profile.batch_size)) == profile.batch_size:\n",
)

# Name: (what is planted, the suite, what each case must come to, and a part of what is said)
PLANTED: dict[str, tuple[tuple[Change, ...], str, dict[str, tuple[str, tuple[str, ...]]]]] = {
    "loses and corrupts one, believes names and clocks": (
        (LOSES, CORRUPTS, BELIEVES_NAMES, BELIEVES_THE_CLOCK, HAS_NO_CLOCK),
        "scale",
        {
            "a-thousand-files": ("failed", ("lost: 1,", "changed: 1,", "misplaced: ")),
            "photos-without-a-date": ("failed", ("lost: 1,", "changed: 1,", "misplaced: ")),
        },
    ),
    "takes and keeps memory": (
        (HAS_A_HEAP, KEEPS_MEMORY, TAKES_MEMORY),
        "memory",
        {"stays-small-over-2000-files": ("failed", ("peak_rss was", "rss_growth was"))},
    ),
    "keeps descriptors": (
        (HAS_A_HEAP, KEEPS_DESCRIPTORS),
        "memory",
        {"keeps-nothing-of-a-run": ("failed", ("fds",))},
    ),
    "forgets what was begun": (
        (FORGETS_WHAT_WAS_BEGUN,),
        "resume",
        {"killed-three-times": ("failed", ("lost: ", "strays: "))},
    ),
    "gives names twice": (
        (LOOKS_AT_NO_NAMES, LETS_NAMES_MEET),
        "together",
        {
            "four-with-a-library-each": ("failed", ("changed: ",)),
            "four-into-one-library": ("failed", ("changed: ",)),
        },
    ),
    "works one after another": (
        (WORKS_ALONE, WAITS_FOR_NOBODY),
        "together",
        {
            "four-with-a-library-each": ("undecided", ("never all worked",)),
            "four-into-one-library": ("undecided", ("never all worked",)),
        },
    ),
    "treats large batches in another way": (
        (PILES_LARGE_BATCHES, LEAVES_THE_REST),
        "profiles",
        {
            "a-profile-of-ones-own": ("error", ("500 files must be organised",)),
            "small-and-large-batches": ("failed", ("$.outcomes", "$.spread_bytes")),
        },
    ),
}


def plant(example: Path, changes: tuple[Change, ...]) -> None:
    """Change a copy of the example."""
    for name, old, new in changes:
        file = example / name
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise AssertionError(f"{name} must hold {old!r} once, got {text.count(old)}")
        file.write_text(text.replace(old, new), encoding="utf-8")
