"""KML and KMZ: attribute names in any script, folders, descriptions, multi-part placemarks."""

from __future__ import annotations

import zipfile

import pytest

from geoplan.inputs import LayerSource, read_facilities, read_lines
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows import open_rows
from tests.inputs.places.conftest import CRS, codes, lonlat

HEAD = '<?xml version="1.0" encoding="{encoding}"?><kml xmlns="http://www.opengis.net/kml/2.2">'


def point(name, inner="", x=117.02, y=36.65):
    return (
        f"<Placemark><name>{name}</name>{inner}<Point><coordinates>{x},{y},0</coordinates></Point>"
        "</Placemark>"
    )


def folder(name, *inner):
    return f"<Folder><name>{name}</name>{''.join(inner)}</Folder>"


def data(**values):
    cells = "".join(f'<Data name="{k}"><value>{v}</value></Data>' for k, v in values.items())
    return f"<ExtendedData>{cells}</ExtendedData>"


def schema_data(**values):
    cells = "".join(f'<SimpleData name="{k}">{v}</SimpleData>' for k, v in values.items())
    return f'<ExtendedData><SchemaData schemaUrl="#S">{cells}</SchemaData></ExtendedData>'


def written(tmp_path, *inner, encoding="UTF-8", kmz=False, head=HEAD):
    text = f"{head.format(encoding=encoding)}<Document>{''.join(inner)}</Document></kml>"
    path = tmp_path / "p.kml"
    path.write_bytes(text.encode(encoding))
    if kmz:
        with zipfile.ZipFile(tmp_path / "p.kmz", "w") as archive:
            archive.write(path, "files/inner.kml")
        path = tmp_path / "p.kmz"
    return path


def read(path, **options):
    source = LayerSource(path=path, datum="wgs84", **options)
    return read_facilities(source, key="s", crs=CRS, lang="en")


@pytest.mark.parametrize("kind", [data, schema_data])
@pytest.mark.parametrize("kmz", [False, True])
def test_names_of_attributes_are_kept_in_any_script(tmp_path, kind, kmz):
    names = {"床位数": "20", "所属 区县": "历下", "a.b": "x", "Этаж": "3", "층수": "4", "ชั้น": "5"}
    one = read(written(tmp_path, point("A", kind(**names)), kmz=kmz))
    frame = one.layer.frame
    assert frame["capacity"].tolist() == [20]
    assert frame[["a.b", "Этаж", "층수", "ชั้น"]].iloc[0].tolist() == ["x", "3", "4", "5"]
    assert frame["name"].tolist() == ["A"]
    assert codes(one) == []


def test_both_kinds_of_elements_are_one_attribute(tmp_path):
    path = written(tmp_path, point("A", data(床位数=20)), point("B", schema_data(床位数=30), 117.1))
    assert read(path).layer.frame["capacity"].tolist() == [20, 30]


def test_a_person_named_in_a_chinese_attribute_is_kept_out(tmp_path):
    path = written(tmp_path, point("A", data(负责人="张三", 联系电话="13800138000")))
    one = read(path)
    assert "张三" not in one.layer.frame.astype(str).to_string()
    assert {code for _, code in codes(one)} == {"personal"}


@pytest.mark.parametrize(
    "description",
    [
        "<![CDATA[<html><table><tr><td>站点</td></tr><tr><td><table><tr><td>床位数</td><td>12</td>"
        "</tr><tr bgcolor='#D4E4F3'><td>层级</td><td>社区</td></tr></table></td></tr></table>]]>",
        "<![CDATA[<table><tr><th>床位数</th><td>12</td></tr><tr><th>层级</th><td>社区</td></tr></table>]]>",
        "<![CDATA[床位数: 12<br>层级: 社区]]>",
        "床位数：12\n层级：社区",
    ],
    ids=["arcgis", "plain table", "my maps", "lines"],
)
def test_attributes_in_a_description(tmp_path, description):
    path = written(tmp_path, point("A", f"<description>{description}</description>"))
    frame = read(path).layer.frame
    assert frame["capacity"].tolist() == [12]
    assert frame["tier"].tolist() == ["社区"]


def test_a_description_in_words_stays_one(tmp_path):
    text = "<description>二楼，开放时间 8:00-17:00</description>"
    frame = read(written(tmp_path, point("A", text), point("B", "", 117.1))).layer.frame
    assert frame["description"].tolist() == ["二楼，开放时间 8:00-17:00", ""]


