"""A build: runs what is stale, keeps going when one site fails, and publishes one edition."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from casestudy.building import inputs, ledger, parameters, plan, pools, publish, shelf, status, workers
from casestudy.building.ledger import Entry, Failed, Ledger
from casestudy.building.plan import Step
from casestudy.building.shelf import CODEBOOK_PAGE, Edition, Page, PageState
from casestudy.building.status import RENEWED
from casestudy.building.workers import Failure, Limits, StepOrder, StepOutcome
from casestudy.errors import DONE, NOTHING_BUILT, PARTLY_DONE
from casestudy.study import Study

KEEP = 5
SITE_STATES = "ALL/site_states.csv"


@dataclass(frozen=True)
class Told:
    """What a build says of one step that is done with."""

    step: str
    state: Literal["built", "current", "failed", "waiting"]
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    failure: Failure | None = None
    n_done: int = 0
    n_steps: int = 0


@dataclass(frozen=True)
class BuildResult:
    """How a build ended.

    Parameters
    ----------
    built, current
        Ids of the steps that ran and of those that did not have to.
    failed
        The steps that broke, in the order of the plan.
    waiting
        Steps that could not run because one they need has never succeeded.
    edition
        The edition readers see now; nothing when there is none.
    """

    built: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    waiting: tuple[str, ...] = ()
    edition: Edition | None = None

    @property
    def exit_code(self) -> int:
        """0 when all is done, 4 when a part is, 6 when nothing could be built."""
        if not self.failed:
            return DONE
        # What is made besides the reports is no report.
        reports = {*self.built, *self.current} - {"agreement", CODEBOOK_PAGE}
        return PARTLY_DONE if reports else NOTHING_BUILT


def build(
    study: Study,
    *,
    sites: Sequence[str] | None = None,
    jobs: int | None = None,
    force: bool = False,
    keep: int = KEEP,
    concept: bool = False,
    wait_for_other: bool = False,
    given: Mapping[str, parameters.Value] | None = None,
    limits: Limits | None = None,
    executor: Executor | None = None,
    tell: Callable[[Told], None] | None = None,
) -> BuildResult:
    """Run every stale step of a study and publish one edition.

    Parameters
    ----------
    study
        The study.
    sites
        Only these sites, and the pages across sites; left out, all.
    jobs
        How many steps at a time; left out, one per processor.
    force
        Run current steps too.
    keep
        How many editions to keep.
    concept
        Show unreviewed suggestions as coverage, under a watermark.
    wait_for_other
        Wait for another build of the study instead of stopping.
    given
        Further parameters of the notebooks.
    limits
        What one step may take.
    executor
        Any executor of the standard interface; left out, warm processes on this machine.
    tell
        Called for every step that is done with.

    Raises
    ------
    WrongUse
        Before anything runs: an unknown site or parameter, a missing notebook, or a real folder where the
        link to the edition is to stand.
    Busy
        When another build of the study is running.
    Withheld
        When the disclosure gate stops the edition.
    """
    for site in sites or ():
        study.site(site)
    shelf.check_place(study)
    with ledger.locked(study, wait=wait_for_other):
        ledger.heal(study)
        steps, known = status.steps(study, ledger.read(study), concept=concept or study.concept)
        steps = tuple(_with_given(step, given or {}) for step in steps)
        orders = {step.notebook: _parameters(study, step, given or {}, concept) for step in steps}
        with _workplace(study) as (work, sockets):
            run = _Run(
                study,
                known,
                work,
                sockets,
                orders,
                limits or Limits(),
                tell or _silent,
                force,
                tuple(sites or ()),
            )
            run.all(steps, jobs or os.cpu_count() or 1, executor)
            ledger.prune(study, run.known)
            pages = list(_pages(study, steps, run))
            made = publish.publish(
                study, pages, run.known, folder=work / "edition", concept=concept or study.concept, keep=keep
            )
            ledger.write(study, replace(run.known, edition=made.number if made else run.known.edition))
        return replace(run.result(steps), edition=made)


def _silent(_: Told) -> None:
    """Say nothing."""


def _with_given(step: Step, given: Mapping[str, parameters.Value]) -> Step:
    named = {f"the parameter {name}": inputs.of_value(value) for name, value in given.items()}
    return replace(step, inputs={**step.inputs, **named})


def _parameters(
    study: Study, step: Step, given: Mapping[str, parameters.Value], concept: bool
) -> dict[str, parameters.Value]:
    """Check what a notebook will be called with, before anything runs."""
    notebook = workers.read_notebook(step.notebook)
    values: dict[str, parameters.Value] = {"study": str(study.folder), **step.parameters, **given}
    parameters.check(notebook, {**values, "tables": ""}, name=f"notebooks/{step.notebook.name}")
    return {**values, **parameters.chosen(notebook, {"concept": concept or study.concept})}


@contextlib.contextmanager
def _workplace(study: Study) -> Iterator[tuple[Path, Path]]:
    """Give a private folder and a short one for sockets, both gone afterwards."""
    work = Path(tempfile.mkdtemp(dir=study.workshop / "work"))
    sockets = Path(tempfile.gettempdir()) / f"casestudy-{secrets.token_hex(8)}"
    try:
        # Written down before it is made, so that the next build finds it whenever this one is killed.
        (work / "elsewhere").write_text(str(sockets), encoding="utf-8")
        sockets.mkdir(mode=0o700)
        yield work, sockets
    finally:
        for folder in (sockets, work):
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder that a dying kernel may still write to."""
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


