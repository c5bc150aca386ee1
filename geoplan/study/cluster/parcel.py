"""Files of a piece of work: sent by content, or fetched where workers see them, and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geoplan.errors import FileError

#: environment variable: where workers find the folder of the study; none: files are sent
WHERE_VARIABLE = "GEOPLAN_CLUSTER_FILES"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """Files by name, relative to one folder, as they can be sent.

    Parameters
    ----------
    contents : of the files that are sent.
    elsewhere : SHA-256 of those that workers fetch, and their name there.
    where : the folder of these: a path, or an address that fsspec knows (``s3://bucket/city``).
    """

    contents: Mapping[str, bytes] = field(default_factory=dict)
    elsewhere: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    where: str = ""

    @classmethod
    def of(cls, files: Mapping[str, Path], *, seen: Mapping[str, str], where: str = "") -> Parcel:
        """The files as they are now.

        Parameters
        ----------
        files : by the name that they get.
        seen : of those that workers see below `where`, the name there, by the name that they get.

        Examples
        --------
        >>> here = Path(__file__)
        >>> parcel = Parcel.of({"a/parcel.py": here}, seen={})
        >>> parcel.weight == here.stat().st_size
        True
        """
        contents: dict[str, bytes] = {}
        elsewhere: dict[str, tuple[str, str]] = {}
        for name, path in files.items():
            body = path.read_bytes()
            if where and name in seen:
                elsewhere[name] = hashlib.sha256(body).hexdigest(), seen[name]
            else:
                contents[name] = body
        return cls(contents=contents, elsewhere=elsewhere, where=where)

    @property
    def weight(self) -> int:
        """Bytes of the files that are sent."""
        return sum(map(len, self.contents.values()))

    def unpack(self, folder: Path) -> None:
        """Every file below `folder`.

        Raises
        ------
        FileError
            A file is not where workers should see it, or is another one there.
        """
        for name, body in self.contents.items():
            _write(folder / name, body)
        for name, (digest, there) in self.elsewhere.items():
            address = f"{self.where.rstrip('/')}/{there}"
            try:
                body = _fetched(address)
            except Exception as error:  # each kind of store has faults of its own
                why = f"{type(error).__name__}: {error}"
                raise FileError.of("cluster.not_seen", path=address, why=why) from None
            if hashlib.sha256(body).hexdigest() != digest:
                raise FileError.of("cluster.other_file", path=address)
            _write(folder / name, body)


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _fetched(address: str) -> bytes:
    import fsspec

    with fsspec.open(address, "rb") as file:
        return bytes(file.read())