def test_folders_of_one_kind_are_read_together_and_told(tmp_path):
    path = written(
        tmp_path,
        folder("甲", point("A"), folder("子", point("B", x=117.1))),
        folder("乙", point("C", x=117.2)),
    )
    one = read(path)
    assert one.layer.frame["name"].tolist() == ["A", "B", "C"]
    assert one.layer.frame["Folder"].tolist() == ["甲", "甲/子", "乙"]
    told = [f for f in one.findings if f.code == "folders_together"]
    assert len(told) == 1
    assert "甲/子 (1)" in told[0].problem
    for layer, names in (("甲", ["A", "B"]), ("甲/子", ["B"]), ("乙", ["C"])):
        assert read(path, layer=layer).layer.frame["name"].tolist() == names
    wrong = read(path, layer="丙")
    assert wrong.layer is None
    assert "甲" in wrong.findings[0].problem


def test_folders_of_several_kinds_must_be_chosen(tmp_path):
    line = (
        "<Placemark><name>L</name><LineString><coordinates>117,36.6 117.1,36.6</coordinates>"
        "</LineString></Placemark>"
    )
    path = written(tmp_path, folder("点", point("A")), folder("线", line))
    refused = read(path)
    assert refused.layer is None
    assert "点, 线" in refused.findings[0].problem
    assert len(read(path, layer="点").layer) == 1
    lines = read_lines(LayerSource(path=path, datum="wgs84", layer="线"), key="l", crs=CRS)
    assert len(lines.layer) == 1


def test_a_multigeometry_is_several_sites(tmp_path):
    parts = "".join(
        f"<Point><coordinates>117.0{k}, 36.6 , 0</coordinates></Point>" for k in range(3)
    )
    inner = f"<MultiGeometry>{parts}</MultiGeometry>"
    path = written(tmp_path, f"<Placemark><name>A</name>{inner}</Placemark>")
    one = read(path)
    assert lonlat(one) == [(117.0, 36.6), (117.01, 36.6), (117.02, 36.6)]
    assert codes(one) == [(None, "several_places")]


@pytest.mark.parametrize("encoding", ["UTF-8", "GB2312", "GBK", "UTF-16"])
def test_encodings(tmp_path, encoding):
    assert read(written(tmp_path, point("泉城路"), encoding=encoding)).layer.frame[
        "name"
    ].tolist() == ["泉城路"]


def test_forgotten_namespaces_and_broken_coordinates(tmp_path):
    gone = "<gx:balloonVisibility>1</gx:balloonVisibility>"
    bad = "<Placemark><name>B</name><Point><coordinates>117.0</coordinates></Point></Placemark>"
    one = read(written(tmp_path, point("A", gone), bad, "<Placemark><name>C</name></Placemark>"))
    assert codes(one) == [
        (2, "broken_coordinates"),
        (2, "no_geometry"),
        (3, "no_geometry"),
    ]
    assert one.layer.frame["name"].tolist() == ["A"]


def test_links_are_told_and_not_followed(tmp_path):
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"
    collector = FindingCollector(
        source=LayerSource(path=written(tmp_path, link, point("A"))), lang="en"
    )
    assert len(open_rows(collector)) == 1
    assert [f.code for f in collector.findings] == ["links_not_followed"]


def test_no_kml_at_all(tmp_path):
    (tmp_path / "p.kml").write_text("<kml><Document>", encoding="utf-8")
    one = read(tmp_path / "p.kml")
    assert one.layer is None
    assert one.findings[0].code == "unusable"
    bomb = (
        '<!DOCTYPE k [<!ENTITY a "'
        + "x" * 1000
        + '">'
        + "".join(
            f'<!ENTITY {b} "{f"&{a};" * 100}">' for a, b in zip("abcdef", "bcdefg", strict=True)
        )
        + "]><kml>&g;</kml>"
    )
    (tmp_path / "p.kml").write_text(bomb, encoding="utf-8")
    assert read(tmp_path / "p.kml").layer is None


def test_what_stands_beside_doc_kml_is_told(tmp_path):
    one_site = HEAD.format(encoding="UTF-8") + "<Document>" + point("A") + "</Document></kml>"
    path = tmp_path / "p.kmz"
    for names, told in ((("doc.kml", "more/b.kml"), True), (("a.kml", "b.kml"), False)):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, one_site)
        one = read_facilities(LayerSource(path=path, datum="wgs84"), key="s", crs=CRS, lang="en")
        left_out = [f for f in one.findings if f.code == "kmz_left_out"]
        assert [("more/b.kml" in f.problem, f.count) for f in left_out] == [(True, 1)] * told
        assert len(one.layer) == (1 if told else 2)