class _Run:
    """One pass over the plan: what is known so far, what runs and what is still to come."""

    def __init__(
        self,
        study: Study,
        known: Ledger,
        work: Path,
        sockets: Path,
        values: Mapping[Path, Mapping[str, parameters.Value]],
        limits: Limits,
        tell: Callable[[Told], None],
        force: bool,
        sites: tuple[str, ...],
    ) -> None:
        self.study, self.known, self.work, self.sockets = study, known, work, sockets
        self.values, self.limits, self.tell, self.force, self.sites = values, limits, tell, force, sites
        self.done: dict[str, Told] = {}
        self.reasons: dict[str, tuple[str, ...]] = {}
        self.n_steps = 0

    def all(self, steps: Sequence[Step], jobs: int, executor: Executor | None) -> None:
        """Run every step that must, each as soon as those it needs are done with."""
        self.n_steps = len(steps)
        self.known = self._without_old_failures(steps)
        left = self._settle(list(steps))
        if not left:
            return
        with contextlib.ExitStack() as stack:
            pool = executor or stack.enter_context(
                pools.pool(min(jobs, len(left)), workers.ready, self.work / "workers.log")
            )
            running: dict[Future[StepOutcome], Step] = {}
            while left or running:
                ready = [step for step in left if self._is_ready(step)]
                left = [step for step in left if step not in ready]
                running.update(self._submitted(pool, step) for step in self._settle(ready))
                if running:
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        self._take(running.pop(future), future)
                left = self._settle(left)

    def _settle(self, steps: list[Step]) -> list[Step]:
        """Be done with the steps that need not or cannot run; give the others."""
        left = []
        for step in steps:
            if not self._is_ready(step):
                left.append(step)
            elif self._is_blocked(step):
                self._say(Told(step.id, "waiting", self._missing(step)))
            elif self._why(step):
                left.append(step)
            else:
                self._say(Told(step.id, "current"))
        return left

    def _is_ready(self, step: Step) -> bool:
        return all(need in self.done for need in step.needs)

    def _is_blocked(self, step: Step) -> bool:
        """Whether a step has nothing to work on: its site's tables failed, or no site has any."""
        if step.kind == "site":
            return self.done[f"code:{step.site}"].state in ("failed", "waiting")
        return bool(step.needs) and not any(need in self.known.steps for need in step.needs)

    def _missing(self, step: Step) -> tuple[str, ...]:
        return tuple(f"needs {need}" for need in step.needs if self.done[need].state in ("failed", "waiting"))

    def _why(self, step: Step) -> tuple[str, ...]:
        if self.sites and step.site is not None and step.site not in self.sites:
            return ()
        entry = self.known.steps.get(step.id)
        found = tuple(plan.reasons(self._complete(step), entry.inputs if entry else None))
        return found or (("forced",) if self.force else ())

    def _complete(self, step: Step) -> Step:
        complete = step.with_tables(status.tables_of(step, self.known))
        if step.kind != "cross":
            return complete
        return replace(
            complete, inputs={**complete.inputs, RENEWED: inputs.of_bytes(self._site_states(step))}
        )

    def _site_states(self, cross: Step) -> bytes:
        """Say which sites' tables are new, old or absent, for the notebook across sites."""
        states: dict[str, tuple[str, str | None]] = {}
        for need in (f"site:{site}" for site in cross.sites):
            entry = self.known.steps.get(need)
            old = self.done[need].state in ("failed", "waiting")
            state = "absent" if entry is None else "old" if old else "current"
            states[need.partition(":")[2]] = (state, entry.date if entry and old else None)
        return status.site_states(states)

    def _submitted(self, pool: Executor, step: Step) -> tuple[Future[StepOutcome], Step]:
        complete = self._complete(step)
        self.reasons[step.id] = self._why(step)
        return pool.submit(workers.run_step, self._order(complete)), complete

    def _order(self, step: Step) -> StepOrder:
        found = {need: self.known.steps[need] for need in step.needs if need in self.known.steps}
        tables = {
            need.partition(":")[2] or inputs.ALL: ledger.result(self.study, e) / workers.TABLES
            for need, e in found.items()
        }
        return StepOrder(
            step.id,
            step.notebook,
            {**self.values[step.notebook], **step.parameters},
            self.work / step.folder,
            self.sockets / str(len(self.reasons)),
            step.site or inputs.ALL,
            self._details(step.id),
            tables,
            {SITE_STATES: self._site_states(step)} if step.kind == "cross" else {},
            step.reads,
            int(inputs.of_value([self.study.seed, step.id])[:8], 16),
            self.limits,
        )

    def _details(self, step: str) -> Path:
        return self.study.workshop / "failures" / f"{step.replace(':', '-')}.txt"

    def _take(self, step: Step, future: Future[StepOutcome]) -> None:
        """Keep what came of a step; one whose worker died is tried once more, alone."""
        try:
            outcome = future.result()
        except BrokenProcessPool:
            outcome = self._alone(step)
        if outcome.result is not None:
            self._keep(step, outcome.result)
            self._say(Told(step.id, "built", self.reasons[step.id], outcome.seconds))
        elif outcome.failure is not None:
            failure = outcome.failure
            self.known = self.known.failed(
                step.id, Failed(failure.kind, failure.message, failure.cell, ledger.today())
            )
            self._say(Told(step.id, "failed", self.reasons[step.id], outcome.seconds, failure))
        ledger.write(self.study, self.known)

    def _alone(self, step: Step) -> StepOutcome:
        """Run a step by itself, so that a worker that dies again can only be its own."""
        _remove(self.work / step.folder)
        order = replace(self._order(step), socket=self.sockets / f"again-{len(self.done)}")
        with pools.pool(1, workers.ready, self.work / "workers.log") as pool:
            try:
                return pool.submit(workers.run_step, order).result()
            except BrokenProcessPool:
                failure = Failure(step.id, None, "kernel stopped", "its process was killed")
                return StepOutcome(step.id, 0.0, failure=failure)

    def _keep(self, step: Step, made: Path) -> None:
        name, outputs = ledger.keep(self.study, step.folder, made)
        before = self.known.steps.get(step.id)
        same = before is not None and before.result == name and dict(before.inputs) == dict(step.inputs)
        date = before.date if before is not None and same else ledger.today()
        entry = Entry(dict(step.inputs), name, outputs, date)
        self.known = self.known.built(step.id, entry)
        self._details(step.id).unlink(missing_ok=True)
        tables = ledger.result(self.study, entry) / workers.TABLES
        ledger.share_tables(self.study, step.site or inputs.ALL, tables)
        _remove(self.work / step.folder)

    def _say(self, told: Told) -> None:
        self.done[told.step] = told
        self.tell(replace(told, n_done=len(self.done), n_steps=self.n_steps))

    def _without_old_failures(self, steps: Iterable[Step]) -> Ledger:
        ids = {step.id for step in steps}
        kept = {name: entry for name, entry in self.known.steps.items() if name in ids}
        return replace(self.known, steps=kept, failures={})

    def is_current(self, step: Step) -> bool:
        """Whether the last good result of a step says what the material says now."""
        if self.done[step.id].state in ("failed", "waiting"):
            return False
        entry = self.known.steps.get(step.id)
        return entry is not None and not plan.reasons(self._complete(step), entry.inputs)

    def result(self, steps: Sequence[Step]) -> BuildResult:
        """Give the named outcomes, in the order of the plan."""
        told = [self.done[step.id] for step in steps]
        return BuildResult(
            tuple(one.step for one in told if one.state == "built"),
            tuple(one.step for one in told if one.state == "current"),
            tuple(one.failure for one in told if one.failure),
            tuple(one.step for one in told if one.state == "waiting"),
        )


def _pages(study: Study, steps: Sequence[Step], run: _Run) -> Iterator[Page]:
    for step in steps:
        if step.page is None:
            continue
        entry = run.known.steps.get(step.id)
        failed = run.done[step.id].state in ("failed", "waiting")
        name = step.page
        if entry is None:
            yield Page(name, "not_built", failed=failed)
        else:
            state: PageState = "fresh" if run.is_current(step) else "not_renewed"
            yield Page(name, state, entry.date, ledger.result(study, entry), failed)
