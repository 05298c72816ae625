"""The children of the night who stand for an edge case; everyone here is invented. Pure.

A child whose school supplies a roll is on that roll, unless `on_roll` says otherwise.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random


@dataclass(frozen=True, slots=True)
class Child:
    """One child: who it is, its age in years, and where it goes to school (nowhere: `None`)."""

    forename: str
    surname: str
    sex: str
    age: int
    urn: int | None
    on_roll: bool = True
    middle_names: str | None = None
    # What the roll calls the family, where the two differ.
    roll_surname: str | None = None
    # Days before the morning on which the child left the school of the roll.
    left_days_ago: int | None = None

    def born_on(self, day: date) -> date:
        """Return a birthday that keeps the age through the whole school year of `day`."""
        ordinal = Random(f"{self.surname}:{self.age}:{self.birth_key}").randrange(20, 340)
        born = day - timedelta(days=round(self.age * 365.25) + ordinal)
        # The first of January stands for "unknown" in many records, and is read so.
        return born if (born.month, born.day) != (1, 1) else born + timedelta(days=1)

    @property
    def birth_key(self) -> str:
        """Twins share it; everybody else has their own."""
        return "twin" if self.middle_names == "(twin)" else self.forename


FAMILIES: dict[str, tuple[Child, ...]] = {
    "misspelt": (Child("Asha", "Larkford", "F", 8, 990001),),
    "deputy": (Child("Callum", "Brookham", "M", 9, 990001),),
    "two_st_marys": (Child("Reuben", "Sorrelby", "M", 7, 990003),),
    "twins": (
        Child("Ivy", "Pebbleworth", "F", 6, 990004, middle_names="(twin)"),
        Child("Olive", "Pebbleworth", "F", 6, 990004, middle_names="(twin)"),
    ),
    "siblings": (
        Child("Noah", "Harbourstead", "M", 5, 990006),
        Child("Megan", "Harbourstead", "F", 13, 990018),
    ),
    "suspect": (
        Child("Kai", "Flintgate", "M", 15, 990019),
        Child("Alfie", "Flintgate", "M", 6, 990010),
    ),
    "grown_up": (
        Child("Daisy", "Ferncroft", "F", 19, None),
        Child("Jude", "Ferncroft", "M", 11, 990018),
    ),
    "eighteen": (Child("Rhys", "Cedarholt", "M", 18, 990018, on_roll=False),),
    "unborn": (Child("Baby", "Quillbank", "unknown", 0, None),),
    "home_educated": (Child("Edith", "Thistleyard", "F", 10, None),),
    "refuge": (Child("Maryam", "Wrengarth", "F", 9, 990005, on_roll=False),),
    "unnamed": (),
    "resent": (Child("Oscar", "Copperley", "M", 10, 990005),),
    "corrected": (Child("Ffion", "Ashmere", "F", 8, 990008),),
    "withdrawn": (Child("Stanley", "Birchdale", "M", 9, 990014),),
    "nobody_trained": (Child("Poppy", "Marshwood", "F", 8, 990013),),
    "closed_today": (Child("Ethan", "Clovercombe", "M", 7, 990017),),
    "nursery": (Child("Lily", "Amberhurst", "F", 3, 990016),),
    "pre_school": (Child("Max", "Rowanside", "M", 2, None),),
    "college": (Child("Niamh", "Heronbank", "F", 17, 990030),),
    "hurt": (Child("Saoirse", "Frostfield", "F", 9, 990011),),
    "looked_after": (Child("Jayden", "Gorseacre", "M", 12, 990020),),
    "hidden": (Child("Imani", "Plovermore", "F", 10, 990004),),
    "moved": (Child("Luca", "Hazelthwaite", "M", 9, 990008, left_days_ago=7),),
    "academised": (Child("Theo", "Reedstone", "M", 8, 990036),),
    "swapped": (Child("Mason", "Dylan", "M", 9, 990010),),
    "hyphen": (Child("Isla", "Meadow-Kestrelton", "F", 7, 990011, roll_surname="Kestrelton"),),
    "accents": (Child("Żaneta", "Łąkowicz", "F", 12, 990019, roll_surname="Lakowicz"),),
    "welsh": (Child("Gwenllian", "ap Rhosyn", "F", 8, 990039),),
    "birthday_unknown": (Child("Kofi", "Sedgewick-Oatley", "M", 8, 990009),),
    "same_name": (Child("Leo", "Maplewood", "M", 9, 990007),),
    "same_name_too": (Child("Leo", "Maplewood", "M", 9, 990007),),
    "twice": (Child("Ruby", "Juniperdale", "F", 14, 990020),),
    "unrelated": (
        Child("Felix", "Elderton", "M", 8, 990005),
        Child("Hannah", "Saffronyard", "F", 8, 990005),
    ),
    "cousin": (Child("Ibrahim", "Fallowgate", "M", 10, 990004),),
    "young_couple": (
        Child("Chloe", "Linnetcroft", "F", 15, 990021),
        Child("Ben", "Linnetcroft", "M", 9, 990014),
    ),
    "hold": (Child("Freya", "Heathside", "F", 11, 990018),),
    "roll_only": (Child("Zachary", "Brambleford", "M", 10, 990007),),
    "nowhere": (Child("Talia", "Cuckoostone", "F", 11, None),),
    "disagree": (Child("Harvey", "Alderwick", "M", 9, 990010),),
    "not_ours": (Child("Sienna", "Merleby", "F", 8, 990014, on_roll=False),),
    "unenrolled": (Child("Ralph", "Barleyholt", "M", 10, 990032),),
    "boarder": (Child("Matilda", "Foxlarkham", "F", 13, 990033),),
    "village": (Child("Archie", "Pebblegarth", "M", 7, 990012),),
    "special": (Child("Ella", "Thistlecombe", "F", 12, 990025),),
    "order": (Child("Layla", "Sorrelfield", "F", 9, 990008),),
    "late_record": (Child("Samuel", "Amberford", "M", 10, 990005),),
    "in_hours": (Child("Grace", "Cedarmere", "F", 9, 990004),),
}
# Whose incidents come in once the story is told and the clock is the real one.
FRESH: dict[str, Child] = {
    "fresh_st_marys": Child("Elin", "Brackenshaw", "F", 8, 990003, on_roll=False),
    "fresh_nowhere": Child("Joel", "Tidewatcher", "M", 10, None, on_roll=False),
    "fresh_closed": Child("Nadia", "Larchbourne", "F", 9, 990036, on_roll=False),
}
