"""The fictional county as files, for tests of whatever reads files."""

from datetime import date
from functools import cache
from pathlib import Path

from app.demo import county, files
from app.demo.county import County
from app.demo.files import CountyFiles

DAY = date(2026, 11, 20)


@cache
def exampleshire() -> County:
    return county.make(DAY)


def county_files(folder: Path) -> CountyFiles:
    """Write the county's files into a folder of the test's own."""
    return files.write(exampleshire(), folder / "county")
