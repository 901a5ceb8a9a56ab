"""`clinseek models`: how models are named, and whether one works."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, table

if TYPE_CHECKING:
    from clinseek.model_check import ModelCheck

FAILED = 1
PANEL = "Models"
MARKS = {"works": "ok", "fails": "!!", "not tried": "-"}
FORMS = (
    ("offline", "a fixed policy in this process; no key, no network"),
    ("openai:NAME", "OpenAI itself (OPENAI_API_KEY)"),
    ("openai:NAME@http://host:port/v1", "any OpenAI-compatible server"),
    ("vllm:http://host:port", "vLLM: asks the server which model it has and how long a context"),
    ("bedrock:ID?region=us-east-1", "Amazon Bedrock, a model or an inference profile"),
    ("hf:FOLDER", "transformers in this process"),
    ("replay:RECORDS.jsonl#QID", "the turns of a record again"),
    ("@FILE.toml#TABLE", "a table with model = ... and parameters"),
)

models_app = typer.Typer(
    help="How a model is named, and whether one works here.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add `models`."""
    app.add_typer(models_app, name="models", rich_help_panel="Ask")


@models_app.command("forms")
def forms(as_json: JsonOption = False) -> None:
    """List the ways to name a model, and the parameters that may follow.

    [dim]clinseek models forms[/dim]
    """
    from clinseek.models.spec import Parameters

    defaults = Parameters().as_json()
    if as_json:
        emit_json({"forms": [form for form, _ in FORMS], "parameters": defaults})
        return
    table(("model", "what it is"), FORMS)
    emit("")
    emit("Parameters, as ?key=value&key=value or in the table:")
    table(("parameter", "default"), [(name, _default(value)) for name, value in defaults.items()])


def _default(value: Any) -> str:
    return "-" if value in (None, {}) else "off" if value is False else str(value)


@models_app.command("check")
def check(
    spec: Annotated[str, typer.Argument(metavar="MODEL", help="See `clinseek models forms`.")],
    as_json: JsonOption = False,
) -> None:
    """Try a model with a call, two calls at once and an image; say what works.

    [dim]clinseek models check vllm:http://127.0.0.1:8000[/dim]

    Sends made-up sums and a red square, never a record. Ends with 1 where a run cannot be made
    with the model, with 2 where it cannot be named or reached.
    """
    from clinseek.model_check import check_spec

    checked = asyncio.run(check_spec(spec))
    if as_json:
        emit_json({**asdict(checked), "sound": checked.sound})
    else:
        _show(checked)
    if not checked.sound:
        raise typer.Exit(FAILED)


def _show(checked: ModelCheck) -> None:
    facts = checked.facts
    length = f"{facts.context_length:,} tokens" if facts.context_length else "not told by the host"
    known = [
        ("model", checked.spec),
        ("answers at", facts.address or "this process"),
        ("context length", length),
        ("calls", checked.dialect or "none seen"),
    ]
    for name, value in known:
        emit(f"{name + ':':<16}{value}")
    emit("")
    table(
        ("", "tried", "seen"),
        [(MARKS[trial.ended], trial.what, trial.seen) for trial in checked.trials],
    )
    emit("")
    emit("Runs can be made with it." if checked.sound else "Runs cannot be made with it: see !!.")
