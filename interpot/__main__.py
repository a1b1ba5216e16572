"""``interpot`` and ``python -m interpot``: the command line, loaded so that it can be stopped meanwhile."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Load the command line and run it; Ctrl-C while it loads, which takes a second, ends it quietly, too."""
    try:
        from interpot.cli import main as command
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.stderr.flush()
        os._exit(130)  # at once: threads of half-loaded libraries may not end
    command()


if __name__ == "__main__":
    main()
