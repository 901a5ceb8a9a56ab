"""Options offer what the library takes: spelled twice, since the command line loads no library."""

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from clinseek.cli.ask import ask
from clinseek.cli.bench_build import build
from clinseek.cli.bench_paper import paper
from clinseek.cli.evaluate import evaluate
from clinseek.cli.score import score
from clinseek.cli.synth import synth
from clinseek.cli.traces.exporting import export
from clinseek.evals.benchmarks.balance import Prevalence
from clinseek.evals.benchmarks.candidates import CandidateRule
from clinseek.evals.benchmarks.paper.published import PaperTable
from clinseek.evals.benchmarks.splits import Split
from clinseek.evals.runner.evaluation import Executor
from clinseek.evals.statistics.means import IntervalMethod
from clinseek.graphs.state import WebGuard, WebMode
from clinseek.prompts import Role
from clinseek.records import AnswerForm, Setting
from clinseek.toolkits.ehr.synthetic.course import Dependence
from clinseek.training.exporting.example import Names
from clinseek.training.exporting.forms import Form


def offered(command: Callable[..., None], parameter: str) -> set[str]:
    """What may be typed for a parameter of a command."""
    hint = get_type_hints(command)[parameter]
    literals = [each for each in (hint, *get_args(hint)) if get_origin(each) is Literal]
    return {value for literal in literals for value in get_args(literal)}


@pytest.mark.parametrize(
    ("command", "parameter", "known"),
    [
        (ask, "answer_form", AnswerForm),
        (ask, "role", Role),
        (ask, "web", WebMode),
        (ask, "web_guard", WebGuard),
        (evaluate, "setting", Setting),
        (evaluate, "role", Role),
        (evaluate, "executor", Executor),
        (evaluate, "web", WebMode),
        (evaluate, "web_guard", WebGuard),
        (score, "interval", IntervalMethod),
        (paper, "name", PaperTable),
        (build, "prevalence", Prevalence),
        (build, "candidates", CandidateRule),
        (build, "split", Split),
        (synth, "outcomes", Dependence),
        (export, "form", Form),
        (export, "names", Names),
    ],
    ids=lambda given: getattr(given, "__name__", given if isinstance(given, str) else ""),
)
def test_an_option_offers_every_value_that_the_library_takes_and_no_other(
    command: Callable[..., None], parameter: str, known: Any
) -> None:
    assert offered(command, parameter) == set(get_args(known))
