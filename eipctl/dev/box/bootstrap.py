"""What an instance runs: it loads a handler from the code folder, then answers one invocation after another.

Given to `python -c` as text, so that nothing of ours is on an instance's path: it knows the standard library alone.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from importlib import import_module

MAX_RESULT = 6 * 2**20


def main(handler: str) -> int:
    """Its exit code.

    It is asked by standard input and answers by standard output, each in a line; the handler's own input is empty, and
    its output is the log.
    """
    asked = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what was printed is in the log, whatever ends the process
    module, _, function = handler.partition(".")
    try:
        handle = getattr(import_module(module), function)
    except Exception as error:  # noqa: BLE001 - whatever the code raises, the platform reports it
        print(_failure(error), file=answers, flush=True)
        return 1
    print(json.dumps({"loaded": handler}), file=answers, flush=True)
    for line in asked:
        work = json.loads(line)
        os.environ.update(work["environ"])
        try:
            answer = _answer(handle(work["event"], work["context"]))
        except Exception as error:  # noqa: BLE001 - as above
            answer = _failure(error)
        sys.stdout.flush()
        print(answer, file=answers, flush=True)
    return 0


def _answer(result: object) -> str:
    text = json.dumps(result)
    if len(text) > MAX_RESULT:
        return json.dumps({"error": f"the result has {len(text)} bytes, {MAX_RESULT} are allowed"})
    return f'{{"result": {text}}}'


def _failure(error: Exception) -> str:
    """The traceback goes to the log, its last line is the answer."""
    traceback.print_exc()
    return json.dumps({"error": traceback.format_exception_only(type(error), error)[-1].strip()})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
