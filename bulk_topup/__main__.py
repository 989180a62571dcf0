"""The entry point of `bulk-topup` and of `python -m bulk_topup`."""

from __future__ import annotations

import atexit
import gc
import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is still loading also ends in one line."""
    # At its end an interpreter looks through all that it has for cycles, only to free what ends with it.
    atexit.register(gc.freeze)
    try:
        from bulk_topup.commands.main import main as command_line

        command_line()
    except KeyboardInterrupt:
        from bulk_topup.core.errors import Exit
        from bulk_topup.report.words import say

        sys.stderr.write(say.text("error", message=say.text("interrupted.before")) + "\n")
        sys.exit(Exit.INTERRUPTED)


if __name__ == "__main__":
    main()
