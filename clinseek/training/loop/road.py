"""The road of the loop, stage after stage; each is done once, and gone on with where it stopped."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field

from clinseek.errors import SettingError
from clinseek.evals.rows import Row, read_rows, write_rows
from clinseek.training.loop.commands import Command, Stages, Tell
from clinseek.training.loop.models import MajorityModel, RuleTeacher
from clinseek.training.loop.places import Places
from clinseek.training.loop.questions import ITEMS, drawn_rows, read_labs
from clinseek.training.loop.served import served
from clinseek.training.loop.student import Size, make_tokenizer, make_weights
from clinseek.training.loop.teacher import TOOLS
from clinseek.whole_file import whole_file

if TYPE_CHECKING:
    from clinseek.evals.runner.tally import Tally

Host = Literal["serve", "hf"]
_TABLES = ("patients", "admissions", "transfers", "labevents", "d_labitems")
"""What of the cohort the store holds: the loop asks about laboratory values alone."""
_ANSWER_TOKENS = 96
_ROUNDS = 4
_A_WORD_EVERY = 500


class LoopSettings(BaseModel):
    """What is made. Equal settings go on in the same folder; more `seeds` may be asked for later.

    `per_patient` questions about every patient for training, `held_out` about every patient of the
    test split; the untrained student is asked the first `untrained` of those. `teacher` is a model
    as `--model` names it; None: the rule-based one. `steps` None: as many as the recipe says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    patients: Annotated[int, Field(ge=20)] = 1_500
    per_patient: Annotated[int, Field(ge=1, le=len(ITEMS))] = 3
    held_out: Annotated[int, Field(ge=1, le=len(ITEMS))] = 2
    untrained: Annotated[int, Field(ge=1)] = 60
    teacher: str | None = None
    steps: Annotated[int, Field(ge=1)] | None = None
    cohort_seed: Annotated[int, Field(ge=0)] = 11


def go(
    out: Path,
    settings: LoopSettings,
    *,
    seeds: Sequence[int],
    abreast: int,
    host: Host = "serve",
    tell: Tell,
) -> None:
    """Go the road in the folder `out` for each of `seeds`, `abreast` of them at a time.

    `host`: the students are served by `transformers serve`, or loaded by each evaluation (`hf`).
    SettingError where `out` belongs to other settings, and where a stage fails, with its log.
    """
    places = Places(out)
    _belongs(places, settings)
    stages = Stages(out, tell)
    _cohort(places, settings, stages)
    _questions(places, settings, stages)
    _teach(places, settings, stages)
    _traces(places, stages)
    _students(places, stages, seeds)
    for at in range(0, len(seeds), abreast):
        _train(places, settings, stages, seeds[at : at + abreast])
    _evaluate(places, settings, stages, seeds, host=host)


def _belongs(places: Places, settings: LoopSettings) -> None:
    told = settings.model_dump(mode="json")
    if not places.settings.is_file():
        if places.out.is_dir() and any(places.out.iterdir()):
            raise SettingError(f"{places.out} holds something else; name a new folder with --out")
        with whole_file(places.settings) as made:
            made.write_text(json.dumps(told, indent=2) + "\n")
        return
    held = json.loads(places.settings.read_bytes())
    for name, value in told.items():
        if held.get(name) != value:
            raise SettingError(
                f"{places.out} was begun with {name} = {held.get(name)}, and it is {value} now; "
                "name another folder with --out"
            )


def _cohort(places: Places, settings: LoopSettings, stages: Stages) -> None:
    raw, store, cohort = str(places.raw), str(places.store), str(places.cohort)
    drawing = ("synth", "--patients", str(settings.patients), "--seed", str(settings.cohort_seed))
    stages.run([Command("cohort", (*drawing, "--out", cohort), (places.cohort,))])
    with stages.stage("laboratory", leaves=[places.raw]) as due:
        if due:
            (places.raw / "hosp").mkdir(parents=True)
            for table in _TABLES:
                file = f"hosp/{table}.csv.gz"
                shutil.copyfile(places.cohort / file, places.raw / file)
    words = ("ingest", raw, "--codes", str(places.cohort / "codes"), "--out", store)
    stages.run([Command("store", words, (places.store,))])


def _questions(places: Places, settings: LoopSettings, stages: Stages) -> None:
    from clinseek.evals.benchmarks.splits import split_of

    with stages.stage("questions") as due:
        if not due:
            return
        labs = read_labs(places.raw)
        known = {subject_id for subject_id, _ in labs}
        for split, each, file in (
            ("train", settings.per_patient, places.train_rows),
            ("test", settings.held_out, places.held_out_rows),
        ):
            subjects = {subject_id for subject_id in known if split_of(subject_id) == split}
            rows = drawn_rows(labs, subjects, each=each, seed=settings.cohort_seed, name=split)
            if not rows:
                raise SettingError(f"too few patients for a {split} question; raise --patients")
            write_rows(file, rows)


def _teach(places: Places, settings: LoopSettings, stages: Stages) -> None:
    """The teacher's runs; on held-out questions too, to be compared with and never trained on."""
    for name, rows, run in (
        ("teacher", places.train_rows, places.teacher),
        ("teacher-held-out", places.held_out_rows, places.teacher_held_out),
    ):
        if settings.teacher is not None:
            words = (*_eval(rows, places, run), "--model", settings.teacher)
            stages.run([Command(name, words)])
            continue
        with stages.stage(name) as due:
            if due:
                _run_rows(rows, RuleTeacher(), store=places.store, out=run, tell=stages.tell)
    with stages.stage("majority") as due:
        if due:
            model = MajorityModel(answers=majorities(read_rows(places.train_rows)))
            rows, out = places.held_out_rows, places.majority
            _run_rows(rows, model, store=places.store, out=out, tell=stages.tell)


