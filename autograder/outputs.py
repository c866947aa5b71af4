"""What a cell shows, as nbformat outputs of bounded size: text, one result, PNG pictures, one error."""

from __future__ import annotations

import io
from typing import Any

__all__ = ["Output", "Recorder", "error_output"]

Output = dict[str, Any]
PICTURES = 2_000_000  # characters of base64


class _Stream(io.RawIOBase):
    """A file whose bytes become stream outputs."""

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder = recorder
        self._name = name

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        text = bytes(data).decode("utf-8", "replace")
        self._recorder.text(self._name, text)
        return len(data)


class Recorder:
    """Collects the outputs of a cell or call: text up to ``limit`` characters, pictures up to `PICTURES`.

    >>> recorder = Recorder(limit=1000)
    >>> print("hello", file=recorder.stdout)
    >>> recorder.take()
    [{'output_type': 'stream', 'name': 'stdout', 'text': 'hello\\n'}]
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._size = self._pictured = 0
        self._outputs: list[Output] = []
        self._pieces: list[str] = []  # text of the last stream output, joined when taken
        # "backslashreplace", because a student may print what no encoding can write.
        self.stdout, self.stderr = [
            io.TextIOWrapper(_Stream(self, name), "utf-8", errors="backslashreplace", write_through=True)  # type: ignore[type-var]
            for name in ("stdout", "stderr")
        ]

    def text(self, name: str, text: str) -> None:
        """Add text to a stream."""
        text = self._within(text)
        if not text:
            return
        last = self._outputs[-1] if self._outputs else {}
        if last.get("name") != name:
            self._join()
            self._outputs.append({"output_type": "stream", "name": name, "text": ""})
        self._pieces.append(text)

    def _within(self, text: str) -> str:
        room = self.limit - self._size
        self._size += len(text)
        if len(text) <= room:
            return text
        return text[:room] + "\n… (output cut)\n" if room > 0 else ""

    def add(self, output: Output) -> None:
        """Add an output that is not a stream, if there is room."""
        self._join()
        data = output.get("data")
        if data is None:
            self._outputs.append(
                {**output, "traceback": [self._within(line) for line in output["traceback"]]}
            )
            return
        self._pictured += len(data.get("image/png", ""))
        if self._pictured > PICTURES:
            data.pop("image/png", None)
        self._outputs.append({**output, "data": {**data, "text/plain": self._within(data["text/plain"])}})

    def _join(self) -> None:
        if self._pieces:
            self._outputs[-1]["text"] = "".join(self._pieces)
            self._pieces.clear()

    def take(self) -> list[Output]:
        """The outputs so far; the recorder is empty afterwards."""
        for stream in (self.stdout, self.stderr):
            if not stream.closed:
                stream.flush()
        self._join()
        outputs, self._outputs, self._size, self._pictured = self._outputs, [], 0, 0
        return outputs


def error_output(name: str, message: str, trace: list[str]) -> Output:
    """An nbformat error."""
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": trace}
