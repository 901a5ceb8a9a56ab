"""The `image.*` tools as LangChain tools over the images of one run."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, Literal, NamedTuple

from langchain_core.tools import BaseTool
from langchain_core.tools.base import BaseToolkit
from pydantic import ConfigDict, InstanceOf

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.arguments import Arguments, parameters_of, read_arguments
from clinseek.toolkits.imaging import arguments as takes
from clinseek.toolkits.imaging.actions.answer import Answer, Bench
from clinseek.toolkits.imaging.boxes import boxes_of
from clinseek.toolkits.imaging.cache import Key
from clinseek.toolkits.imaging.engine import Engine
from clinseek.toolkits.imaging.reading.roots import MADE, ImageFile, ImageRoot
from clinseek.toolkits.imaging.weights.folder import write_whole
from clinseek.toolkits.observation import ImageSource, Observation

_LOG = logging.getLogger(__name__)

Content = str | list[str | dict[str, Any]]


class _Action(NamedTuple):
    """What answers a tool: module and function below `actions`, loaded at the first call.

    `image` is the argument that names the image; `modelled` is whether a model is asked.
    """

    module: str
    function: str
    image: str = "image_path"
    modelled: bool = True

    def answer(self, bench: Bench, asked: Arguments, file: ImageFile) -> Answer:
        """The answer to what was asked of a file."""
        from clinseek.toolkits.imaging.actions.film import Film

        module = import_module(f"clinseek.toolkits.imaging.actions.{self.module}")
        with bench.engine.room.place() as admit:
            answer: Answer = getattr(module, self.function)(bench, asked, Film(file, admit))
        return answer


_ACTIONS: Mapping[type[Arguments], _Action] = {
    takes.VisualizeImage: _Action("showing", "visualize", modelled=False),
    takes.ProcessDicom: _Action("showing", "process_dicom", image="dicom_path", modelled=False),
    takes.ClassifyChestXray: _Action("classification", "classify"),
    takes.GenerateReport: _Action("reporting", "draft_report"),
    takes.GroundPhrase: _Action("grounding", "ground"),
    takes.SegmentChestXray: _Action("segmentation", "segment"),
}


def call(
    bench: Bench, arguments: type[Arguments], given: Mapping[str, Any]
) -> tuple[dict[str, Any], Answer]:
    """One call: what is told in the published shape, and the answer behind it.

    Refusal, with a sentence, for what a model can mend or cannot have; SettingError for what only
    the user can. What was answered before, about the same file by the same weights and with the
    same arguments, is answered from memory.
    """
    asked = read_arguments(arguments, given)
    if (why := bench.engine.why_absent(arguments.tool)) is not None:
        raise Refusal(f"{arguments.tool} is absent here: {why}")
    action = _ACTIONS[arguments]
    key, answer = _answered(bench, asked, action)
    output = answer.output
    if answer.made is not None:
        output = {answer.path_key: _kept(bench.root, key, answer.made.png), **output}
    return {"output": output, "metadata": answer.metadata}, answer


class ImageTool(BaseTool):
    """One `image.*` tool over the images of one run.

    What a model did wrong comes back as text with `Observation(refused=True)`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    bench: InstanceOf[Bench]
    takes: type[Arguments]
    pictures: bool = True

    def _run(self, /, *unnamed: Any, **given: Any) -> tuple[Content, Observation]:
        try:
            if unnamed:
                raise Refusal(f"{self.name} takes its arguments by name")
            told, answer = call(self.bench, self.takes, given)
            origin = Observation(image=self._source(given, answer))
            text = _written(told)
        except Refusal as refusal:
            return _failed(str(refusal)), Observation(refused=True)
        except SettingError as error:
            _LOG.error("%s: %s", self.name, error)
            return _failed(_NOT_NOW.format(tool=self.name)), Observation(refused=True)
        if answer.made is None or not self.pictures:
            return text, origin
        return [{"type": "text", "text": text}, answer.made.block], origin

    def _source(self, given: Mapping[str, Any], answer: Answer) -> ImageSource:
        """The image that was asked about, by its name in the run, with the parts told of it."""
        name = self.bench.root.name_of(given[_ACTIONS[self.takes].image])
        told = answer.metadata
        size = told.get("original_size") or told["size"]
        boxes = boxes_of(answer.output, size=size)
        return ImageSource(path=name, sha256=told["image_sha256"], boxes=boxes)

    async def _arun(self, /, *unnamed: Any, **given: Any) -> tuple[Content, Observation]:
        work = partial(self._run, *unnamed, **given)
        threads = self.bench.engine.threads
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    @property
    def coroutine(self) -> Callable[..., Any]:
        """Says to whoever asks, as LangChain's own tools do, that `ainvoke` blocks no thread."""
        return self._arun


