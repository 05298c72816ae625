"""Which class of data each column of the schema is of, as data_classes.toml declares it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FILE = Path(__file__).with_name("data_classes.toml")


@dataclass(frozen=True, slots=True)
class DataClass:
    """How data of one kind is kept; whose it is, under which law, and who is given it."""

    name: str
    holds: str
    sealed: str
    logged: bool
    kept: str
    erased: str
    controller: str
    regime: str
    basis: str
    recipients: str


@cache
def classes() -> Mapping[str, DataClass]:
    """Return every class by its name, in the order of the declaration."""
    declared = tomllib.loads(_FILE.read_text(encoding="utf-8"))["classes"]
    return MappingProxyType({name: DataClass(name, **body) for name, body in declared.items()})


@cache
def columns() -> Mapping[tuple[str, str], DataClass]:
    """Return the class of each column by its table and name.

    Raises `ValueError` where a column is declared twice, `KeyError` for an unknown class.
    """
    declared = tomllib.loads(_FILE.read_text(encoding="utf-8"))["tables"]
    found: dict[tuple[str, str], DataClass] = {}
    for table, by_class in declared.items():
        for kind, names in by_class.items():
            for name in names.split():
                if (table, name) in found:
                    raise ValueError(f"{table}.{name} has two classes")
                found[table, name] = classes()[kind]
    return MappingProxyType(found)
