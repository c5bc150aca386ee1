"""The members of a network's file, each looked at before it is unpacked or handed on.

They are stored as they are, so that none can be larger than the file; an array is taken only where
its header says the kind that the network has, and its bytes are as many as the header says.
"""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.lib import format as npy
from numpy.typing import NDArray

from geoplan.network.graph.array_checks import KINDS
from geoplan.words.message import Message

#: no header of an array of numbers is longer
_LONGEST_HEADER = 1_000


class DamagedMemberError(ValueError):
    """A member is not as geoplan wrote it; `sentence` says why, in the reader's language."""

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key)
        self.sentence = Message(f"network_faults.{key}", **values)


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of one member, which must be stored uncompressed.

    Raises
    ------
    DamagedMemberError
        It is compressed: what it would unpack to is not known.
    KeyError, zipfile.BadZipFile, OSError, EOFError
        It is not there, or its bytes are not those that were written.
    """
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        raise DamagedMemberError("part_compressed", part=name)
    content = archive.read(info)
    if len(content) != info.file_size:
        raise DamagedMemberError("part_cut", part=name)
    return content


def array_of(content: bytes, name: str) -> NDArray[Any]:
    """The array `name` of a network, of the kind that it has to be.

    Raises
    ------
    DamagedMemberError, ValueError
        Another kind, byte order or number of dimensions, or bytes are missing or left over.

    Examples
    --------
    >>> buffer = io.BytesIO()
    >>> np.save(buffer, np.array([0, 1], np.int32))
    >>> array_of(buffer.getvalue(), "u")
    array([0, 1], dtype=int32)
    """
    stream = io.BytesIO(content)
    version = npy.read_magic(stream)
    if version != (1, 0):
        raise DamagedMemberError("part_other", part=name)
    shape, by_column, dtype = npy.read_array_header_1_0(stream, max_header_size=_LONGEST_HEADER)
    kind, dimensions = KINDS[name]
    if dtype != np.dtype(kind) or len(shape) != dimensions or (by_column and dimensions > 1):
        raise DamagedMemberError("part_kind", part=name, kind=dtype.str, dimensions=len(shape))
    held = len(content) - stream.tell()
    if any(side < 0 for side in shape) or dtype.itemsize * _product(shape) != held:
        raise DamagedMemberError("part_size", part=name)
    flat = np.frombuffer(content, dtype, offset=stream.tell())
    if kind is np.bool_ and len(flat) and int(flat.view(np.uint8).max()) > 1:
        raise DamagedMemberError("part_values", part=name)
    return flat.reshape(shape)


def _product(shape: tuple[int, ...]) -> int:
    """Exact, however large."""
    count = 1
    for side in shape:
        count *= side
    return count


def table_of(content: bytes) -> pd.DataFrame:
    """An Arrow table whose offsets and texts have been checked.

    Raises
    ------
    DamagedMemberError, pyarrow.ArrowInvalid
        Its buffers are compressed (they would unpack to any size), or it is damaged.
    """
    body = len(_ARROW)
    if content[:body] != _ARROW:
        raise DamagedMemberError("part_other", part="*.arrow")
    for message in pa.ipc.MessageReader.open_stream(content[body:]):
        if _is_compressed(message.metadata.to_pybytes(), message.type):
            raise DamagedMemberError("part_compressed", part="*.arrow")
    with pa.ipc.open_file(io.BytesIO(content)) as reader:
        table = reader.read_all()
    table.validate(full=True)
    return table.to_pandas()


#: what an Arrow file begins with
_ARROW = b"ARROW1\0\0"
#: places of fields in the Flatbuffers of Arrow's format (Message.fbs)
_HEADER, _DICTIONARY_DATA, _COMPRESSION = 2, 1, 3


def _is_compressed(metadata: bytes, kind: str) -> bool:
    """Whether the buffers of a message are compressed, by its Flatbuffer."""
    if kind not in ("record batch", "dictionary"):
        return False
    (root,) = struct.unpack_from("<I", metadata)
    batch = _inner_table(metadata, root, _HEADER)
    if kind == "dictionary":
        batch = _inner_table(metadata, batch, _DICTIONARY_DATA)
    return _field_offset(metadata, batch, _COMPRESSION) != 0


def _field_offset(buffer: bytes, table: int, place: int) -> int:
    """Offset of a field within its table, 0 where it is not there."""
    at = table - struct.unpack_from("<i", buffer, table)[0]
    size = struct.unpack_from("<H", buffer, at)[0]
    entry = 4 + 2 * place
    return int(struct.unpack_from("<H", buffer, at + entry)[0]) if entry < size else 0


def _inner_table(buffer: bytes, table: int, place: int) -> int:
    offset = _field_offset(buffer, table, place)
    if not offset:
        raise DamagedMemberError("part_cut", part="*.arrow")
    at = table + offset
    return at + int(struct.unpack_from("<I", buffer, at)[0])
