"""The `clinseek` command, and `python -m clinseek`: Ctrl-C is heard while it is imported, too."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line that was typed."""
    try:
        from clinseek.cli.main import main as typed
    except BaseException as error:
        from clinseek.errors import is_interrupt

        if not is_interrupt(error):
            raise
        sys.stderr.write("\nInterrupted; run the same command again\n")
        sys.exit(130)
    typed()


if __name__ == "__main__":
    main()
