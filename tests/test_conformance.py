"""docs/conformance.md against the tests: no requirement without one, and the page as it would be written now."""

from __future__ import annotations

from tests.conformance import PAGE, missing, named_in, page, requirements


def test_every_item_of_the_protocols_page_is_known() -> None:
    """The page says that it has 231."""
    assert len(requirements()) == len({each.name for each in requirements()}) == 231


def test_no_requirement_is_without_a_test() -> None:
    assert missing() == []


def test_ranges_are_understood() -> None:
    assert named_in("R1.16 to R1.18, R5.49–51 and R2.3") == {
        "R1.16", "R1.17", "R1.18", "R5.49", "R5.50", "R5.51", "R2.3",
    }  # fmt: skip


def test_the_page_is_up_to_date_and_says_that_all_passed() -> None:
    """All but the result is made anew; `make conformance` writes the page."""
    written = PAGE.read_text(encoding="utf-8").splitlines()
    now = page({}).splitlines()
    assert [line.rpartition(" | ")[0] for line in written] == [line.rpartition(" | ")[0] for line in now]
    results = {line.rpartition(" | ")[2].removesuffix(" |") for line in written if line.startswith("| R")}
    assert results <= {"passed", "nothing to run"}