class ImagingToolkit(BaseToolkit):
    """The `image.*` tools that can work here, over the images of `root`, by the models of `engine`.

    `pictures` is whether the model's host takes pictures: then what a tool drew comes with its
    answer, as an image block. `benchmark` names the benchmark that is run, where one is: models
    that were trained on its images say so.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    root: ImageRoot
    engine: Engine
    pictures: bool = True
    benchmark: str | None = None

    def get_tools(self) -> list[BaseTool]:
        """One tool for each of IMAGE_TOOL_NAMES that can work here, in that order."""
        bench = Bench(root=self.root, engine=self.engine, benchmark=self.benchmark)
        absent = self.absent()
        return [
            ImageTool(
                name=arguments.tool,
                description=arguments.says,
                args_schema=parameters_of(arguments),
                bench=bench,
                takes=arguments,
                pictures=self.pictures,
            )
            for arguments in takes.ARGUMENTS
            if arguments.tool not in absent
        ]

    def absent(self) -> dict[str, str]:
        """The tools that are not offered, each with the reason."""
        return self.engine.absent()


_NOT_NOW = (
    "{tool} cannot work now: something about its weights or settings is wrong, and "
    "`clinseek imaging status` says what; go on without it"
)


def _answered(bench: Bench, asked: Arguments, action: _Action) -> tuple[Key, Answer]:
    """An answer under its key, from memory where it is there.

    A file can be replaced at any moment: an answer is kept under the hash of the bytes that it was
    made of, whatever the file's hash was a moment before.
    """
    answers = bench.engine.answers
    path = getattr(asked, action.image)
    key = _key(bench, asked, action, bench.root.sha256(path))
    if (answer := answers.get(key)) is not None:
        return key, answer
    file = bench.root.read(path)
    key = key._replace(content=file.sha256)
    if (answer := answers.get(key)) is None:
        answer = action.answer(bench, asked, file)
        answers.put(key, answer)
    return key, answer


def _key(bench: Bench, asked: Arguments, action: _Action, content: str) -> Key:
    given = asked.model_dump(mode="json")
    path = given.pop(action.image)
    weights = bench.engine.weights_hash(asked.tool) if action.modelled else ""
    # The benchmark decides on a warning; tools without a model tell the name of the file.
    more = {"": bench.benchmark if action.modelled else path}
    arguments = json.dumps(given | more, sort_keys=True, ensure_ascii=False)
    return Key(content, asked.tool, weights, arguments)


def _kept(root: ImageRoot, key: Key, png: bytes) -> str:
    """The name of the picture's file, which is written where it is not there yet."""
    digest = hashlib.sha256("\0".join(key).encode()).hexdigest()[:24]
    name = f"{key.tool.partition('.')[2]}-{digest}.png"
    if not (root.made / name).is_file():
        write_whole(root.made / name, png)
    return f"{MADE}/{name}"


def _failed(sentence: str) -> str:
    return _written({"output": {"error": sentence}, "metadata": {"analysis_status": "failed"}})


def _written(told: Mapping[str, Any]) -> str:
    try:
        return json.dumps(told, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise Refusal("the answer would hold values that are no numbers; nothing is told") from None
