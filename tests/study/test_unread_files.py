"""Files in a study's folder that nobody reads are told; a new study says what comes next."""

from __future__ import annotations

from geoplan.study import check_report, check_study
from tests.cli.test_cli import geoplan


def test_a_workbook_that_no_section_names_is_told(small_folder):
    assert check_study(small_folder).unread == ()
    for name in (
        "助餐点台账.xlsx",
        "~$助餐点台账.xlsx",
        "findings-2.xlsx",
        "notes.txt",
        "区县.csv",
    ):
        (small_folder / name).write_bytes(b"")
    report = check_study(small_folder)
    assert report.unread == ("助餐点台账.xlsx",)
    assert "not read: 助餐点台账.xlsx." in check_report(report)
    zh = check_report(check_study(small_folder, lang="zh"))
    assert "有 1 个数据文件没有用到：助餐点台账.xlsx。" in zh


def test_files_that_are_read_by_a_list_or_from_beside_are_not_told(small_folder):
    study = small_folder / "study.toml"
    text = study.read_text(encoding="utf-8")
    (small_folder / "rivers.gpkg").write_bytes(b"")
    assert check_study(small_folder).unread == ("rivers.gpkg",)
    study.write_text(
        text.replace('path = "streets.gpkg"', 'path = "streets.gpkg"\nbarriers = "rivers.gpkg"'),
        encoding="utf-8",
    )
    assert "rivers.gpkg" not in check_study(small_folder).unread


def test_a_new_study_says_what_comes_next(tmp_path):
    made = geoplan("new", tmp_path / "mine")
    assert f"geoplan check {tmp_path / 'mine'}" in made.stderr
    assert "study.toml" in made.stdout.splitlines()[0]
    english = geoplan("new", tmp_path / "other", "--lang", "en")
    assert english.stderr.startswith("Next: put your files")
