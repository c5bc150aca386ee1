"""Make a folder that installs geoplan where there is no internet: `make bundle`.

It holds the wheels of geoplan and of everything that it needs on one platform, a script that
installs them without administrator's rights, the demo city and the documentation.

    python bundle/make_bundle.py --platform win_amd64 --python 3.12
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
#: what a platform is called, and the tags of wheels that run on it
PLATFORMS: dict[str, list[str]] = {
    "win_amd64": ["win_amd64"],
    "manylinux_x86_64": [f"manylinux_2_{n}_x86_64" for n in (28, 27, 24, 17)]
    + ["manylinux2014_x86_64"],
    "manylinux_aarch64": [f"manylinux_2_{n}_aarch64" for n in (28, 27, 24, 17)]
    + ["manylinux2014_aarch64"],
    "macosx_arm64": [f"macosx_{n}_0_arm64" for n in (14, 13, 12, 11)],
}
_MARKERS: dict[str, dict[str, str]] = {
    "win": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    "manylinux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macosx": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
}
_MACHINES = {"win_amd64": "AMD64", "macosx_arm64": "arm64", "manylinux_aarch64": "aarch64"}


def environment(platform: str, python: str) -> dict[str, str]:
    """What markers such as ``sys_platform == "win32"`` are compared with on the target.

    Parameters
    ----------
    platform : one of `PLATFORMS`.
    python : ``"3.12"``.
    """
    found = {key: str(value) for key, value in default_environment().items()}
    found |= _MARKERS[platform.partition("_")[0]]
    found |= {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_version": f"{python}.0",
        "platform_machine": _MACHINES.get(platform, "x86_64"),
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }
    return found


def wheel_facts(wheel: Path) -> tuple[str, Version, list[Requirement]]:
    """Name, version and requirements of a wheel file."""
    name, version, *_ = parse_wheel_filename(wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        inside = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        head = HeaderParser().parsestr(archive.read(inside).decode("utf-8"))
    return name, version, [Requirement(text) for text in head.get_all("Requires-Dist") or []]


def missing(folder: Path, wanted: list[str], target: Mapping[str, str]) -> Iterator[Requirement]:
    """What the wheels of `folder` do not meet, beginning with `wanted`, on a platform.

    Parameters
    ----------
    folder : holds wheels.
    wanted : requirements to begin with, ``["geoplan[fetch]"]``.
    target : as `environment` gives it.

    Yields
    ------
    Requirement
        One that no wheel of the folder meets; none when the folder is complete.
    """
    there = {canonicalize_name(n): (v, r) for n, v, r in map(wheel_facts, folder.glob("*.whl"))}
    waiting = [Requirement(text) for text in wanted]
    seen: set[str] = set()
    while waiting:
        needed = waiting.pop()
        if str(needed) in seen:
            continue
        seen.add(str(needed))
        version, needs = there.get(canonicalize_name(needed.name), (None, []))
        if version is None or not needed.specifier.contains(version, prereleases=True):
            yield needed
            continue
        for extra in ["", *sorted(needed.extras)]:
            here = {**target, "extra": extra}
            waiting += [r for r in needs if r.marker is None or r.marker.evaluate(here)]


def _pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], check=True
    )


def _download(wheels: Path, needs: list[str], platform: str, python: str) -> None:
    tags = [f"--platform={tag}" for tag in PLATFORMS[platform]]
    _pip(
        "download", "--quiet", "--only-binary=:all:", "--implementation=cp", *tags,
        f"--python-version={python}", f"--find-links={wheels}", f"--dest={wheels}", *needs,
    )  # fmt: skip


def complete(wheels: Path, wanted: list[str], platform: str, python: str) -> None:
    """Download until nothing is missing on the target.

    pip compares markers with the machine that it runs on, so that a bundle for Windows made on
    Linux would lack what only Windows needs.
    """
    target = environment(platform, python)
    for _ in range(10):
        lacking = [str(Requirement(f"{r.name}{_extras(r)}{r.specifier}")) for r in
                   missing(wheels, wanted, target)]  # fmt: skip
        if not lacking:
            return
        _download(wheels, lacking, platform, python)
    raise SystemExit(f"no wheels for {platform}, Python {python}: {', '.join(lacking)}")


def _extras(requirement: Requirement) -> str:
    return f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""


def write_scripts(folder: Path, python: str, version: str, platform: str) -> None:
    """The installing script of the platform, and what to do in Chinese and English."""
    names = ["install.bat"] if platform.startswith("win") else ["install.sh"]
    for name in [*names, "README.txt"]:
        text = (HERE / name).read_text(encoding="utf-8")
        text = text.replace("@PYTHON@", python).replace("@VERSION@", version)
        windows = platform.startswith("win")
        encoding = "utf-8-sig" if name == "README.txt" else "utf-8"
        lines = "\r\n" if windows else "\n"
        (folder / name).write_text(text, encoding=encoding, newline=lines)
        if name == "install.sh":
            (folder / name).chmod(0o755)


def make_bundle(platform: str, python: str, out: Path, *, wheel: Path | None = None) -> Path:
    """Write the bundle's folder into `out`; returns it.

    Parameters
    ----------
    platform, python : what it is for.
    out : holds the bundles.
    wheel : geoplan's wheel where it is built already.
    """
    work = out / f"new-{platform}-py{python}"
    shutil.rmtree(work, ignore_errors=True)
    wheels = work / "wheels"
    wheels.mkdir(parents=True)
    if wheel is None:
        _pip("wheel", "--quiet", "--no-deps", f"--wheel-dir={wheels}", str(ROOT))
    else:
        shutil.copy(wheel, wheels)
    _, version, _ = wheel_facts(next(wheels.glob("geoplan-*.whl")))
    _download(wheels, [str(next(wheels.glob("geoplan-*.whl")))], platform, python)
    complete(wheels, [f"geoplan=={version}"], platform, python)
    write_scripts(work, python, str(version), platform)
    shutil.copytree(ROOT / "data" / "jinan_demo", work / "demo")
    no_code = shutil.ignore_patterns("*.py", "__pycache__")
    shutil.copytree(ROOT / "docs", work / "docs", ignore=no_code)
    for name in ("README.md", "README.zh-CN.md", "LICENSE"):
        shutil.copy(ROOT / name, work / name)
    target = out / f"geoplan-{version}-{platform}-py{python}"
    shutil.rmtree(target, ignore_errors=True)
    return work.rename(target)


def main() -> None:
    """Make a bundle as the command line says."""
    given = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    given.add_argument("--platform", choices=sorted(PLATFORMS), default="win_amd64")
    given.add_argument("--python", default=f"{sys.version_info[0]}.{sys.version_info[1]}")
    given.add_argument("--out", type=Path, default=ROOT / "dist")
    given.add_argument("--wheel", type=Path, help="geoplan's wheel; default: built anew")
    options = given.parse_args()
    made = make_bundle(options.platform, options.python, options.out, wheel=options.wheel)
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file()) / 1e6
    sys.stdout.write(f"{made} ({size:.0f} MB, {len(list(made.glob('wheels/*.whl')))} wheels)\n")


if __name__ == "__main__":
    main()
