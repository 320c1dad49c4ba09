"""How long does one side take for one workload? `python -m benchmarks.parallel.cell SIZE KIND SIDE`.

A process of its own, so that nothing is warm that is not warm for all. What is imported and the
items are ready before the clock starts; starting workers, deciding and ending workers count.
"""

from __future__ import annotations

import gc
import importlib
import json
import marshal
import sys
import time
import zlib
from typing import Any

from benchmarks.parallel.contenders import prepare
from benchmarks.parallel.workloads import FAMILIES

__all__ = ["main"]


def main(size: Any, kind: str, side: str) -> dict[str, float | int | str]:
    """Run the cell; the checksum tells whether the results are those of the serial loop."""
    workload = next(each for each in FAMILIES[size] if each.kind == kind)
    module, _, name = workload.func.partition(":")
    func = getattr(importlib.import_module(module), name)
    run = prepare(side)
    data = workload.items.make()
    gc.collect()
    began = time.perf_counter()
    try:
        results = run(func, data)
    except Exception as error:  # noqa: BLE001 - whatever stops a side is what is told of it
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    seconds = time.perf_counter() - began
    checksum = 0
    for result in results:
        # The second format of marshal: what is written depends on the value alone.
        checksum = zlib.crc32(marshal.dumps(result, 2), checksum)
    return {"seconds": seconds, "count": len(results), "checksum": checksum}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
