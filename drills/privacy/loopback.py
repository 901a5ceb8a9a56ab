"""Brings up loopback in a namespace that has nothing else, runs a command, and counts ways out.

The count, of packets that found no route, goes to the file that DRILL_NO_ROUTE names: a program
that is no Python is not spied on, and would be seen by it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def main() -> None:
    """`loopback.py COMMAND...`"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack("16xh22x", fcntl.ioctl(control, _GET_FLAGS, name))
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh22x", b"lo", flags | _UP))
    code = subprocess.call(sys.argv[1:])
    if "DRILL_NO_ROUTE" in os.environ:
        Path(os.environ["DRILL_NO_ROUTE"]).write_text(str(_without_route()))
    sys.exit(code if code >= 0 else 128 - code)


def _without_route() -> int:
    """Packets of this namespace that had nowhere to go."""
    names, counts = (
        line.split() for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Ip:")
    )  # fmt: skip
    of_six = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    return int(counts[names.index("OutNoRoutes")]) + int(of_six["Ip6OutNoRoutes"])


if __name__ == "__main__":
    main()
