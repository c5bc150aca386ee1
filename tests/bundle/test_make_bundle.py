"""An offline bundle is complete on the platform it is for, not on the one that made it."""

from __future__ import annotations

import importlib.util
import zipfile

import pytest


@pytest.fixture(scope="module")
def maker(checkout):
    path = checkout / "bundle" / "make_bundle.py"
    spec = importlib.util.spec_from_file_location("make_bundle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder, name, version, *needs):
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    head += "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", head + "\n")


@pytest.fixture
def wheels(tmp_path):
    wheel(tmp_path, "geoplan", "1.0", "shell>=8", 'maps>=2; extra == "fetch"')
    wheel(
        tmp_path, "shell", "8.1", 'colours; sys_platform == "win32"', "old; python_version < '3.0'"
    )
    return tmp_path


def lacking(maker, folder, platform, wanted="geoplan"):
    target = maker.environment(platform, "3.12")
    return [need.name for need in maker.missing(folder, [wanted], target)]


def test_what_only_windows_needs_is_missed_there_alone(maker, wheels):
    assert lacking(maker, wheels, "manylinux_x86_64") == []
    assert lacking(maker, wheels, "win_amd64") == ["colours"]
    wheel(wheels, "colours", "0.4")
    assert lacking(maker, wheels, "win_amd64") == []


def test_extras_and_versions_that_do_not_fit_are_missed(maker, wheels):
    assert lacking(maker, wheels, "manylinux_x86_64", "geoplan[fetch]") == ["maps"]
    assert lacking(maker, wheels, "manylinux_x86_64", "geoplan>=2") == ["geoplan"]


@pytest.mark.parametrize(
    ("platform", "name", "ends"),
    [("win_amd64", "install.bat", b"\r\n"), ("macosx_arm64", "install.sh", b"\n")],
)
def test_the_installing_script_is_one_that_the_platform_reads(
    maker, tmp_path, platform, name, ends
):
    maker.write_scripts(tmp_path, "3.12", "1.0", platform)
    assert {path.name for path in tmp_path.iterdir()} == {name, "README.txt"}
    raw = (tmp_path / name).read_bytes()
    assert raw.endswith(ends)
    assert (b"\r\n" in raw) == (ends == b"\r\n")
    assert b"@" not in raw.replace(b"@echo", b"")
    assert b"geoplan==1.0" in raw
    assert b"--no-index" in raw
    # cmd reads a script in the code page of the machine: only ASCII means the same in all of them
    assert raw.isascii() or name == "install.sh"
    assert (tmp_path / "README.txt").read_bytes().startswith(b"\xef\xbb\xbf")
