"""Outside servers for tests: made with the SDK's FastMCP, over stdio or over HTTP on loopback."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from mcp import types
from mcp.server.fastmcp import FastMCP

PIXEL = base64.b64encode(b"\x89PNG not a real one").decode()


def wards(name: str = "wards") -> FastMCP:
    """A server whose tools do one thing each."""
    server = FastMCP(name, log_level="ERROR")

    @server.tool(structured_output=False)
    def add(first: int, second: int = 1) -> str:
        """Add two numbers."""
        return str(first + second)

    @server.tool(structured_output=False)
    def load_ehr(subject_id: str, timestamp: str) -> str:
        """Load a record, as the published server does."""
        return f"loaded {subject_id} at {timestamp}"

    @server.tool(structured_output=False)
    def chest_xray_classifier(image_path: str) -> str:
        """Classify, with the published image server's answers."""
        if image_path == "absent.png":
            return '{"output": {"error": "no file"}, "metadata": {"analysis_status": "failed"}}'
        return '{"output": {"Edema": 0.9}, "metadata": {"analysis_status": "completed"}}'

    @server.tool(structured_output=False)
    def long(characters: int) -> str:
        """Many characters."""
        return "x" * characters

    @server.tool(structured_output=False)
    async def slow(seconds: float) -> str:
        """Answer late."""
        await asyncio.sleep(seconds)
        return "at last"

    @server.tool(structured_output=False)
    def fail() -> str:
        """Raise."""
        raise ValueError("the ward is closed")

    _add_odd_tools(server)
    return server


def _add_odd_tools(server: FastMCP) -> None:
    @server.tool(structured_output=False)
    def picture() -> list[types.ContentBlock]:
        """Text, an image and a sound."""
        return [
            types.TextContent(type="text", text="a film"),
            types.ImageContent(type="image", data=PIXEL, mimeType="image/png"),
            types.AudioContent(type="audio", data=PIXEL, mimeType="audio/wav"),
        ]

    @server.tool()
    def structured() -> dict[str, Any]:
        """Text and the same again as structured content."""
        return {"b": 2, "a": 1}

    @server.tool(structured_output=False)
    def die() -> str:
        """End the server's process in the middle of the call."""
        os.kill(os.getpid(), signal.SIGKILL)
        return "never"

    @server.tool(structured_output=False)
    def process() -> str:
        """Which process serves."""
        return str(os.getpid())


class Listening:
    """A server over HTTP in a thread of this process."""

    def __init__(self, server: FastMCP, port: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen()
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                server.streamable_http_app(),
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=0,
                ws="none",
            )
        )
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        self._thread.join()

    def stop(self) -> None:
        self._uvicorn.should_exit = True
        self._uvicorn.force_exit = True
        self._thread.join(20)
        self._socket.close()


@contextmanager
def listening(server: FastMCP | None = None, port: int = 0) -> Iterator[Listening]:
    running = Listening(server or wards(), port)
    try:
        yield running
    finally:
        running.stop()


COMMAND = (sys.executable, "-m", "tests.toolkits.outside.servers")
"""The same server over stdio, from the repository's root."""


def main() -> None:
    if len(sys.argv) == 1:
        wards().run("stdio")
        return
    running = Listening(wards(), int(sys.argv[1]))
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    running.wait()


if __name__ == "__main__":
    main()
