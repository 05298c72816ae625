"""The strict CSV reader: what is no such file is refused, what is no good row is reported."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Refused
from schools.imports import MAX_CELL, MAX_LINE, BadRow, Row, RowError, is_formula, read_rows

SECRET = "Quillfeather"


def read(text: str, **options: object) -> list[Row | RowError]:
    return list(read_rows(io.StringIO(text), required=("A",), **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column A"),
        ("B\n1\n", "no column A"),
        ("A;B\n1;2\n", "parted by semicolons, not commas: save the file as CSV with commas"),
        ("A\tB\n1\t2\n", "parted by tabs"),
        ("A|B\n1|2\n", "parted by upright bars"),
        ("B,A;C\n1,2\n", "no column A"),
        ("A,A\n1,2\n", "twice"),
        ("A\n\x00\n", "NUL"),
        ('A\n"x"y\n', "quotation"),
        ('A\n"never closed\n', "quotation"),
        ("A" + ",b" * 600 + "\n", "columns"),
        ("A\n" + "x" * (MAX_LINE + 1), "characters"),
        ("A\n1\n2\n3\n", "rows"),
    ],
)
def test_what_is_no_such_file_is_refused_with_what_to_do(text: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        read(text, most_rows=2)
    assert says in refused.value.detail


def test_an_unknown_column_is_refused_where_the_columns_are_closed() -> None:
    with pytest.raises(Refused, match="not known"):
        read("A,Adress\n1,2\n", known=("A", "Address"))


def test_wrong_bytes_are_refused_by_the_name_of_the_right_encoding() -> None:
    source = io.TextIOWrapper(io.BytesIO(b"A\nZo\xeb\n"), encoding="utf-8", newline="")
    with pytest.raises(Refused, match="UTF-8"):
        list(read_rows(source, required=("A",)))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("x", "columns"),
        ("x,y,z", "columns"),
        (f"=cmd|'{SECRET}',y", "formula"),
        ("@SUM(A1),y", "formula"),
        ("+44 7700 900001,y", None),
        ("-12,y", None),
        ("-,y", None),
        ("-x,y", "formula"),
        ("x" * (MAX_CELL + 1) + ",y", "too_long"),
        (f"{SECRET}\x07,y", "control_character"),
        ('"two\nlines",y', None),
        (",", "nothing"),
    ],
)
def test_a_bad_row_is_reported_by_line_and_never_blocks_a_good_one(
    row: str, code: str | None
) -> None:
    rows = read(f"A,B\ngood,1\n{row}\ngood,2\n")
    good = [one for one in rows if isinstance(one, Row) and one.cells["A"] == "good"]
    assert [one.cells["B"] for one in good] == ["1", "2"]
    errors = [one for one in rows if isinstance(one, RowError)]
    assert [one.code for one in errors] == ([code] if code not in {None, "nothing"} else [])
    assert all(one.line == 3 and SECRET not in one.message for one in errors)


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    rows = read("\ufeffA\n1\n")
    assert isinstance(rows[0], Row)
    assert rows[0].text("A") == "1"


@pytest.mark.parametrize(
    "written", ["01-09-2026", "1/9/2026", "01/09/2026", "2026-09-01", " 2026-09-01 "]
)
def test_dates_are_read_as_people_here_write_them(written: str) -> None:
    found = Row(2, {"On": written}).date("On")
    assert found is not None
    assert found.isoformat() == "2026-09-01"


@pytest.mark.parametrize(
    "written", ["31-02-2026", "08-2026", "2026-13-01", "soon", "1-9-26", "٠١-٠٩-٢٠٢٦"]
)
def test_what_is_no_date_is_said_without_repeating_it(written: str) -> None:
    with pytest.raises(BadRow) as bad:
        Row(2, {"On": written}).date("On")
    assert bad.value.code == "not_a_date"
    assert written not in bad.value.message


@pytest.mark.parametrize(("written", "good"), [("08:45", True), ("8.45", True), ("24:00", False)])
def test_clock_times_have_hours_and_minutes(written: str, good: bool) -> None:
    row = Row(2, {"At": written})
    if good:
        found = row.time("At")
        assert found is not None
        assert found.isoformat() == "08:45:00"
        return
    with pytest.raises(BadRow):
        row.time("At")


@pytest.mark.parametrize("written", ["12345", "1000000", "99000x", "", "９９０００１", "-99001"])
def test_a_urn_has_six_digits(written: str) -> None:
    with pytest.raises(BadRow):
        Row(2, {"URN": written}).urn()


@given(st.text(max_size=20))
def test_a_cell_a_spreadsheet_would_run_is_seen(cell: str) -> None:
    assert is_formula("=" + cell)
    assert is_formula("@" + cell)


@given(st.text(max_size=300))
def test_any_text_is_rows_errors_or_a_refusal(text: str) -> None:
    try:
        rows = read(text)
    except Refused:
        return
    assert all(isinstance(row, Row | RowError) for row in rows)
