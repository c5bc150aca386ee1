"""Several rasters: age groups add up, tiles stand side by side, nobody counts twice."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tests.inputs.rasters.raster_files import LEFT, TOP, codes, found, layer, read, square, write

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

RNG = np.random.default_rng(2)
A = np.round(RNG.gamma(0.6, 20.0, (20, 20)))
B = np.round(RNG.gamma(0.6, 30.0, (20, 20)))


def test_age_groups_are_summed_and_no_data_is_nobody(tmp_path):
    young = np.array([[1.0, 0.0], [-99.0, 4.0]])
    old = np.array([[2.0, 0.0], [5.0, -99.0]])
    one = read(
        write(tmp_path / "young.tif", young, nodata=-99),
        write(tmp_path / "old.tif", old, nodata=-99),
    )
    xy = one.layer.frame.geometry.get_coordinates().to_numpy()
    assert xy.tolist() == [[500050, 4059950], [500050, 4059850], [500150, 4059850]]
    assert one.layer.frame["people"].tolist() == [3.0, 5.0, 4.0]


def test_every_raster_is_listed_with_its_own_hash_and_cells(tmp_path):
    paths = [write(tmp_path / f"{k}.tif", A + k) for k in range(10)]
    areas = {"district": layer("district", {"1": square(0, 0, 2000, 1000)})}
    one = read(*paths, areas=areas)
    every = [one, *one.also]
    assert [r.record.path for r in every] == [p.name for p in paths]
    assert [r.record.sha256 for r in every] == [
        hashlib.sha256(p.read_bytes()).hexdigest() for p in paths
    ]
    for k, each in enumerate(every):
        assert each.record.rows == each.record.accepted == (A[:10] + k > 0).sum()
        assert "raster_outside" in codes(each)
    assert one.layer.total == sum((A[:10] + k).sum() for k in range(10))


def test_tiles_side_by_side_are_one_raster(tmp_path):
    west = write(tmp_path / "w.tif", A)
    east = write(tmp_path / "e.tif", B, corner=(LEFT + 2000, TOP))
    areas = {"district": layer("district", {"1": square(1000, 500, 3000, 1500)})}
    one = read(west, east, areas=areas)
    assert one.layer.total == A[5:15, 10:].sum() + B[5:15, :10].sum()
    assert set(codes(one)) == {"raster_outside"}


def test_tiles_of_two_zones_are_one_study(tmp_path):
    # the second tile in UTM, clear of the first one
    from pyproj import Transformer

    to_utm = Transformer.from_crs("EPSG:4548", "EPSG:32650", always_xy=True)
    corner = to_utm.transform(LEFT + 2200, TOP)
    one = read(
        write(tmp_path / "w.tif", A), write(tmp_path / "e.tif", B, corner=corner, crs="EPSG:32650")
    )
    assert one.layer.total == A.sum() + B.sum()


def test_tiles_that_overlap_count_their_people_once(tmp_path):
    whole = np.hstack([A, B])
    west = write(tmp_path / "w.tif", whole[:, :25])
    east = write(tmp_path / "e.tif", whole[:, 15:], corner=(LEFT + 1500, TOP))
    one = read(west, east)
    assert one.layer.total == whole.sum()
    told = found(one.also[0], "raster_same_twice")
    assert told.assumption.count == (whole[:, 15:25] > 0).sum()
    assert one.also[0].record.set_aside == told.count


def test_tiles_that_overlap_with_other_numbers_are_told(tmp_path):
    whole = np.hstack([A, B])
    west = write(tmp_path / "w.tif", whole[:, :25])
    east = write(tmp_path / "e.tif", 2 * whole[:, 15:], corner=(LEFT + 1500, TOP))
    one = read(west, east)
    told = found(one.also[0], "raster_seam")
    assert one.layer.total == whole[:, :25].sum() + 2 * whole[:, 15:].sum()
    assert told.severity == "warning"
    assert told.assumption.count == (whole[:, 15:25] > 0).sum()
    assert f"{2 * whole[:, 15:25].sum():,.0f} people" in told.problem
    # of one extent they are groups that add up
    groups = read(west, write(tmp_path / "w2.tif", 2 * whole[:, :25]))
    assert "raster_seam" not in {f.code for f in groups.also[0].findings}


def test_the_same_file_twice_counts_once(tmp_path):
    one = read(write(tmp_path / "a.tif", A), write(tmp_path / "again.tif", A))
    assert one.layer.total == A.sum()
    assert "a.tif" in found(one.also[0], "raster_same_twice").problem


def test_another_grid_on_the_same_ground_is_refused(tmp_path):
    a = write(tmp_path / "a.tif", A)
    for cell, corner in ((100.0, (LEFT + 50, TOP)), (200.0, (LEFT, TOP))):
        one = read(a, write(tmp_path / "b.tif", B, cell=cell, corner=corner))
        assert one.layer is None
        assert "grid" in one.findings[-1].problem


def test_missing_rasters_are_named_all_at_once(tmp_path):
    one = read(write(tmp_path / "a.tif", A), tmp_path / "no.tif", tmp_path / "none.tif")
    assert one.layer is None
    assert "no.tif, none.tif" in one.findings[0].problem


def test_a_mosaic_is_hashed_with_its_tiles(tmp_path):
    west = write(tmp_path / "w.tif", A)
    east = write(tmp_path / "e.tif", B, corner=(LEFT + 2000, TOP))
    mosaic = tmp_path / "all.vrt"
    mosaic.write_text(
        f"""<VRTDataset rasterXSize="40" rasterYSize="20"><SRS>EPSG:4548</SRS>
        <GeoTransform>{LEFT}, 100, 0, {TOP}, 0, -100</GeoTransform>
        <VRTRasterBand dataType="Float32" band="1">
        <SimpleSource><SourceFilename relativeToVRT="1">w.tif</SourceFilename>
        <SourceBand>1</SourceBand>
        <SrcRect xOff="0" yOff="0" xSize="20" ySize="20"/>
        <DstRect xOff="0" yOff="0" xSize="20" ySize="20"/></SimpleSource>
        <SimpleSource><SourceFilename relativeToVRT="1">e.tif</SourceFilename>
        <SourceBand>1</SourceBand>
        <SrcRect xOff="0" yOff="0" xSize="20" ySize="20"/>
        <DstRect xOff="20" yOff="0" xSize="20" ySize="20"/></SimpleSource>
        </VRTRasterBand></VRTDataset>""",
        encoding="utf-8",
    )
    one = read(mosaic)
    assert one.layer.total == A.sum() + B.sum()
    assert one.record.parts == {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (west, east)
    }
