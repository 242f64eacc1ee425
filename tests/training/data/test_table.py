from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from training.data.table import MANIFEST, Row, rows_beside


def _table(folder: Path, text: str) -> Path:
    (folder / MANIFEST).write_bytes(text.encode())
    return folder


def test_columns_are_read_by_name_and_others_passed_over(tmp_path: Path) -> None:
    folder = _table(tmp_path, "class\tx\tgroup\tfile\nreal\t9\tada\ta/1.jpg\n")
    assert rows_beside(folder) == {"a/1.jpg": Row(2, "a/1.jpg", "real", group="ada")}


def test_a_folder_without_a_manifest_has_no_rows(tmp_path: Path) -> None:
    assert rows_beside(tmp_path) == {}


def test_the_share_that_is_photograph_is_a_number_or_left_out(tmp_path: Path) -> None:
    folder = _table(tmp_path, "file\tclass\tcentre\na.jpg\treal\t0.76\nb.jpg\treal\t\n")
    assert [row.centre for row in rows_beside(folder).values()] == [0.76, None]


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    folder = _table(tmp_path, "\ufefffile\tclass\r\na.jpg\tfake\r\n")
    assert rows_beside(folder) == {"a.jpg": Row(2, "a.jpg", "fake")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'file'"),
        ("file\tverdict\na.jpg\treal\n", "no column 'class'"),
        ("file,class\na.jpg,real\n", "with tabs between"),
        ("file\tclass\na.jpg\n", "line 2: expected 2 cells"),
        ("file\tclass\na.jpg\treal\tx\n", "line 2: expected 2 cells"),
        ("file\tclass\na.jpg\treal\na.jpg\tfake\n", "line 3: a.jpg stands twice"),
        ("file\tclass\tcentre\na.jpg\treal\t1.5\n", "line 2: the centre is '1.5'"),
        ("file\tclass\tcentre\na.jpg\treal\tall\n", "line 2: the centre is 'all'"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        rows_beside(_table(tmp_path, text))


def test_any_bytes_are_read_or_refused(tmp_path: Path) -> None:
    @settings(deadline=None)
    @given(st.binary(max_size=200))
    def holds(data: bytes) -> None:
        (tmp_path / MANIFEST).write_bytes(b"file\tclass\n" + data)
        try:
            rows_beside(tmp_path)
        except ConfigurationError:
            return

    holds()
