"""A tiny serve function for the tests: each line is Python source, each answer is a line of JSON.

It runs inside the box, in place of the runner.
"""

import json
import os
import traceback

PRELOAD = ("asyncio",)


def serve(commands: int, replies: int, output: int) -> None:
    """Execute each JSON-encoded source and answer what it left in `answer`, or its exception."""
    names: dict[str, object] = {}
    with os.fdopen(commands, "rb") as lines:
        for line in lines:
            names.pop("answer", None)
            try:
                exec(json.loads(line), names)
                reply = {"answer": names.get("answer")}
            except BaseException as error:
                reply = {
                    "error": type(error).__name__,
                    "text": str(error),
                    "trace": traceback.format_exc(),
                }
            os.write(replies, json.dumps(reply, default=repr).encode() + b"\n")


def broken(commands: int, replies: int, output: int) -> None:
    """Fail, as a server with a mistake in it would."""
    raise ValueError("a broken server")
