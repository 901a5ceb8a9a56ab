"""Chest X-rays: six tools on real files, honest about what they are.

What a harness calls, in order:

    engine = Engine(weights_folder(home=home()))                # one for each process
    root = ImageRoot(folder, made=run_folder / "made")          # one for each run; SettingError
    toolkit = ImagingToolkit(root=root, engine=engine, pictures=host_takes_pictures)
    tools, absent = toolkit.get_tools(), toolkit.absent()       # absent: name -> reason

    reading/      files to pixels
    rendering/    pixels to pictures for people and models
    weights/      where the models' weights are, and what is known of them
    models/       the networks; the only place that loads torch, at the first call
    actions/      one tool each: from what was asked to an answer
    engine.py     the models of a process: batches, cache, threads
    tools.py      the tools as LangChain tools

The names here load neither torch nor LangChain; those that do are imported where they are used.
"""

from typing import TYPE_CHECKING, Any

from clinseek.toolkits.imaging.arguments import IMAGE_TOOL_NAMES, ORGANS, image_tool_schemas

if TYPE_CHECKING:
    from clinseek.toolkits.imaging.engine import Engine
    from clinseek.toolkits.imaging.reading import ImageRoot
    from clinseek.toolkits.imaging.tools import ImageTool, ImagingToolkit
    from clinseek.toolkits.imaging.weights.folder import weights_folder

__all__ = [
    "IMAGE_TOOL_NAMES",
    "ORGANS",
    "Engine",
    "ImageRoot",
    "ImageTool",
    "ImagingToolkit",
    "image_tool_schemas",
    "weights_folder",
]

_LATE = {
    "Engine": "engine",
    "ImageRoot": "reading.roots",
    "ImageTool": "tools",
    "ImagingToolkit": "tools",
    "weights_folder": "weights.folder",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
