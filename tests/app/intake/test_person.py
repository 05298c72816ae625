from datetime import date

from app.core.cipher import Cipher
from app.core.key_file import Keys
from app.intake.person import person_digest

CIPHER = Cipher(Keys.generate())
BORN = date(2016, 3, 2)


def digest(forename: str | None, surname: str | None, born: date | None = BORN) -> bytes | None:
    return person_digest(CIPHER, "99", forename=forename, surname=surname, born=born)


def test_the_same_child_is_recognised_whatever_the_spelling_of_the_keyboard() -> None:
    assert digest("Siân", "O’Neill-Example") == digest("SIAN", "ONeill Example")


def test_another_name_birthday_or_force_is_another_person() -> None:
    one = digest("Asha", "Example")
    assert one != digest("Bo", "Example")
    assert one != digest("Asha", "Example", date(2016, 2, 3))
    assert one != person_digest(CIPHER, "98", forename="Asha", surname="Example", born=BORN)
    # The parts stand apart: no name can borrow letters from the other.
    assert digest("Ash", "aExample") != one


def test_nobody_is_recognised_by_half_a_record() -> None:
    assert digest(None, "Example") is None
    assert digest("Asha", None) is None
    assert digest("Asha", "Example", None) is None
