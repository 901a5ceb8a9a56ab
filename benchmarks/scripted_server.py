"""The scripted server in a process of its own, so that its work is not counted as the client's.

    python -m benchmarks.scripted_server [--delay 5] [--storm 0.3] [--rounds 3]

Prints its port, then answers until its input is closed: each conversation is asked for the
patient's labs until it holds `rounds` turns, the last of which finishes. An answer takes --delay
seconds; with --storm, that share of the requests gets 429, at once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.models.server import Body, ChatServer, Reply, answer

FINISH = ("ehr_finish", json.dumps({"response": ["done"]}))


@contextmanager
def serving(*, delay: float = 0.0, storm: float = 0.0, rounds: int = 3) -> Iterator[str]:
    """The address of a server that runs until the block ends."""
    command = [sys.executable, "-m", "benchmarks.scripted_server"]
    options = [f"--delay={delay}", f"--storm={storm}", f"--rounds={rounds}"]
    with subprocess.Popen(
        [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.stdin.close()


def main() -> None:
    """Serve until the input is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--storm", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()

    def turn(body: Body) -> Reply:
        said = sum(message["role"] == "assistant" for message in body["messages"])
        look = ("ehr_run_sql_query", json.dumps({"sql_query": f"SELECT {said}"}))
        call = look if said + 1 < given.rounds else FINISH
        usage = {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940}
        return Reply(body=answer("", [call], usage=usage), delay=given.delay)

    with ChatServer(turn, storm=given.storm) as chat:
        print(chat.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
