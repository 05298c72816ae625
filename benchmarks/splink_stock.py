"""Splink 4 as its own documentation sets it up: the matcher that a force's analyst would choose.

Its name, date and postcode comparisons with term frequencies, its estimates of chance and its
training by expectation and maximisation; nothing is tuned against it. Needs the group `eval`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.nights import Typed
from benchmarks.rolls import Files

_BLOCKS = (
    ("dob", "surname"), ("dob", "forename"), ("postcode",), ("dob", "sex", "substr(postcode,1,3)"),
    ("surname", "forename"),
)  # fmt: skip


def roll_frame(files: Files) -> Any:
    """Return the rolls as one table."""
    columns = ["UPN", "Surname", "Forename", "DOB", "Sex", "PostCode", "URN"]
    parts = [
        pd.read_csv(path, dtype=str, keep_default_na=False, usecols=columns)
        for path in files.rolls.values()
    ]
    roll = pd.concat(parts, ignore_index=True)
    born = roll["DOB"]
    return pd.DataFrame(
        {
            "unique_id": range(len(roll)), "forename": _name(roll["Forename"]),
            "surname": _name(roll["Surname"]),
            "dob": born.str[6:] + "-" + born.str[3:5] + "-" + born.str[:2],
            "sex": roll["Sex"], "postcode": roll["PostCode"], "urn": roll["URN"].astype(int),
        }
    )  # fmt: skip


def night_frame(children: list[Typed]) -> Any:
    """Return the children as one table; `unique_id` is their place in the list."""
    identities = [typed.facts.identity for typed in children]
    return pd.DataFrame(
        {
            "unique_id": range(len(identities)),
            "forename": _name(pd.Series([one.forename for one in identities], dtype=object)),
            "surname": _name(pd.Series([one.surname for one in identities], dtype=object)),
            "dob": [one.date_of_birth and one.date_of_birth.isoformat() for one in identities],
            "sex": [one.sex if one.sex in {"F", "M"} else None for one in identities],
            "postcode": [one.postcodes[0] if one.postcodes else None for one in identities],
            "urn": 0,
        }
    )


def _name(names: Any) -> Any:
    lower = names.str.lower().str.strip()
    return lower.where(lower.notna() & (lower != ""), None)


def linker(roll: Any, children: Any) -> Linker:
    """Return a linker of the two tables with the settings of the documentation."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.NameComparison("forename").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*block) for block in _BLOCKS],
        additional_columns_to_retain=["urn"],
        retain_intermediate_calculation_columns=False,
    )
    return Linker([roll, children], settings, DuckDBAPI(), input_table_aliases=["roll", "night"])


def train(held: Linker) -> None:
    """Estimate its parameters as the documentation does."""
    held.training.estimate_probability_two_random_records_match(
        [block_on("dob", "surname", "forename"), block_on("dob", "postcode")], recall=0.8
    )
    held.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    held.training.estimate_parameters_using_expectation_maximisation(block_on("dob"))
    held.training.estimate_parameters_using_expectation_maximisation(
        block_on("forename", "surname")
    )


def best_links(held: Linker) -> dict[int, tuple[float, int]]:
    """Return for each child its likeliest pupil's match weight and school."""
    found = held.inference.predict(threshold_match_probability=0.01)
    links = found.as_pandas_dataframe()
    # Either table may come out on the left.
    on_left = links["source_dataset_l"] == "night"
    numbers = links["unique_id_l"].where(on_left, links["unique_id_r"])
    schools = links["urn_r"].where(on_left, links["urn_l"])
    best: dict[int, tuple[float, int]] = {}
    for number, urn, weight in zip(numbers, schools, links["match_weight"], strict=True):
        if number not in best or weight > best[number][0]:
            best[int(number)] = (float(weight), int(urn))
    return best


def asker(files: Files) -> Callable[[Typed], None]:
    """Return its own call for new records: one child against the roll, with a trained model."""
    roll = roll_frame(files)
    children = [typed for incident in files.incidents for typed in incident]
    trained = linker(roll, night_frame(children))
    train(trained)
    settings = {**trained.misc.save_model_to_json(), "link_type": "dedupe_only"}
    held = Linker(roll, settings, DuckDBAPI())

    def ask(typed: Typed) -> None:
        found = held.inference.find_matches_to_new_records(
            night_frame([typed]), blocking_rules=[block_on(*block) for block in _BLOCKS],
            match_weight_threshold=-4,
        )  # fmt: skip
        found.as_pandas_dataframe()

    return ask


@dataclass(frozen=True, slots=True)
class Night:
    """Its way of a night: what it took to train, and its steps to be timed."""

    trained: float
    load: Callable[[], Any]
    link: Callable[[], Any]


def nightly(files: Files) -> Night:
    """Return its way of a night: a trained model, the roll and the night as two tables."""
    roll = roll_frame(files)
    children = night_frame([typed for incident in files.incidents for typed in incident])
    learner = linker(roll, children)
    began = perf_counter()
    train(learner)
    trained = perf_counter() - began
    settings = learner.misc.save_model_to_json()

    def link() -> None:
        held = Linker(
            [roll, children], settings, DuckDBAPI(), input_table_aliases=["roll", "night"]
        )
        best_links(held)

    return Night(trained, lambda: roll_frame(files), link)
