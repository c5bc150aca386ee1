"""Rasters that point elsewhere, hold less than they say, or would fill the memory are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from geoplan.errors import FileError
from geoplan.inputs.files.gate.limits import limits_set
from geoplan.inputs.files.gate.raster_file import opened_raster
from geoplan.inputs.files.source import file_parts
from geoplan.inputs.rasters.cut import cut_raster
from geoplan.inputs.rasters.open_raster import open_raster

HERE = Affine(100, 0, 500_000, 0, -100, 4_055_000)
NONE = np.empty(0, object)


def write(path: Path, values=None, *, side: int = 40, **profile) -> Path:
    profile = {"dtype": "float32", "crs": "EPSG:4548", "transform": HERE, **profile}
    with rasterio.open(path, "w", driver="GTiff", width=side, height=side, count=1, **profile) as t:
        if values is not None:
            t.write(values, 1)
    return path


def mosaic(folder: Path, inner: str, flags: str = 'relativeToVRT="1"') -> Path:
    path = folder / "all.vrt"
    path.write_text(
        '<VRTDataset rasterXSize="4" rasterYSize="4"><SRS>EPSG:4548</SRS>'
        "<GeoTransform>500000, 100, 0, 4055000, 0, -100</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f"<SourceFilename {flags}>{inner}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    return path


def test_a_refused_mosaic_has_no_file_elsewhere_read_for_its_record(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    (tmp_path / "one.tif").write_bytes(b"elsewhere")
    (folder / "one.tif").write_bytes(b"here")
    assert list(file_parts(mosaic(folder, "one.tif"))) == ["one.tif"]
    for inner in ("../one.tif", str(tmp_path / "one.tif")):
        assert file_parts(mosaic(folder, inner)) == {}
    path = mosaic(folder, "&b;")
    path.write_text('<!DOCTYPE a [<!ENTITY b "one.tif">]>' + path.read_text(encoding="utf-8"))
    assert file_parts(path) == {}


def test_a_mosaic_of_rasters_beside_it_is_read(tmp_path: Path) -> None:
    write(tmp_path / "one.tif", np.ones((4, 4), "float32"), side=4)
    with opened_raster(mosaic(tmp_path, "one.tif")) as source:
        assert source.read(1).sum() == 16


@pytest.mark.parametrize(
    "inner",
    [
        "/vsicurl/http://127.0.0.1:9/x.tif",
        "http://127.0.0.1:9/x.tif",
        "../one.tif",
        "/etc/passwd",
        "<GDAL_WMS/>",
        "none.tif",
        "all.vrt",
        "",
    ],
)
def test_a_mosaic_of_anything_else_is_refused(tmp_path: Path, inner: str) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    write(tmp_path / "one.tif", np.ones((4, 4), "float32"), side=4)
    with pytest.raises(FileError, match=r"points to others|also holds GDAL_WMS"):
        open_raster(mosaic(folder, inner))
    with pytest.raises(FileError, match=r"points to others|also holds GDAL_WMS"):
        open_raster(mosaic(folder, str(tmp_path / "one.tif"), 'relativeToVRT="0"'))


@pytest.mark.parametrize(
    "more",
    [
        '<SimpleSource SourceFilename="/etc/passwd"><SourceBand>1</SourceBand></SimpleSource>',
        "<SimpleSource><SourceFilename><![CDATA[/vsicurl/http://127.0.0.1:9/x.tif]]>"
        "</SourceFilename></SimpleSource>",
        '<SimpleSource><SourceFilename shared="1">one.tif</SourceFilename></SimpleSource>',
        '<SimpleSource><SourceFilename relativeToVRT="1">none<a/>.tif</SourceFilename>'
        "</SimpleSource>",
        "<PixelFunctionLanguage>Python</PixelFunctionLanguage>",
        "<Overview><SourceFilename/></Overview><RawRasterBand/>",
    ],
)
def test_a_mosaic_with_more_than_a_mosaic_has_is_refused(tmp_path: Path, more: str) -> None:
    write(tmp_path / "one.tif", np.ones((4, 4), "float32"), side=4)
    path = mosaic(tmp_path, "one.tif")
    path.write_text(path.read_text().replace("</VRTRasterBand>", f"{more}</VRTRasterBand>"))
    with pytest.raises(FileError, match=r"points to others|also holds"):
        open_raster(path)


def test_what_a_mosaic_only_says_for_show_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "one.tif", np.ones((4, 4), "float32"), side=4)
    path = mosaic(tmp_path, "one.tif")
    shown = (
        '<Metadata><MDI key="a">b</MDI></Metadata><Overview><SourceFilename>/etc/passwd'
        "</SourceFilename></Overview><ColorInterp>Gray</ColorInterp></VRTRasterBand>"
    )
    path.write_text(path.read_text().replace("</VRTRasterBand>", shown))
    with opened_raster(path) as source:
        assert source.read(1).sum() == 16


def test_parts_of_a_mosaic_pass_the_gate_themselves(tmp_path: Path) -> None:
    write(
        tmp_path / "one.tif",
        np.zeros((400, 400), "float32"),
        side=400,
        compress="deflate",
        blockysize=400,
    )
    with limits_set({"block_mb": 0.1}), pytest.raises(FileError, match="block_mb"):
        open_raster(mosaic(tmp_path, "one.tif"))
    (tmp_path / "one.tif").write_bytes(b"II nothing")
    with pytest.raises(FileError, match=r"one\.tif, a part of the mosaic"):
        open_raster(mosaic(tmp_path, "one.tif"))
    (tmp_path / "all.vrt").write_text("<VRTDataset")
    with pytest.raises(FileError, match="no whole XML"):
        open_raster(tmp_path / "all.vrt")


@pytest.mark.parametrize(
    "content",
    [
        b"<GDAL_WMS><Service name='WMS'/></GDAL_WMS>",
        b"<VRTDataset rasterXSize='4'/>",
        b"<WMS_Capabilities/>",
        b"nothing",
        b"II*\x00" + b"\xff" * 60,
        b"",
    ],
)
@pytest.mark.parametrize("ending", [".tif", ".asc", ".img"])
def test_what_is_no_raster_of_its_ending_is_refused(tmp_path: Path, content, ending) -> None:
    path = tmp_path / f"people{ending}"
    path.write_bytes(content)
    with pytest.raises(FileError):
        open_raster(path)


def test_a_raster_that_is_cut_off_is_refused_where_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "people.tif", np.ones((400, 400), "float32"), side=400)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(FileError):
        cut_raster(open_raster(path), NONE, NONE)


def test_sizes_are_looked_at_before_anything_is_read(tmp_path: Path) -> None:
    flat = np.zeros((400, 400), "float32")
    whole = write(tmp_path / "whole.tif", flat, side=400, compress="deflate", blockysize=400)
    with limits_set({"block_mb": 0.1}), pytest.raises(FileError, match="block_mb"):
        open_raster(whole)
    huge = write(tmp_path / "huge.tif", side=60_000, SPARSE_OK=True, tiled=True)
    with pytest.raises(FileError, match="raster_cells"):
        cut_raster(open_raster(huge), NONE, NONE)
    full = write(tmp_path / "full.tif", flat + 1, side=400)
    with limits_set({"rows": 1000}), pytest.raises(FileError, match="rows"):
        cut_raster(open_raster(full), NONE, NONE)
