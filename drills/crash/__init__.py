"""Crash: what is killed, full, gone or told to stop goes on where it stood."""

from __future__ import annotations

from drills.drill import Drill, of_module

PROMISES = {
    "kills": "a command killed at any moment and run again ends as one that nobody killed: equal "
    "results, nothing kept done twice, no file left over, no lock in the way",
    "stops": "Ctrl-C and SIGTERM end a command within three seconds, with what to type to go on, "
    "and the same command goes on",
    "servers": "an MCP server that was killed serves again by the same command, and no case of "
    "the dead one is left",
    "disks": "a full disk or a folder that cannot be written is one sentence; with room, the same "
    "command goes on to the same end",
    "clocks": "a clock that jumps back between a kill and the next process loses no step",
    "workers": "a worker that is killed for want of memory is one sentence or is replaced, and the "
    "same command goes on",
    "networks": "a host that closes in the middle of a stream, refuses or fails costs no run and "
    "no turn that was answered",
}
DRILLS = tuple(
    Drill(f"crash.{name}", promise, of_module(f"drills.crash.{name}"))
    for name, promise in PROMISES.items()
)
