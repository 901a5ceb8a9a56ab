"""`clinseek imaging`: the weights of the image tools; `clinseek serve imaging`: the tools."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinseek.cli import serve
from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, say, table
from clinseek.cli.serving import (
    CALLS_A_MINUTE,
    IDLE_SECONDS,
    AllowHostOption,
    CallsAMinuteOption,
    HostOption,
    IdleOption,
    PortOption,
    SessionsOption,
    TokenFileOption,
    Transport,
    TransportOption,
    begin_serving,
    door_at,
    limits_of,
    over_http,
    over_stdio,
)

if TYPE_CHECKING:
    from clinseek.toolkits.imaging.engine import Engine
    from clinseek.toolkits.imaging.weights.catalogue import Weights
    from clinseek.toolkits.imaging.weights.folder import WeightsFolder

PORT = 5203

WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FOLDER",
        envvar="CLINSEEK_IMAGING_WEIGHTS",
        help="Where weights lie (default: imaging-weights in CLINSEEK_HOME).",
    ),
]
NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="classifier, segmenter, report-findings or report-impression."
    ),
]

imaging_app = typer.Typer(
    help="The chest X-ray tools: which work here, and their weights.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add `imaging`, and `imaging` to `serve`."""
    app.add_typer(imaging_app, name="imaging", rich_help_panel="Models")
    serve.serve_app.command("imaging")(serve_imaging)


@imaging_app.command("status")
def status(weights: WeightsOption = None, as_json: JsonOption = False) -> None:
    """Say which image tools work here, which do not and why, and what their weights are.

    [dim]clinseek imaging status[/dim]

    Reads every file of weights that lies here and checks it against the hash recorded for it.
    """
    from clinseek.toolkits.imaging.readiness import readiness

    engine = _engine(weights)
    held = [_state(engine.weights, one) for one in _every()]
    broken = {one["tool"]: one["state"] for one in held if one["state"].startswith("broken")}
    ready = readiness(engine, broken)
    if as_json:
        tools = {one.tool: one.why_not for one in ready}
        devices = {one.tool: one.device for one in ready}
        told = {"folder": engine.weights.path, "tools": tools, "devices": devices, "weights": held}
        emit_json(told)
        return
    table(
        ("", "tool", "device", "why not"),
        [
            ("-" if one.why_not else "ok", one.tool, one.device or "", one.why_not or "")
            for one in ready
        ],
    )
    emit("")
    emit(f"Weights in {engine.weights.path}:")
    table(
        ("name", "state", "bytes", "sha256", "hash is", "licence", "trained on"),
        [
            (
                one["name"],
                one["state"],
                one["bytes"],
                (one["sha256"] or "")[:12] or None,
                _known_by(one),
                one["licence"],
                ", ".join(one["trained_on"]),
            )
            for one in held
        ],
        right=("bytes",),
    )


@imaging_app.command("pull")
def pull(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Which weights; all where left out.")
    ] = None,
    weights: WeightsOption = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="A mirror with the published file names."),
    ] = None,
) -> None:
    """Fetch weights from where they are published, and convert them.

    [dim]clinseek imaging pull classifier[/dim]

    Only this command reaches the network; it sends nothing. See `status` for licences.
    """
    from clinseek.toolkits.imaging.weights.catalogue import named
    from clinseek.toolkits.imaging.weights.pulling import pull as fetch

    folder = _folder(weights)
    for one in _every() if name is None else [named(name)]:
        say(f"{one.name}: {one.megabytes} MB, {one.licence}")
        installed = fetch(one, folder, said=say, source=source)
        emit(f"{one.name} is in {installed.tensors} (sha256 {installed.recorded})")


@imaging_app.command("convert")
def convert(
    name: NameArgument,
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file, or the folder of a report model.")
    ],
    weights: WeightsOption = None,
) -> None:
    """Put weights that you have into the folder of weights, as safetensors.

    [dim]clinseek imaging convert segmenter pspnet_chestxray_best_model_4.pth[/dim]

    A pickled file is read without running anything in it; what names more than weights need is
    refused.
    """
    from clinseek.toolkits.imaging.weights.catalogue import named
    from clinseek.toolkits.imaging.weights.conversion import convert as put

    installed = put(named(name), source, _folder(weights))
    emit(f"{name} is in {installed.tensors} (sha256 {installed.recorded})")


