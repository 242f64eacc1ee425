from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from training.data.table import Row, folder_of, read_rows


def _table(folder: Path, text: str, name: str = "t.tsv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_columns_are_read_by_name(tmp_path: Path) -> None:
    table = _table(tmp_path, "class,x,group,file\nreal,9,ada,a/1.jpg\n", "t.csv")
    assert read_rows(table) == [Row(2, "a/1.jpg", "real", group="ada")]


def test_the_share_that_is_photograph_is_a_number_or_left_out(tmp_path: Path) -> None:
    table = _table(tmp_path, "file,class,centre\na.jpg,real,0.76\nb.jpg,real,\n", "t.csv")
    assert [row.centre for row in read_rows(table)] == [0.76, None]


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    table = _table(tmp_path, "\ufefffile\tclass\r\na.jpg\tfake\r\n")
    assert read_rows(table) == [Row(2, "a.jpg", "fake")]


@pytest.mark.parametrize("text", [
    "File;Class\ntest\\a.jpg;REAL\n",  # as a spreadsheet in German and Windows write it
    " file , class\n test/a.jpg , REAL \n",
    "FILE\tCLASS\ntest/a.jpg\tREAL\n",
])  # fmt: skip
@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_separators_capitals_spaces_and_backslashes_are_as_their_program_writes_them(
    tmp_path: Path, text: str, name: str
) -> None:
    assert read_rows(_table(tmp_path, text, name)) == [Row(2, "test/a.jpg", "REAL")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'file'"),
        ("file\tverdict\na.jpg\treal\n", "no column 'class'"),
        ("file\tclass\na.jpg\n", "line 2: expected 2 cells"),
        ("file\tclass\na.jpg\treal\tx\n", "line 2: expected 2 cells"),
        ("file\tclass\na.jpg\treal\na.jpg\tfake\n", "line 3: a.jpg stands in the table twice"),
        ("file\tclass\n../a.jpg\treal\n", "below the folder of the table"),
        ("file\tclass\n/a.jpg\treal\n", "below the folder of the table"),
        ("file\tclass\tcentre\na.jpg\treal\t1.5\n", "line 2: the centre is '1.5'"),
        ("file\tclass\tcentre\na.jpg\treal\tall\n", "line 2: the centre is 'all'"),
        ("file\tclass\n\treal\n", "below the folder of the table"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_rows(_table(tmp_path, text))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(b"file\tclass\n\xff\xfe\treal\n")
    with pytest.raises(ConfigurationError, match="no table of text"):
        read_rows(path)


def test_a_table_of_any_text_is_read_or_refused(tmp_path: Path) -> None:
    cell = st.text(max_size=20)
    line = st.lists(cell, max_size=4).map("\t".join)
    head = st.sampled_from(["file\tclass", "file\tclass\tsplit", "file\tclass\tgroup\tsource"])

    @settings(deadline=None)
    @given(head, st.lists(line, max_size=5))
    def holds(first: str, lines: list[str]) -> None:
        table = tmp_path / "t.tsv"
        table.write_text("\n".join([first, *lines]), encoding="utf-8", errors="replace")
        try:
            rows = read_rows(table)
        except ConfigurationError:
            return
        assert all((tmp_path / row.file).is_relative_to(tmp_path) for row in rows)
        assert len({row.file for row in rows}) == len(rows)

    holds()


def test_any_bytes_are_read_or_refused(tmp_path: Path) -> None:
    @settings(deadline=None)
    @given(st.binary(max_size=200))
    def holds(data: bytes) -> None:
        table = tmp_path / "t.csv"
        table.write_bytes(b"file,class\n" + data)
        try:
            read_rows(table)
        except ConfigurationError:
            return

    holds()


def test_the_columns_of_others_are_known_and_a_word_goes_before_a_number(tmp_path: Path) -> None:
    kaggle = ",original_path,id,label,label_str,path\n0,/x/1.jpg,1,1,real,train/real/1.jpg\n"
    assert read_rows(_table(tmp_path, kaggle, "k.csv")) == [Row(2, "train/real/1.jpg", "real")]
    other = _table(tmp_path, "filename,label\na.jpg,fake\n", "o.csv")
    assert read_rows(other) == [Row(2, "a.jpg", "fake")]


@pytest.mark.parametrize("inner", ["", "real-vs-fake", "real_vs_fake/real-vs-fake"])
def test_the_pictures_of_a_table_are_found_in_the_folders_of_the_archive(
    tmp_path: Path, inner: str
) -> None:
    picture = tmp_path / inner / "train/real/1.jpg"
    picture.parent.mkdir(parents=True)
    picture.touch()
    table = _table(tmp_path, "path,label_str\ntrain/real/1.jpg,real\n", "train.csv")
    assert folder_of(table, read_rows(table)) == tmp_path / inner
