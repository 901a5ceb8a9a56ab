"""A model named by a TOML table: `@FILE.toml`, or `@FILE.toml#TABLE` where a file holds several."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from clinseek.errors import ModelError
from clinseek.models.spec import ModelSpec, read_parameters, read_spec


def named_model(spec: str) -> ModelSpec:
    """The model of a spec, which may name a table of a file. ModelError where there is none.

    A table has `model`, a spec, and parameters beside it, which count before those in the spec:

        [qwen]
        model = "vllm:http://gpu:8000"
        temperature = 0.6
        extra = { top_k = 20 }
    """
    if not spec.startswith("@"):
        return read_spec(spec)
    file, _, name = spec[1:].partition("#")
    table = _table(Path(file).expanduser(), name)
    named = table.pop("model", None)
    if not isinstance(named, str) or named.startswith("@"):
        raise ModelError(f'{spec}: the table needs model = "PROVIDER:NAME"')
    read = read_spec(named)
    if read.provider == "offline":
        return read
    parameters = read_parameters(spec, {**read.parameters.told(), **table})
    return ModelSpec(provider=read.provider, name=read.name, url=read.url, parameters=parameters)


def _table(file: Path, name: str) -> dict[str, Any]:
    try:
        held = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror}); name a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{file}: this is no TOML ({error})") from None
    tables = {key: value for key, value in held.items() if isinstance(value, dict)}
    if name:
        if name not in tables:
            known = ", ".join(tables) or "none"
            raise ModelError(f"{file}: there is no table [{name}]; its tables: {known}")
        return dict(tables[name])
    if "model" in held:
        return dict(held)
    if len(tables) != 1:
        known = ", ".join(tables) or "none"
        raise ModelError(f"{file}: name one of its tables as @{file}#TABLE; there are: {known}")
    return dict(next(iter(tables.values())))
