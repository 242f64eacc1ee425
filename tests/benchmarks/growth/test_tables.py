from __future__ import annotations

from benchmarks.growth.tables import medians_of, replaced, section, table


def test_a_row_has_the_costs_their_exponent_and_the_last_step() -> None:
    head, _, row = table("seconds", [10, 100, 1000], {"square": [1, 100, 10_000]}).split("\n")
    assert head == "| seconds | 10 | 100 | 1,000 | exponent | last step |"
    assert row == "| square | 1.00 | 100.00 | 10,000.00 | 2.00 (2.00 to 2.00) | 2.00 |"


def test_the_last_step_tells_what_a_fixed_part_hides() -> None:
    row = table("n", [1, 10, 10_000], {"fixed": [10, 10.1, 100]}, digits=1).split("\n")[-1]
    assert row.endswith("| 0.33 |")


def test_a_table_takes_the_place_of_the_one_before_and_the_words_around_it_stay() -> None:
    page = "# Growth\n\nBefore.\n\n<!-- faces -->\n\nold | \\1\n\n<!-- end of faces -->\n\nAfter.\n"
    new = replaced(page, "faces", r"new | \g<0>")
    assert new == page.replace(r"old | \1", r"new | \g<0>")


def test_a_page_without_the_table_gets_it_at_its_end() -> None:
    page = replaced("# Growth\n", "faces", "one")
    assert page == "# Growth\n\n<!-- faces -->\n\none\n\n<!-- end of faces -->\n"
    assert replaced(page, "queue", "two").startswith(page)


def test_a_section_begins_with_its_command_and_the_machine() -> None:
    text = section("faces", "Conditions.", "| one |", "| two |", short=True)
    command, machine, *tables = text.split("\n\n")
    assert command == "    python -m benchmarks.growth --short faces"
    assert "load average" in machine
    assert machine.endswith("Conditions.")
    assert tables == ["| one |", "| two |"]


def test_one_round_is_no_median() -> None:
    assert (medians_of(1), medians_of(3)) == ("one round", "medians of 3 rounds")
