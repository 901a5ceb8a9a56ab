"""`clinseek traces show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import console, emit, emit_json, say
from clinseek.cli.traces.options import (
    ErrorsOption,
    LastTurnsOption,
    NamesOption,
    TemplateOption,
    trace_folder,
)
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clinseek.training.rendering import Fidelity, Masked
    from clinseek.training.rendering.showing import Run
    from clinseek.training.traces.trace import Trace


def show(
    kept: Annotated[Path, typer.Argument(metavar="KEPT", help="A folder of traces.")],
    tokenizer: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The student's tokenizer, with its template.")
    ],
    template: TemplateOption = None,
    trace: Annotated[
        str | None, typer.Option("--trace", metavar="ID", help="Its id or qid. [the first]")
    ] = None,
    names: NamesOption = "wire",
    last_turns: LastTurnsOption = None,
    errors: ErrorsOption = "train",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page instead.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a trace as the student is trained on it, trained tokens coloured.

    [dim]clinseek traces show KEPT --tokenizer MODEL --template qwen3_training.jinja[/dim]

    Where colours are none (in a pipe), what is trained stands between ⟦ and ⟧.
    """
    from clinseek.training.exporting.example import exported, named, weights_of
    from clinseek.training.rendering import Fidelity, Renderer, Tokenizer, showing

    found = _trace(kept, trace)
    renderer = Renderer(Tokenizer.of_folder(tokenizer, template=template))
    tools, wired = named(found, names)
    messages = [exported(message, names, wired) for message in found.messages]
    weights = weights_of(found.messages, found.by_call, last_turns=last_turns, errors=errors)
    made = renderer.masked(messages, tools, weights=weights)
    fault = _fault(Fidelity(renderer), messages, tools, made)
    if html is not None:
        from clinseek.whole_file import whole_file

        with whole_file(html) as file:
            file.write_text(showing.page(made, title=f"Trace {found.id}"), encoding="utf-8")
    if as_json:
        emit_json({
            "trace": found.id, "tokens": len(made.ids), "trained": sum(made.mask),
            "turns": len(made.spans), "fault": fault, "html": html,
        })  # fmt: skip
    elif html is not None:
        emit(f"{html}: {showing.summary(made)}")
    else:
        print_runs(showing.runs_of(made))
        say(f"trace {found.id}: {showing.summary(made)}")
    if fault is not None:
        say(f"an export would stop here: {fault}")
        raise typer.Exit(1)


def _trace(kept: Path, wanted: str | None) -> Trace:
    for trace in trace_folder(kept).traces():
        if wanted in (None, trace.id, trace.qid):
            return trace
    raise SettingError(f"{kept}: holds no trace {wanted!r}" if wanted else f"{kept}: holds none")


def _fault(
    fidelity: Fidelity,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    made: Masked,
) -> str | None:
    try:
        fidelity.check(messages, tools, made, serve=True)
    except SettingError as fault:
        return str(fault)
    return None


def print_runs(runs: Iterable[Run]) -> None:
    """Runs in colour; without a terminal, what is trained between brackets."""
    from rich.text import Text

    shown = console()
    coloured, text = shown.is_terminal, Text()
    for run in runs:
        if coloured:
            text.append(run.text, style="black on green" if run.trained else "dim")
        else:
            text.append(f"⟦{run.text}⟧" if run.trained else run.text)
    if coloured:
        shown.print(text)
    else:
        emit(text.plain)
