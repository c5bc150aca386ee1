"""Messages through a pipe, each with its length before it."""

from __future__ import annotations

from typing import IO

_LENGTH_BYTES = 8


def write_frame(pipe: IO[bytes], body: bytes) -> None:
    """One message; a pipe without buffer may take a part at a time."""
    for part in (len(body).to_bytes(_LENGTH_BYTES, "little"), body):
        left = memoryview(part)
        while left:
            left = left[pipe.write(left) :]


def read_frame(pipe: IO[bytes]) -> bytearray:
    """The next message.

    Raises
    ------
    EOFError
        The other end is closed.
    """
    return _read(pipe, int.from_bytes(_read(pipe, _LENGTH_BYTES), "little"))


def _read(pipe: IO[bytes], size: int) -> bytearray:
    body = bytearray(size)
    left = memoryview(body)
    while left:
        count = pipe.readinto(left)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        left = left[count:]
    return body
