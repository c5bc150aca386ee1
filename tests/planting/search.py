"""Plants personal data, runs all, searches all outputs: `python -m tests.planting.search`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from geoplan.comparison.runs import compare_runs
from geoplan.outputs import export_run
from geoplan.study import Study, check_study
from tests.planting.plant_study import KINDS, plant
from tests.planting.unpack import everything, texts


@dataclass
class Found:
    """How many pieces were planted, and which were seen where."""

    planted: int = 0
    seen: list[tuple[str, str, str]] = field(default_factory=list)


def search(
    seed: int, kind: str, folder: Path, *, formats: tuple[str, ...] = ("geojson", "gdb")
) -> Found:
    """One study with plants, run for both audiences, exported and compared."""
    study_folder = folder / "study"
    pieces, _ = plant(study_folder, seed, kind)
    found = Found(planted=len(pieces.made))
    study = Study.open(study_folder)
    report = check_study(study_folder)
    _look(str(report.to_dict()), pieces.made, "check", found)
    _look(everything_in(report.written), pieces.made, "check's findings.xlsx", found)
    runs = {}
    for audience in ("internal", "public"):
        plan = study.run(audience=audience)
        runs[audience] = plan.save(folder / audience)
        _look(everything(runs[audience]), pieces.made, audience, found)
        shown = plan.map("meal_station").get_root().render() + plan._repr_html_() + plan.summary()
        _look(shown, pieces.made, f"{audience} notebook", found)
        for ending in formats:
            out = folder / f"export_{audience}_{ending}"
            export_run(runs[audience], format=ending, out=out)
            said = everything(out) if out.is_dir() else everything_in(out)
            _look(said, pieces.made, f"{audience} {ending}", found)
    again = study.run(audience="public").save(folder / "again")
    _look(str(compare_runs(runs["public"], again).text()), pieces.made, "comparison", found)
    _look(everything(runs["internal"]), [str(folder), Path.home().name + "@"], "paths", found)
    return found


def everything_in(path: Path) -> str:
    """All texts of one file."""
    return "\n".join(texts(path))


def _look(text: str, wanted: list[str], where: str, found: Found) -> None:
    for piece in wanted:
        at = text.find(piece)
        if at >= 0:
            found.seen.append((piece, where, text[max(at - 80, 0) : at + 60]))


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> int:
    """Print how many pieces were planted and seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    planted = seen = 0
    for seed in range(given.first, given.first + given.seeds):
        kind = KINDS[seed % len(KINDS)]
        with tempfile.TemporaryDirectory() as folder:
            found = search(
                seed, kind, Path(folder), formats=("geojson", "csv", "xlsx", "kml", "gdb")
            )
        planted += found.planted
        seen += len(found.seen)
        for piece, where, around in found.seen[:5]:
            say(f"seed {seed} {kind}: {piece!r} in {where}: {around!r}")
    say(f"{planted:,} pieces planted in {given.seeds} studies, {seen:,} seen")
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main())
