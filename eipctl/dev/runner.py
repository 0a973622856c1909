"""One invocation, in the process that is started for it: `python -m eipctl.dev.runner HANDLER`.

Standard input is {event, context} as JSON; standard output is the result as JSON; the function's log goes to standard
error. What the handler raises ends the process with a traceback, as SCF reports a user exception.
"""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import redirect_stdout


def main(handler: str) -> None:
    """Run that handler (`file.function`) on what standard input holds."""
    module, _, function = handler.partition(".")
    given = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):
        result = getattr(importlib.import_module(f"functions.{module}"), function)(given["event"], given["context"])
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
