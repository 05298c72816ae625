"""A telephone number on a page has the gaps that people read it out with."""

import pytest

from app.pages.rendering import in_groups


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("01632960036", "01632 960036"),
        ("02079460000", "020 7946 0000"),
        ("01134960000", "0113 496 0000"),
        ("01214960000", "0121 496 0000"),
        ("03069990000", "0306 999 0000"),
        ("08081570000", "0808 157 0000"),
        ("07700900123", "07700 900123"),
        ("0169772345", "01697 72345"),
    ],
)
def test_a_national_number_is_shown_in_groups(kept: str, shown: str) -> None:
    assert in_groups(kept) == shown


@pytest.mark.parametrize("kept", ["01632 960036", "+441632960036", "999", "", "01632960036 ext 2"])
def test_any_other_is_shown_as_it_was_given(kept: str) -> None:
    assert in_groups(kept) == kept
