"""An evaluation on a Ray cluster of two nodes on this machine, one of which is killed in its midst.

    python -m tests.evals.runner.two_nodes ROWS STORE OUT

Prints one JSON object: how many runs had ended when the node was killed, how many nodes the cluster
counts at the end, and how the evaluation ended. Needs Ray.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from clinseek.evals.rows import read_rows
from clinseek.evals.runner.evaluation import run_rows
from clinseek.evals.runner.ray_cluster import asking_no_cloud
from clinseek.evals.runner.running import Limits
from clinseek.evals.runner.settings import RunSettings
from clinseek.evals.runner.tally import Tally
from clinseek.models import build_model, parameters_of

KILL_AT = 3
NOTICED_WITHIN = 60.0


def main(rows: Path, store: Path, out: Path) -> dict[str, Any]:
    """Run it; kill the second node once a few runs ended."""
    ray = import_module("ray")
    with asking_no_cloud():
        cluster = import_module("ray.cluster_utils").Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    killed: list[int] = []

    def kill_one(tally: Tally) -> None:
        if tally.done >= KILL_AT and not killed:
            killed.append(tally.done)
            # Here and not in a thread: no further run is handed out before the node is gone.
            cluster.remove_node(second, allow_graceful=False)

    model = build_model("offline")
    done = asyncio.run(
        run_rows(
            read_rows(rows),
            model=model,
            settings=RunSettings(model="offline", parameters=parameters_of(model)),
            out=out,
            store=store,
            executor="ray",
            limits=Limits(concurrency=4),
            on_change=kill_one,
        )
    )
    left = _nodes_alive(ray)
    ray.shutdown()
    cluster.shutdown()
    return {"killed_at": killed, "nodes_left": left, "complete": done.complete,
            "done": done.tally.done}  # fmt: skip


def _nodes_alive(ray: Any) -> int:
    """How many nodes the cluster counts; it is told of a death some seconds after it."""
    until = time.monotonic() + NOTICED_WITHIN
    while True:
        alive = len([node for node in ray.nodes() if node["Alive"]])
        if alive == 1 or time.monotonic() > until:
            return alive
        time.sleep(0.2)


if __name__ == "__main__":
    print(json.dumps(main(*map(Path, sys.argv[1:4]))))  # noqa: T201 - what the test reads
