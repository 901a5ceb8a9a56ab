"""What the imaging tools cost on a processor, with seeded weights of the true architectures.

    python benchmarks/imaging.py [pictures] [listing] [models] [clients]

`pictures`: a DICOM file of 2,000 x 2,000 to its PNG, plain and in JPEG 2000. `listing`: the tools
with their schemas in a fresh process, and that torch is not among its modules. `models`:
classifier, segmenter, a cached answer, and the most memory that the process had. `clients`: 20
sessions over HTTP at once. Medians; processor seconds of the process stand beside those of the
clock, since other work on the machine lengthens the second only.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import logging
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from clinseek.toolkits.imaging import Engine, ImageRoot, ImagingToolkit
from clinseek.toolkits.imaging.weights import WeightsFolder, named
from clinseek.toolkits.imaging.weights.conversion import convert

CLASSIFIER = "image.chest_xray_classifier"
SEGMENTER = "image.chest_xray_segmentation"
DICOM = "image.dicom_processor"
SIDE = 2_000
CLIENTS = 20
_LISTING = """
import sys, time
from pathlib import Path
import langchain_core.tools.base
begun, used = time.perf_counter(), time.process_time()
from clinseek.toolkits.imaging import Engine, ImageRoot, ImagingToolkit
from clinseek.toolkits.imaging.weights import WeightsFolder
root = ImageRoot(None, made=Path(sys.argv[1]))
tools = ImagingToolkit(root=root, engine=Engine(WeightsFolder(Path(sys.argv[2])))).get_tools()
schemas = [tool.args_schema for tool in tools]
spent, worked = time.perf_counter() - begun, time.process_time() - used
print(len(tools), spent, worked, "torch" in sys.modules)
"""


def told(what: str, clock: float, processor: float, budget: str = "") -> None:
    """One line of the result, in milliseconds."""
    print(f"{what:<44}{clock * 1e3:>9.1f} ms {processor * 1e3:>9.1f} ms processor  {budget}")


def timed(work: Callable[[int], object], times: int) -> tuple[float, float]:
    """The medians of the clock's and the processor's seconds."""
    clock, processor = [], []
    for number in range(times):
        begun, used = time.perf_counter(), time.process_time()
        work(number)
        clock.append(time.perf_counter() - begun)
        processor.append(time.process_time() - used)
    return statistics.median(clock), statistics.median(processor)


def radiograph(side: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """Smooth shapes with a little noise, in 12 bits."""
    down, across = np.mgrid[:side, :side] / side
    drawn = 2000 + 1200 * np.sin(7 * across) * np.cos(5 * down)
    noise = np.random.default_rng(seed).normal(0, 12, (side, side))
    held: np.ndarray[Any, np.dtype[np.uint16]] = np.clip(drawn + noise, 0, 4095).astype(np.uint16)
    return held


def dicom(values: np.ndarray[Any, Any], *, compressed: bool) -> bytes:
    """A DICOM file of these values."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import (
        ComputedRadiographyImageStorage,
        ExplicitVRLittleEndian,
        JPEG2000Lossless,
        generate_uid,
    )

    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.SOPClassUID = ComputedRadiographyImageStorage
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID
    made.Modality, made.PhotometricInterpretation, made.SamplesPerPixel = "CR", "MONOCHROME1", 1
    made.Rows, made.Columns = values.shape
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    made.WindowCenter, made.WindowWidth = 2048, 4096
    made.PixelData = values.tobytes()
    if compressed:
        made.compress(JPEG2000Lossless)
    written = io.BytesIO()
    made.save_as(written, enforce_file_format=True)
    return written.getvalue()


def tool_named(images: Path, engine: Engine, name: str) -> Callable[..., Any]:
    """A tool as a function of its arguments."""
    root = ImageRoot(images, made=images / "made")
    tools = {tool.name: tool for tool in ImagingToolkit(root=root, engine=engine).get_tools()}
    tool = tools[name]

    def call(**given: Any) -> Any:
        return tool.invoke({"name": name, "args": given, "id": "c", "type": "tool_call"}).content

    return call


def pictures(place: Path) -> None:
    """DICOM to PNG: the file's bytes to the written PNG and its JPEG for the model."""
    engine = Engine(WeightsFolder(place / "none"), environment={})
    for kind, compressed, budget in (
        ("plain", False, "budget 400 ms"),
        ("JPEG 2000", True, "budget 900 ms"),
    ):
        images = place / f"dicom-{compressed}"
        images.mkdir()
        for number in range(6):
            content = dicom(radiograph(SIDE, number), compressed=compressed)
            (images / f"{number}.dcm").write_bytes(content)
        call = tool_named(images, engine, DICOM)
        call(dicom_path="5.dcm")
        spent = timed(partial(_processed, call), 5)
        told(f"DICOM to PNG, {SIDE} x {SIDE}, {kind}", *spent, budget)


def _processed(call: Callable[..., Any], number: int) -> None:
    call(dicom_path=f"{number}.dcm")


