"""Planning, as values: what is there against what is wanted."""

from __future__ import annotations

import pytest

from eipctl.deployment.changes import Change, Seen, Verb, plan


@pytest.mark.parametrize(
    ("seen", "verb"),
    [
        (Seen(None, {"a": 1}), Verb.CREATE),
        (Seen({"a": 1}, {"a": 2}), Verb.UPDATE),
        (Seen({"a": 1}, None), Verb.REMOVE),
        (Seen(None, {}), Verb.CREATE),
        (Seen({"a": 1}, {"a": 1}), None),
        (Seen(None, None), None),
        (Seen({}, {}), None),
    ],
)
def test_what_differs_is_changed_and_nothing_else(seen: Seen, verb: Verb | None) -> None:
    assert [one.verb for one in plan({"thing": seen})] == ([] if verb is None else [verb])


def test_changes_keep_the_order_in_which_things_are_made() -> None:
    made = plan({"z": Seen(None, {}), "same": Seen({}, {}), "a": Seen({}, {"b": 1})})

    assert [one.name for one in made] == ["z", "a"]


def test_an_update_shows_the_lines_that_differ_with_what_is_around_them() -> None:
    (change,) = plan({"thing": Seen({"a": 1, "b": [1, 2], "z": 0}, {"a": 1, "b": [1, 3], "z": 0})})

    assert [line for line in change.lines if line[0] in "+-"] == ["-- 2", "+- 3"]
    assert not any("z" in line and line[0] in "+-" for line in change.lines)


def test_a_change_reads_as_a_sign_and_a_name() -> None:
    assert list(Change("tag a=b", Verb.CREATE).told()) == ["+ tag a=b"]
    assert list(Change("role", Verb.UPDATE, ("-a", "+b")).told()) == ["~ role", "    -a", "    +b"]
