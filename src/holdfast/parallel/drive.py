"""How does a map run? Serially first; what is probed is kept; asked again as time goes by."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Executor
from typing import Any

from holdfast.clock import monotonic
from holdfast.parallel.books import Books
from holdfast.parallel.calls import run_items
from holdfast.parallel.chunks import ChunkRule, Pace
from holdfast.parallel.crew import Chunk, Crew, Done
from holdfast.parallel.crews import make_crew
from holdfast.parallel.decide import IDLE_SHARE, Choice, Outlook, decide
from holdfast.parallel.desk import Block, Desk
from holdfast.parallel.failure import NotPicklable, WorkersFailed
from holdfast.parallel.growth import Growth
from holdfast.parallel.inner import inner_threads
from holdfast.parallel.job import Job
from holdfast.parallel.limits import hold_to_memory
from holdfast.parallel.meter import (
    Reading,
    background_cores,
    is_unclear,
    peak_bytes,
    rss_bytes,
    spent,
    take_reading,
    without,
)
from holdfast.parallel.profile import Decision
from holdfast.parallel.progress import Progress
from holdfast.parallel.ship import pack_func
from holdfast.parallel.sizing import Load, Use, next_size, serial_size
from holdfast.parallel.trial import run_trial
from holdfast.parallel.weigh import weigh

__all__ = ["Drive"]

# One slow item is enough to decide on.
SLOW_S = 0.03
# Half of what the standard library's executor starts at most, whatever the calls wait for.
FIRST_CALLS = 16
# Asked again each time that the time spent has grown so much: a wrong start costs a
# bounded part of the whole (ski rental), and there are few questions.
GROWTH = 4.0
# Where the length is not known, what is left is taken for what was done: that changes faster.
UNKNOWN_GROWTH = 2.0
TRIAL_S = 0.003
# A plan is made once: where the length is not known it is for a second of work.
ASSUMED_S = 1.0


class Drive:
    """Runs a job; `blocks` yields results in rows as they come, in any order."""

    def __init__(
        self,
        job: Job,
        progress: Progress,
        books: Books,
        decider: Callable[[Outlook], Choice] = decide,
    ) -> None:
        self.job = job
        self.books = books
        self.progress = progress
        self.desk = Desk(job, books)
        self._decide = decider
        self.executor = "serial"
        self.workers = 1
        self.chunk_size = 1
        self._refused: list[Done] = []
        self._began = monotonic()
        self._rule = ChunkRule()
        self._load = Load(job)
        self._held = max(peak_bytes(), rss_bytes())
        self._no_threads = "" if job.rules.seed is None else "items share one random generator"

    def blocks(self) -> Generator[Block]:
        """Run all items; after the last block the first failure, if any, is raised."""
        job = self.job
        if job.executor == "serial" or (job.executor is None and job.n_jobs == 1):
            if job.timeout_s is None:
                self._note(Choice(executor="serial", workers=1, reason="asked for"))
                yield from self._serial(None)
        elif job.executor is None and job.nested:
            reason = "this runs inside an item of another map, whose workers have the cores"
            self._note(Choice(executor="serial", workers=1, reason=reason))
            yield from self._serial(None)
        if self.desk.has_more:
            if job.executor is not None or job.timeout_s is not None:
                yield from self._forced()
            else:
                yield from self._decided()
        if self.desk.error is not None:
            raise self.desk.error
        self.desk.cover.close(job.items.taken)
        self.progress.tell("complete", job.items.taken, job.items.taken, is_last=True)

    def probe(self) -> tuple[list[Any], Choice]:
        """Run the first items and decide once; give the items, which were taken, and the choice."""
        taken: list[Any] = []
        self.desk.log = taken
        for _ in self._serial(max(self.job.sample_s, 1e-6), at_least=2):
            pass
        if self.desk.error is not None:
            raise self.desk.error
        choice = self._ask(ASSUMED_S)
        if choice.executor == "trial":
            for _ in self._trial():
                pass
            choice = self._ask(ASSUMED_S)
        self._note(choice)
        return taken, choice

    def _forced(self) -> Generator[Block]:
        """Obey: no item runs anywhere else."""
        job = self.job
        # Inside an item of another map all cores have work already.
        asked = job.n_jobs or (1 if job.nested else job.limits.cores)
        left = job.items.left
        workers = asked if left is None else max(1, min(asked, left))
        kind: Any = job.executor or "process"
        reason = "asked for" if job.executor else "timeout_s needs workers that can be killed"
        name = kind if isinstance(kind, str) else "custom"
        self._record(name, workers, reason)
        yield from self._crew(kind, workers)

    def _decided(self) -> Generator[Block]:
        """Run serially for a moment, decide, and ask again each time the time has grown."""
        desk = self.desk
        until = max(self.job.sample_s, 1e-6)
        yield from self._serial(until, at_least=2)
        while desk.has_more:
            settled = desk.cover.count
            yield from self._go_on(self._allowed(self._ask()), until)
            if desk.cover.count == settled:
                # Whatever stopped it: this thread always gets on, and so the map ends.
                yield from self._serial(self.books.serial_s)

    def _go_on(self, choice: Choice, until: float) -> Generator[Block]:
        if choice.executor != "trial":
            self._note(choice)
        if choice.executor == "serial":
            times = UNKNOWN_GROWTH if self.desk.left is None else GROWTH
            yield from self._serial(max(self.books.serial_s, until) * times)
            return
        growth = None
        if choice.executor == "thread" and self.books.measured().idle_share > IDLE_SHARE:
            first = min(FIRST_CALLS, max(2, choice.workers // 4))
            growth = Growth(first, choice.workers, item_s=self.books.measured().item_s)
        try:
            if choice.executor == "trial":
                yield from self._trial()
            else:
                yield from self._crew(choice.executor, choice.workers, growth=growth)
        except WorkersFailed as error:
            self._give_up(choice.executor, error)

    def _allowed(self, choice: Choice) -> Choice:
        """Hold a decision to what has been ruled out meanwhile."""
        refused = {"process": self.desk.no_processes, "thread": self._no_threads}
        refused["trial"] = self._no_threads
        reason = refused.get(choice.executor)
        if not reason:
            return choice
        return Choice(executor="serial", workers=1, reason=f"workers are ruled out: {reason}")

    def _give_up(self, executor: str, error: WorkersFailed) -> None:
        """Go on without such workers; what was out runs again."""
        self.desk.take_back()
        if executor == "process":
            self.desk.no_processes = error.message
        else:
            self._no_threads = error.message
        self.books.warn(
            f"{error.message}: went on without {'processes' if executor == 'process' else 'threads'}"
        )

    def _ask(self, assumed_s: float = 0.0) -> Choice:
        began = monotonic()
        self.progress.tell("deciding", self.books.items, self.job.items.length)
        job, desk = self.job, self.desk
        job.limits = hold_to_memory(job.limits, self.books.measured().memory_growth)
        refused = desk.no_processes
        if not refused:
            refused = desk.no_processes = self._weigh()
        choice = self._decide(
            Outlook(
                measured=self.books.measured(),
                left=desk.left,
                host=job.host,
                limits=job.limits,
                rss=rss_bytes(),
                asked=job.n_jobs,
                assumed=int(assumed_s / max(self.books.measured().item_s, 1e-9)),
                no_processes=refused,
                no_threads=self._no_threads,
                inner_threads=inner_threads(),
            )
        )
        self.books.deciding_s += monotonic() - began
        return choice

    def _weigh(self) -> str:
        """Weigh what would have to travel; give the reason why something cannot."""
        desk, books = self.desk, self.books
        result = weigh(desk.last_values)
        if result.problem:
            books.warn(f"a result cannot be pickled, {result.problem}: processes are ruled out")
            return f"a result cannot be pickled, {result.problem}"
        books.out_s, books.out_bytes = result.seconds, result.size
        is_inherited = self.job.limits.start_method == "fork"
        if is_inherited and self.job.items.sequence is not None:
            return ""
        item = weigh(desk.last_items)
        books.in_s, books.in_bytes = item.seconds, item.size
        problem = f"an item cannot be pickled, {item.problem}" if item.problem else ""
        if not problem and not is_inherited:
            try:
                pack_func(self.job.func)
            except NotPicklable as error:
                problem = error.message
        if problem:
            books.warn(f"{problem}: processes are ruled out")
        return problem

    def _serial(self, until_s: float | None, *, at_least: int = 1) -> Generator[Block]:
        """Run items in this thread until so much time was spent in the function."""
        desk, books, job = self.desk, self.books, self.job
        self.executor, self.workers = "serial", 1
        before, calls, pace = take_reading(), books.serial_s, Pace()
        while desk.has_more:
            size = serial_size(job, pace, books.serial_items, elapsed_s=books.serial_s)
            chunk = desk.next(size, with_items=True)
            if chunk is None:
                break
            items: Any = chunk.items
            ran = run_items(job.func, items, chunk.start, job.rules)
            books.add_run(chunk.start, len(ran.values), ran.busy_s)
            pace.add(len(items), ran.busy_s, self._load.of(Done(chunk=chunk, ran=ran)))
            desk.last_items = items
            # A copy: what is passed on belongs to the caller.
            desk.last_values = ran.values[-64:]
            self.progress.tell("probing" if until_s else "running", books.items, job.items.length)
            yield from desk.take_ran(ran, chunk)
            if until_s is not None and self._is_enough(until_s, at_least, before):
                break
        held = books.out_bytes * books.items
        books.memory_growth = max(0, peak_bytes() - self._held - int(held))
        seen = spent(before, take_reading(), calls_s=books.serial_s - calls)
        if is_unclear(seen):
            seen = without(seen, background_cores())
        books.close_segment(seen)

    def _is_enough(self, until_s: float, at_least: int, before: Reading) -> bool:
        serial_s, items = self.books.serial_s, self.books.serial_items
        if serial_s < until_s:
            return False
        if items >= at_least or serial_s >= SLOW_S:
            return True
        # One that waited tells what it is: another one would only wait as long again.
        return spent(before, take_reading()).idle_share > IDLE_SHARE

    def _trial(self) -> Generator[Block]:
        """Run real items on two threads: do they keep more than one core busy?"""
        desk, books = self.desk, self.books
        item_s = max(books.measured().item_s, 1e-9)
        left = desk.left
        size = max(1, int(TRIAL_S / item_s) + 1)
        if left is not None:
            size = max(1, min(size, left // 4))
        chunks = [desk.next(size, with_items=True) for _ in range(2)]
        known = [chunk for chunk in chunks if chunk is not None]
        if not known:
            return
        desk.out.update((chunk.start, chunk) for chunk in known)
        done, books.threads_gain = run_trial(self.job.func, self.job.rules, known)
        for chunk, ran in done:
            yield from self._settle(Done(chunk=chunk, ran=ran))

    def _settle(self, done: Done) -> Generator[Block]:
        self.desk.out.pop(done.chunk.start, None)
        if done.ran is None:
            yield from self.desk.take_dead(done)
            return
        ran = done.ran
        self.books.add_run(ran.start, len(ran.values), ran.busy_s, worker=done.worker)
        yield from self.desk.take_ran(ran, done.chunk)

    def _crew(
        self, kind: str | Executor, workers: int, *, growth: Growth | None = None
    ) -> Generator[Block]:
        """Run items in a crew until there are none left, or it turns out not to pay."""
        books, desk = self.books, self.desk
        began = monotonic()
        crew = make_crew(kind, self.job, workers)
        books.start_s += monotonic() - began
        self.executor, self.workers = kind if isinstance(kind, str) else "custom", workers
        pace = Pace()
        if books.serial_items:
            pace.add(1, books.measured().item_s, int(books.in_bytes + books.out_bytes))
        is_clean, use = False, Use()
        try:
            while True:
                self._hand_out(crew, pace, growth)
                if self._refused:
                    yield from desk.take_dead(self._refused.pop())
                    continue
                if not crew.in_flight() or (desk.failed_at is not None and not desk.must_wait()):
                    break
                waited = monotonic()
                all_done = crew.collect()
                books.waiting_s += monotonic() - waited
                for done in all_done:
                    if done.ran is not None:
                        pace.add(len(done.ran.values), done.ran.busy_s, self._load.of(done))
                        books.add_sent(len(done.ran.values), done.size)
                        use.add(done.ran.busy_s, monotonic())
                        if growth is not None and growth.add(len(done.ran.values), monotonic()):
                            self.workers = growth.size
                    yield from self._settle(done)
                self.progress.tell("running", books.items, self.job.items.length)
                # What is out now is not heard of yet: half a chunk's time for each.
                out_s = crew.in_flight() * max(books.measured().item_s, self._rule.cap_s / 2)
                if kind == "process" and desk.may_redo and use.is_poor(out_s, monotonic()):
                    desk.no_processes = "they were kept busy for less time than they took"
            is_clean = True
            if crew.shortage:
                books.warn(crew.shortage)
        finally:
            crew.close(kill=not is_clean)

    def _hand_out(self, crew: Crew, pace: Pace, growth: Growth | None) -> None:
        desk, began = self.desk, monotonic()
        # A crew that was given up is only emptied.
        is_emptied = bool(desk.no_processes) and self.executor == "process" and desk.may_redo
        if growth is not None:
            growth.begin(began)
        while desk.has_more and crew.can_take() and not is_emptied:
            if growth is not None and crew.in_flight() >= growth.size:
                break
            size = next_size(desk, crew, pace, rule=self._rule, growth=growth)
            if size < 1:
                break
            chunk = desk.next(size, with_items=False)
            if chunk is None:
                break
            self.chunk_size = max(self.chunk_size, chunk.stop - chunk.start)
            try:
                desk.out[chunk.start] = chunk
                crew.submit(chunk)
            except NotPicklable as error:
                desk.out.pop(chunk.start, None)
                self._refuse(chunk, error)
                break
        self.books.dispatch_s += monotonic() - began

    def _refuse(self, chunk: Chunk, error: NotPicklable) -> None:
        """An item cannot travel: go on without processes, or make it that item's failure."""
        desk = self.desk
        position = chunk.start if error.position is None else error.position
        if desk.may_redo:
            desk.no_processes = error.message
            self.books.warn(f"item {self.job.items.index_of(position)}: {error.message}")
            desk.backlog.appendleft(chunk)
            return
        self._refused.append(Done(chunk=chunk, culprit=position, error=error))

    def _note(self, choice: Choice) -> None:
        self._record(
            choice.executor,
            choice.workers,
            choice.reason,
            predicted_s=choice.predicted_s,
            serial_s=choice.serial_s,
        )

    def _record(
        self,
        executor: Any,
        workers: int,
        reason: str,
        *,
        predicted_s: float | None = None,
        serial_s: float | None = None,
    ) -> None:
        decision = Decision(
            executor=executor,
            workers=workers,
            reason=reason,
            at_items=self.books.items,
            at_s=monotonic() - self._began,
            predicted_s=predicted_s,
            serial_s=serial_s,
        )
        self.books.decisions.append(decision)
        self.progress.say(f"{executor} x {workers}: {reason}")