def serve_imaging(
    image_root: Annotated[
        Path | None,
        typer.Option(
            "--image-root",
            metavar="DIR",
            envvar="CLINSEEK_IMAGE_ROOT",
            help="The folder whose images may be read, and no other.",
        ),
    ] = None,
    weights: WeightsOption = None,
    benchmark: Annotated[
        str | None,
        typer.Option(
            "--benchmark", metavar="NAME", help="Warn where a model was trained on its images."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, help="Of one call.")
    ] = 180.0,
    transport: TransportOption = Transport.STDIO,
    host: HostOption = "127.0.0.1",
    port: PortOption = PORT,
    token_file: TokenFileOption = None,
    allow_host: AllowHostOption = None,
    sessions: SessionsOption = 50,
    idle: IdleOption = IDLE_SECONDS,
    calls_a_minute: CallsAMinuteOption = CALLS_A_MINUTE,
    underscores: Annotated[
        bool, typer.Option("--underscores", help="Publish image_dicom_processor, without a dot.")
    ] = False,
) -> None:
    """Serve the image.* tools that work here, over one folder of images; no store is needed.

    [dim]clinseek serve imaging --image-root DIR[/dim]
    [dim]clinseek serve imaging --image-root DIR --transport http --port 5203[/dim]

    Models are loaded while the first client comes in. `clinseek imaging status` says which tools
    work, and why the others do not.
    """  # fmt: skip
    begin_serving()
    from clinseek.serve.imaging import imaging_service

    engine = _engine(weights, timeout=timeout)
    with imaging_service(image_root, engine, benchmark=benchmark) as service:
        for tool, why in engine.absent().items():
            say(f"{tool} is absent: {why}")
        if transport is Transport.STDIO:
            with _warming(engine):
                over_stdio(service, service.open(None), underscores=underscores)
            return
        door = door_at(host, port, token_file, allow_host or ())
        limits = limits_of(calls_a_minute, idle)
        with _warming(engine):
            over_http(service, None, door, limits, most=sessions, underscores=underscores)


@contextmanager
def _warming(engine: Engine) -> Iterator[None]:
    """Models are loaded beside what is done here, and none is any more afterwards."""
    ends = threading.Event()
    thread = threading.Thread(target=engine.warm_up, args=(say,), kwargs={"until": ends})
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def _folder(named: Path | None) -> WeightsFolder:
    from clinseek.settings import home
    from clinseek.toolkits.imaging.weights.folder import weights_folder

    return weights_folder(named, home=home())


def _engine(named: Path | None, *, timeout: float = 180.0) -> Engine:
    from clinseek.toolkits.imaging.engine import Engine

    return Engine(_folder(named), timeout=timeout)


def _every() -> tuple[Weights, ...]:
    from clinseek.toolkits.imaging.weights.catalogue import EVERY

    return EVERY


def _known_by(told: dict[str, Any]) -> str | None:
    """What a hash was compared with: its publisher's, what was recorded here, or nothing."""
    if told["sha256"] is None:
        return None
    if told["pinned"]:
        return "pinned"
    return "recorded" if told["recorded"] else "unknown"


def _state(folder: WeightsFolder, weights: Weights) -> dict[str, Any]:
    """What is known of one set of weights; its file is read to the end."""
    from clinseek.errors import SettingError

    found = folder.installed(weights)
    digest: str | None = None
    state = "not here"
    if found is not None:
        try:
            _, digest = folder.checked(weights)
            state = "works" if found.recorded else "here, no hash recorded"
        except SettingError as error:
            state = f"broken: {str(error).removeprefix(f'{weights.tool} is absent: ')}"
    record = folder.record(weights)
    return {
        "name": weights.name,
        "tool": weights.tool,
        "state": state,
        "path": None if found is None else str(found.path),
        "bytes": None if found is None else found.size,
        "sha256": digest,
        "recorded": record.get("sha256"),
        "pinned": bool(record.get("pinned")),
        "licence": weights.licence,
        "trained_on": list(weights.trained_on),
        "published_at": weights.source,
    }
