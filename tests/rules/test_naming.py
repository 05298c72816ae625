"""Tables of cases: each cleaning step, and each way in which one name is written differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.matching import forenames_british, forenames_world
from schools.matching.names import FORENAME_PLACEHOLDERS, NICKNAMES
from schools.matching.naming import NameRule, forename_rule, surname_rule
from schools.matching.normalise import (
    family_name,
    forename,
    person_name,
    phonetic,
    related,
    roots,
    spelt,
    surname,
)

SAME, SPELLING, SHORT = NameRule.SAME, NameRule.SPELLING, NameRule.SHORT_FORM
PART, COMMON, INITIAL = NameRule.PART, NameRule.COMMON_PART, NameRule.INITIAL


@pytest.mark.parametrize(
    ("step", "written", "clean"),
    [
        ("capitals", "ASHA", "asha"),
        ("spaces", "  Asha  May ", "ashamay"),
        ("accents", "Zoë", "zoe"),
        ("circumflex", "Siân", "sian"),
        ("polish l", "Łucja", "lucja"),
        ("danish o", "Søren", "soren"),
        ("sharp s", "Strauß", "strauss"),
        ("croatian d", "Đorđe", "dorde"),
        ("dotless i", "Işıl", "isil"),
        ("apostrophe", "D'Arcy", "darcy"),
        ("curly apostrophe", "O’Quill", "oquill"),
        ("hyphen", "Anne-Marie", "annemarie"),
        ("full stop", "St. John", "stjohn"),
        ("brackets", "Alfie (Alfred)", "alfie"),
        ("quotation marks", 'William "Bill"', "william"),
        ("known as", "Thomas aka Tommo", "thomas"),
        ("title", "Master Tom", "tom"),
        ("title alone", "Master", "master"),
        ("generation", "Oakes Jnr", "oakes"),
        ("number", "Oakes 2", "oakes"),
        ("patronymic", "ap Rhys", "rhys"),
        ("patronymic of a daughter", "ferch Rhys", "rhys"),
        ("arabic patronymic", "bin Ahmed", "ahmed"),
        ("cyrillic", "Юлия", "yuliya"),
        ("greek", "Παπαδοπούλου", "papadopoulou"),
        ("arabic", "محمد", "mhmd"),
        ("nothing", "--", ""),
        ("none", None, ""),
    ],
)
def test_each_cleaning_step(step: str, written: str | None, clean: str) -> None:
    assert person_name(written) == clean, step


@pytest.mark.feature("MA7")
@pytest.mark.parametrize(
    "written",
    ["Baby", "baby boy", "Baby Girl", "BABY OF ASHA", "Unknown", "not known", "Child", "Child 2",
     "boy", "Girl", "Test", "N/K", "n/a", "Unborn", "Infant", "Twin 1", "X", "tbc", "?", "", None],
)  # fmt: skip
def test_a_placeholder_is_no_forename(written: str | None) -> None:
    assert forename(written) == ""


@pytest.mark.parametrize("written", ["Unknown", "Not known", "Test", "N/A", "XX", "surname", ""])
def test_a_placeholder_is_no_surname(written: str) -> None:
    assert surname(written) == ""


@pytest.mark.parametrize("written", ["Child", "Male", "Boy", "Baby", "Noor", "Ng", "O", "Testa"])
def test_a_familys_own_name_is_no_placeholder(written: str) -> None:
    assert surname(written) != ""


FORENAMES = [
    # spellings of one name
    ("Mohammed", "Muhammad", SPELLING), ("Mohamed", "Mohammad", SPELLING),
    ("Maxamed", "Mohamud", SPELLING), ("Mehmet", "Mohammed", SPELLING),
    ("Siobhan", "Shivaun", SPELLING), ("Niamh", "Neve", SPELLING), ("Caoimhe", "Keeva", SPELLING),
    ("Sean", "Shaun", SPELLING), ("Shawn", "Shaun", SPELLING), ("Katherine", "Kathryn", SPELLING),
    ("Catherine", "Katharine", SPELLING), ("Zainab", "Zaynab", SPELLING),
    ("Yusuf", "Yousef", SPELLING), ("Hussain", "Hussein", SPELLING), ("Husain", "Xuseen", SPELLING),
    ("Aisha", "Ayesha", SPELLING), ("Aysha", "Caasha", SPELLING), ("Fatima", "Fathima", SPELLING),
    ("Fatma", "Faadumo", SPELLING), ("Ibrahim", "Ebrahim", SPELLING), ("Omar", "Umer", SPELLING),
    ("Rhys", "Reece", SPELLING), ("Rhis", "Rees", SPELLING), ("Siân", "Sian", SAME),
    ("Sian", "Sharn", SPELLING), ("Llewelyn", "Llywelyn", SPELLING), ("Ieuan", "Iwan", SPELLING),
    ("Huw", "Hugh", SPELLING), ("Owain", "Owen", SPELLING), ("Steffan", "Stephen", SPELLING),
    ("Cerys", "Carys", SPELLING), ("Conor", "Connor", SPELLING), ("Isabelle", "Isobel", SPELLING),
    ("Jayden", "Jaiden", SPELLING), ("Gracie", "Grace", SPELLING), ("Zac", "Zak", SPELLING),
    # joined names of a servant of God
    ("Abdul Rahman", "Abdurrahman", SPELLING), ("Abd al-Rahman", "Abdirahman", SPELLING),
    ("Abdel Kader", "Abdulqadir", SPELLING), ("Abdullah", "Abdallah", SPELLING),
    # other scripts
    ("محمد", "Mohammed", SPELLING), ("فاطمة", "Fatima", SPELLING), ("يوسف", "Yusuf", SPELLING),
    ("Дмитрий", "Dmytro", SPELLING), ("Юлия", "Julia", SPELLING), ("Γιώργος", "Giorgos", SAME),
    # short forms
    ("Alfie", "Alfred", SHORT), ("Evie", "Evelyn", SHORT), ("Evie", "Eve", SHORT),
    ("Theo", "Theodore", SHORT), ("Archie", "Archibald", SHORT), ("Ollie", "Oliver", SHORT),
    ("Ollie", "Olive", SHORT), ("Kate", "Catherine", SHORT), ("Cathy", "Kathryn", SHORT),
    ("Katie", "Katherine", SHORT), ("Mo", "Muhammad", SHORT), ("Md", "Mohamed", SHORT),
    ("Dafydd", "David", SHORT), ("Dai", "David", SHORT), ("Ianto", "Ieuan", SHORT),
    ("Kasia", "Katarzyna", SHORT), ("Ola", "Aleksandra", SHORT), ("Kuba", "Jakub", SHORT),
    ("Gosia", "Małgorzata", SHORT), ("Sasha", "Oleksandr", SHORT), ("Vova", "Volodymyr", SHORT),
    ("Seun", "Oluwaseun", SHORT), ("Pepe", "José", SHORT), ("Guto", "Gruffydd", SHORT),
    ("Freddie", "Alfred", SHORT), ("Freddie", "Frederick", SHORT), ("Hal", "Harold", SHORT),
    # one word of a double name; a faith's word beside it
    ("Mary", "Mary-Jane", PART), ("Jane", "Mary Jane", PART), ("Ali", "Mohammed Ali", PART),
    ("Gurpreet Kaur", "Gurpreet", SPELLING), ("Harjit Singh", "Harjit", SPELLING),
    ("Xiao Ming", "Xiaoming", SAME), ("Anne-Marie", "Annemarie", SAME),
    # initials
    ("A", "Alfred", INITIAL), ("A.", "Asha", INITIAL),
]  # fmt: skip

NOT_ONE_FORENAME = [
    ("Zara", "Zahra"), ("Asha", "Aisha"), ("Harold", "Henry"), ("Elizabeth", "Bethany"),
    ("Mary-Jane", "Mary-Kate"), ("Lily", "Layla"), ("B", "Alfred"), ("Baby", "Alfie"),
    ("Ella", "Elsa"), ("Hassan", "Hussain"), ("Abdul Rahman", "Abdul Rahim"), ("Rohan", "Rowan"),
    ("Mia", "Maya"), ("Jay", "Kay"), ("Daniel", "Danielle"), ("Asha", ""),
]  # fmt: skip


@pytest.mark.feature("MA7")
@pytest.mark.parametrize(("one", "other", "rule"), FORENAMES)
def test_one_forename_written_in_two_ways(one: str, other: str, rule: NameRule) -> None:
    assert forename_rule(one, other) is rule
    assert forename_rule(other, one) is rule


@pytest.mark.parametrize(("one", "other"), NOT_ONE_FORENAME)
def test_two_forenames_that_only_look_alike(one: str, other: str) -> None:
    assert forename_rule(one, other) is None


SURNAMES = [
    ("Example-Khan", "Example Khan", SAME), ("Khan-Example", "Example Khan", SAME),
    ("O'Brien", "OBrien", SAME), ("O Brien", "O’Brien", SAME), ("O'Brien", "Brien", SPELLING),
    ("McDonald", "MacDonald", SPELLING), ("Mc Donald", "Macdonald", SPELLING),
    ("McLean", "Maclean", SPELLING), ("Al-Hassan", "Hasan", SPELLING),
    ("El Amrani", "Amrani", SPELLING), ("van der Berg", "Vanderberg", SAME),
    ("van den Berg", "Berg", SPELLING), ("de Souza", "Souza", SPELLING),
    ("Kowalska", "Kowalski", SPELLING), ("Nowicka", "Nowicki", SPELLING),
    ("Ivanova", "Ivanov", SPELLING), ("Nováková", "Novák", SPELLING),
    ("Kovalskyi", "Kovalska", SPELLING), ("Papadopoulou", "Papadopoulos", SPELLING),
    ("Παπαδόπουλος", "Papadopoulos", SAME), ("Kazlauskienė", "Kazlauskas", SPELLING),
    ("Hussain", "Hussein", SPELLING), ("Choudhury", "Chaudhry", SPELLING),
    ("Mohamed", "Muhammad", SPELLING), ("Reece", "ap Rhys", SPELLING), ("Price", "Pryce", SPELLING),
    ("Gruffydd", "Griffiths", SPELLING), ("Llewellyn", "Llywelyn", SPELLING),
    ("Evans", "Ifans", SPELLING), ("Nguyễn", "Nguyen", SAME), ("bin Ahmed", "Ahmad", SPELLING),
    ("Garcia Lopez", "Garcia", PART), ("Garcia Lopez", "Lopez", PART),
    ("da Silva Santos", "Santos", PART), ("Example-Khan", "Example", PART),
    ("Singh Gill", "Gill", PART), ("Singh Gill", "Singh", COMMON), ("Kaur Gill", "Kaur", COMMON),
    ("Example-Khan", "Khan", COMMON), ("Example-Khan", "Merle-Khan", COMMON),
]  # fmt: skip

NOT_ONE_SURNAME = [
    ("Singh", "Kaur"), ("Oakes", "Okeke"), ("Smith", "Jones"), ("Macey", "Casey"),
    ("Chan", "Khan"), ("Unknown", "Unknown"), ("", "Oakes"), ("de Silva", "de Souza"),
]  # fmt: skip


@pytest.mark.feature("MA7")
@pytest.mark.parametrize(("one", "other", "rule"), SURNAMES)
def test_one_surname_written_in_two_ways(one: str, other: str, rule: NameRule) -> None:
    assert surname_rule(one, other) is rule
    assert surname_rule(other, one) is rule


@pytest.mark.parametrize(("one", "other"), NOT_ONE_SURNAME)
def test_two_surnames_that_only_look_alike(one: str, other: str) -> None:
    assert surname_rule(one, other) is None


@pytest.mark.parametrize(("one", "other", "rule"), FORENAMES)
def test_a_child_is_looked_for_under_the_sound_that_the_pupil_is_stored_under(
    one: str, other: str, rule: NameRule
) -> None:
    if rule in {PART, INITIAL} or "Abd" in one or " " in one:
        return
    stored = {phonetic(usual) for usual in spelt(forename(other))}
    assert stored & {phonetic(usual) for usual in related(forename(one))}


def test_every_listed_form_is_of_its_group() -> None:
    for table in (forenames_british, forenames_world):
        for text in (table.SPELLINGS, table.SHORT_FORMS):
            for group in text.split(","):
                head, *forms = (person_name(word) for word in group.split())
                assert head, group
                assert forms, group
                assert all(roots(head) & roots(form) for form in forms), group


def test_no_listed_name_is_a_placeholder() -> None:
    assert not FORENAME_PLACEHOLDERS & set(NICKNAMES)


@given(st.text(max_size=40), st.text(max_size=40))
def test_rules_of_names_hold_both_ways(one: str, other: str) -> None:
    assert forename_rule(one, other) is forename_rule(other, one)
    assert surname_rule(one, other) is surname_rule(other, one)


@given(st.text(max_size=40))
def test_a_name_is_itself_or_nothing(text: str) -> None:
    assert forename_rule(text, text) in {SAME, None}
    assert surname_rule(text, text) in {SAME, None}
    assert family_name(text).isascii()
