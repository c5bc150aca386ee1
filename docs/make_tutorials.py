"""Runs the notebooks for the docs site: ``python docs/make_tutorials.py``.

The executed copies go to build/tutorials and stay there until a notebook's code, the demo city
or geoplan's code changes; the notebooks themselves are left without outputs.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
EXECUTED = ROOT / "build" / "tutorials"
STAMPS = EXECUTED / "stamps.json"
TIMEOUT_S = 900


def main(names: list[str]) -> None:
    """Execute the notebooks whose names start so (none = all) and whose code changed since."""
    EXECUTED.mkdir(parents=True, exist_ok=True)
    stamps = json.loads(STAMPS.read_text(encoding="utf-8")) if STAMPS.exists() else {}
    shared = _shared_digest()
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if names and not path.name.startswith(tuple(names)):
            continue
        notebook = nbformat.read(path, as_version=4)
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        stamp = hashlib.sha256(shared + json.dumps(code).encode()).hexdigest()
        if stamps.get(path.name) == stamp and (EXECUTED / path.name).exists():
            continue
        NotebookClient(
            notebook, timeout=TIMEOUT_S, resources={"metadata": {"path": str(NOTEBOOKS)}}
        ).execute()
        nbformat.write(notebook, EXECUTED / path.name)
        stamps[path.name] = stamp
        STAMPS.write_text(json.dumps(stamps, indent=1), encoding="utf-8")


def _shared_digest() -> bytes:
    """Of everything that can change what a notebook shows, but the notebook."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.digest()


def _sources() -> Iterator[Path]:
    endings = {".py", ".toml", ".js", ".css", ".html"}
    yield from sorted(p for p in (ROOT / "geoplan").rglob("*") if p.suffix in endings)
    yield from sorted(p for p in (ROOT / "data").rglob("*") if p.is_file())


if __name__ == "__main__":
    main(sys.argv[1:])