def majorities(rows: Sequence[Row]) -> Mapping[str, str]:
    """The more frequent answer to each question; "no" where both are as frequent."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.question, Counter())[str(row.label)] += 1
    return {
        question: "yes" if held["yes"] > held["no"] else "no" for question, held in counts.items()
    }


def _run_rows(rows: Path, model: BaseChatModel, *, store: Path, out: Path, tell: Tell) -> None:
    """What `clinseek eval` does, with a model that has no spelling on the command line."""
    from clinseek.evals.runner.evaluation import run_rows
    from clinseek.evals.runner.settings import RunSettings

    settings = RunSettings(
        model=type(model).__name__,
        tools=TOOLS,
        role="brief",
        web="off",
        max_rounds=_ROUNDS,
        max_revisions=0,
    )
    held = read_rows(rows)
    told = {0}

    def on_change(tally: Tally) -> None:
        if tally.done % _A_WORD_EVERY == 0 and tally.done not in told:
            told.add(tally.done)
            tell(f"{out.name}: {tally.done:,} of {tally.total:,} runs")

    evaluated = asyncio.run(
        run_rows(
            held, model=model, settings=settings, out=out, store=store, rows_file=str(rows),
            on_change=on_change,
        )
    )  # fmt: skip
    if not evaluated.complete:
        raise SettingError(f"{out}: {evaluated.tally.failed} runs failed; see its records.jsonl")


def _traces(places: Places, stages: Stages) -> None:
    held_out = ("--held-out", str(places.held_out_rows))
    kept, refined, teacher = str(places.kept), str(places.refined), str(places.teacher)
    filtering = ("traces", "filter", teacher, *held_out, "--out", kept)
    stages.run([Command("filter", filtering, (places.kept,))])
    refining = ("traces", "refine", kept, "--store", str(places.store), "--jobs", "2")
    stages.run([Command("refine", (*refining, "--out", refined), (places.refined,))])
    with stages.stage("tokenizer", leaves=[places.tokenizer]) as due:
        if due:
            from clinseek.training.traces.folder import TraceFolder

            make_tokenizer(TraceFolder(places.refined).traces(), places.tokenizer, size=Size())
    exporting = ("traces", "export", refined, "--format", "trl", *held_out)
    tokenizer = ("--tokenizer", str(places.tokenizer), "--out", str(places.dataset))
    stages.run([Command("export", (*exporting, *tokenizer), (places.dataset,))])


def _students(places: Places, stages: Stages, seeds: Sequence[int]) -> None:
    for seed in seeds:
        folder = places.untrained(seed)
        with stages.stage(f"untrained-{seed}", leaves=[folder]) as due:
            if due:
                shutil.copytree(places.tokenizer, folder)
                number = make_weights(folder, size=Size(), seed=seed)
                stages.tell(f"untrained-{seed}: {number:,} parameters")


def _train(places: Places, settings: LoopSettings, stages: Stages, seeds: Sequence[int]) -> None:
    steps = () if settings.steps is None else ("--set", f"steps={settings.steps}")
    with as_file(files(__package__).joinpath("recipe.toml")) as recipe:
        stages.run(
            [
                Command(
                    f"train-{seed}",
                    (
                        "train", str(recipe), "--data", str(places.dataset),
                        "--model", str(places.untrained(seed)), "--out", str(places.trained(seed)),
                        "--set", f"seed={seed}", *steps, "--held-out", str(places.held_out_rows),
                    ),
                    follows=places.trained(seed) / "training.jsonl",
                )
                for seed in seeds
            ]
        )  # fmt: skip


def _evaluate(
    places: Places, settings: LoopSettings, stages: Stages, seeds: Sequence[int], *, host: Host
) -> None:
    """Each student and what it was before training, through the graph, on held-out questions."""
    due = [
        each
        for seed in seeds
        for each in (
            _Asking(f"ask-{seed}", places.student(seed), places.asked(seed)),
            _Asking(
                f"ask-untrained-{seed}",
                places.untrained(seed),
                places.asked_untrained(seed),
                limit=settings.untrained,
            ),
        )
        if not stages.has_ended(each.name)
    ]
    if not due:
        return
    with served(places.serving) if host == "serve" else nullcontext() as address:
        for each in due:
            words = (*_eval(places.held_out_rows, places, each.run), "--model", each.model(address))
            limited = () if each.limit is None else ("--limit", str(each.limit))
            # Another port is another run: what an earlier call left is begun anew.
            command = (*words, *limited, "--concurrency", "2")
            stages.run([Command(each.name, command, leaves=(each.run,))])


class _Asking(NamedTuple):
    """A folder that is asked, into which run, and how many questions; None: all of them."""

    name: str
    folder: Path
    run: Path
    limit: int | None = None

    def model(self, address: str | None) -> str:
        """The model as it is named: behind a server, or in the process that asks."""
        asked = f"temperature=0&max_tokens={_ANSWER_TOKENS}"
        if address is None:
            return f"hf:{self.folder}?{asked}"
        told = f"context={Size().context}&tokenizer={self.folder}"
        return f"openai:{self.folder}@{address}?{asked}&{told}"


def _eval(rows: Path, places: Places, run: Path) -> tuple[str, ...]:
    return (
        "eval", str(rows), "--store", str(places.store), "--out", str(run), "--tools", TOOLS,
        "--role", "brief", "--web", "off", "--max-rounds", str(_ROUNDS), "--max-revisions", "0",
    )  # fmt: skip