def listing(place: Path) -> None:
    """The tool list in fresh processes that have LangChain already, as every agent has."""
    ran = [
        subprocess.run(
            [sys.executable, "-c", _LISTING, str(place / "made"), str(place / "held")],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(5)
    ]
    assert all(each[3] == "False" for each in ran), "torch was imported"
    clock = statistics.median(float(each[1]) for each in ran)
    processor = statistics.median(float(each[2]) for each in ran)
    told(f"tool list ({ran[0][0]} tools, torch not imported)", clock, processor, "budget 200 ms")


def weights_in(place: Path) -> WeightsFolder:
    """Seeded weights, by the road of true ones."""
    import torch

    from clinseek.toolkits.imaging.models.densenet import DenseNet
    from clinseek.toolkits.imaging.models.pspnet import PSPNet

    held = WeightsFolder(place / "held")
    for name, network in (("classifier", DenseNet), ("segmenter", PSPNet)):
        torch.manual_seed(0)
        torch.save(network().state_dict(), place / "w.pt")
        convert(named(name), place / "w.pt", held)
    return held


def models(place: Path) -> None:
    """The tools with models, each on another image every time."""
    images = place / "images"
    images.mkdir()
    from PIL import Image

    for number in range(12):
        grey = (radiograph(1024, number) >> 4).astype(np.uint8)
        Image.fromarray(grey).save(images / f"{number}.png")
    engine = Engine(WeightsFolder(place / "held"), environment={})
    classify = tool_named(images, engine, CLASSIFIER)
    begun = time.perf_counter()
    classify(image_path="11.png")
    told("classifier, first call (loads torch)", time.perf_counter() - begun, 0.0)
    spent = timed(lambda number: classify(image_path=f"{number}.png"), 10)
    told("classifier, a call with its file, warm", *spent)
    _networks(engine)
    told("a cached answer", *timed(lambda _: classify(image_path="1.png"), 50), "budget 3 ms")
    segment = tool_named(images, engine, SEGMENTER)
    segment(image_path="11.png", organs=["Heart"])
    spent = timed(lambda number: segment(image_path=f"{number}.png"), 3)
    told("segmentation, a call with its file, warm", *spent, "budget 8 s")
    organs = ("Heart", "Aorta", "Spine")
    spent = timed(lambda number: segment(image_path="1.png", organs=[organs[number]]), 3)
    told("other structures of the same image", *spent)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{'most memory, with both models':<44}{peak:>9.2f} GiB  budget 2.5 GB")
    engine.close()


def _networks(engine: Engine) -> None:
    """The classifier itself, for one picture and for eight, as its thread runs it."""
    generator = np.random.default_rng(0)
    given = [generator.uniform(-1024, 1024, (1, 224, 224)).astype(np.float32) for _ in range(8)]
    scores = engine._models["classifier"].scores
    threaded: dict[str, tuple[float, float]] = {}

    def run() -> None:
        from clinseek.toolkits.imaging.models.devices import use_threads

        use_threads({})
        scores(given)
        threaded["one"] = timed(lambda _: scores(given[:1]), 10)
        threaded["eight"] = timed(lambda _: scores(given), 5)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    told("classifier, the network, one picture", *threaded["one"], "budget 120 ms")
    clock, processor = threaded["eight"]
    told("classifier, the network, each of eight", clock / 8, processor / 8, "budget 90 ms")


def clients(place: Path) -> None:
    """20 sessions at once over HTTP, each with an image of its own."""
    from PIL import Image

    from clinseek.serve.http import Door, address_of, listen, served_by
    from clinseek.serve.imaging import imaging_service
    from clinseek.serve.session import Limits
    from clinseek.serve.sessions import Sessions

    images = place / "of-clients"
    images.mkdir()
    for number in range(CLIENTS):
        grey = (radiograph(512, number) >> 4).astype(np.uint8)
        Image.fromarray(grey).save(images / f"{number}.png")
    engine = Engine(WeightsFolder(place / "held"), environment={})
    engine.warm_up(lambda _: None)
    logging.disable(logging.CRITICAL)  # sessions that the end of the server cuts off
    with imaging_service(images, engine) as service:
        sessions = Sessions(service, binding=None, most=50, limits=Limits(idle=600))
        door = Door(port=0)
        listening: socket.socket = listen(door)
        server = served_by(sessions, door, listening, most=50, idle=600)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        begun, used = time.perf_counter(), time.process_time()
        right = asyncio.run(_all_clients(address_of(door, listening)))
        spent = time.perf_counter() - begun, time.process_time() - used
        told(f"{CLIENTS} clients at once, {right} right answers", *spent)
        server.should_exit = server.force_exit = True
        thread.join(20)
        listening.close()


async def _all_clients(url: str) -> int:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def one(number: int) -> str:
        async with (
            streamable_http_client(url) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            result = await session.call_tool(CLASSIFIER, {"image_path": f"{number}.png"})
            text: Any = result.content[0]
            digest: str = json.loads(text.text)["metadata"]["image_sha256"]
            return digest

    seen = await asyncio.gather(*(one(number) for number in range(CLIENTS)))
    return len(set(seen))


def main() -> None:
    """Run the parts that are named; all without a name."""
    parts: dict[str, Callable[[Path], None]] = {
        "pictures": pictures,
        "listing": listing,
        "models": models,
        "clients": clients,
    }
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    wanted = parser.parse_args().parts or list(parts)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if {"models", "listing", "clients"} & set(wanted):
            weights_in(place)
        for name in wanted:
            parts[name](place)


if __name__ == "__main__":
    main()
