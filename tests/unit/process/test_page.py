"""Does each call have a page of its own, which finds its way into the evidence?"""

from __future__ import annotations

import asyncio
import contextvars
import threading

from holdfast.model.evidence import Evidence
from holdfast.process.page import Page, close_page, current_page, open_page


def test_code_that_nobody_called_has_no_page() -> None:
    assert contextvars.Context().run(current_page) is None


def test_calls_side_by_side_write_on_their_own_pages() -> None:
    async def call(name: str) -> Page:
        page = open_page()
        await asyncio.sleep(0)
        found = current_page()
        assert found is not None
        found.measurements[name] = 1.0
        await asyncio.to_thread(lambda: page.note(f"{name}: {current_page() is page}"))
        return page

    async def main() -> list[Page]:
        tasks = [asyncio.create_task(call(name)) for name in ("a", "b")]
        return [await task for task in tasks]

    first, second = asyncio.run(main())
    assert (first.measurements, second.measurements) == ({"a": 1.0}, {"b": 1.0})
    assert (first.notes, second.notes) == (["a: True"], ["b: True"])


def test_a_thread_of_a_call_that_is_alone_writes_on_its_page() -> None:
    def call() -> bool:
        page = open_page(is_alone=True)
        found: list[Page | None] = []
        thread = threading.Thread(target=lambda: found.append(current_page()))
        thread.start()
        thread.join()
        close_page(page, Evidence())
        return found == [page]

    assert contextvars.copy_context().run(call)


def test_what_was_written_is_added_to_the_evidence() -> None:
    page = Page()
    page.measurements["m"] = 2.0
    page.values["v"] = [1]
    page.note("look")
    page.note("look")
    before = Evidence(value=1, measurements={"k": 1.0}, facts={"f": 0}, notes=("first",))
    after = close_page(page, before)
    assert after.measurements == {"k": 1.0, "m": 2.0}
    assert after.facts == {"f": 0, "v": [1]}
    assert after.notes == ("first", "look")
    assert after.value == 1


def test_closers_write_last() -> None:
    page = Page()
    page.closers.append(lambda closed: closed.measurements.update(total=3.0))
    assert close_page(page, Evidence()).measurements == {"total": 3.0}


def test_an_empty_page_leaves_the_very_evidence() -> None:
    evidence = Evidence()
    assert close_page(Page(), evidence) is evidence
