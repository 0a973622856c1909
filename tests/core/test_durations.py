"""Durations as people write them, and values as they may stand in messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.durations import duration, excerpt, path_excerpt, valid_duration
from shared.core.errors import InputRejected


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("5m", timedelta(minutes=5)),
        ("1h", timedelta(hours=1)),
        ("90m", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("300s", timedelta(minutes=5)),
        ("0h5m0s", timedelta(minutes=5)),
        ("99999h99999m9999999s", timedelta(hours=99999, minutes=99999, seconds=9999999)),
        ("Never", None),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta | None) -> None:
    assert duration(text) == length
    assert valid_duration(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "h",
        "5 m",
        "5m\n",
        "\u0665m",
        "5M",
        "m5",
        "5m1h",
        "1d",
        "1.5h",
        "-5m",
        "never",
        "NEVER",
        "9" * 33,
        "5m" * 20,
    ],
)
def test_anything_else_is_rejected_with_the_text_in_the_message(text: str) -> None:
    with pytest.raises(InputRejected, match="neither a duration") as caught:
        duration(text)

    assert caught.value.reason == "InvalidDuration"
    assert caught.value.message.startswith(excerpt(text))


@pytest.mark.parametrize("text", ["4m", "4m59s", "299s", "0h", "0s"])
def test_less_than_five_minutes_is_rejected(text: str) -> None:
    with pytest.raises(InputRejected, match="shorter than 5m"):
        duration(text)
    with pytest.raises(ValueError, match="shorter than 5m"):
        valid_duration(text)


@given(st.text(max_size=40))
def test_any_text_is_a_duration_or_no_value_of_a_claim(text: str) -> None:
    try:
        valid = valid_duration(text)
    except ValueError:
        return
    length = duration(valid)

    assert valid == text
    assert length is None or length >= timedelta(minutes=5)


@given(st.one_of(st.text(), st.integers(), st.binary(), st.lists(st.text()), st.none()))
def test_an_excerpt_is_one_short_line_of_printable_ascii(value: object) -> None:
    text = excerpt(value)

    assert text.isascii()
    assert text.isprintable()
    assert len(text) <= 80


def test_an_excerpt_shows_short_values_whole() -> None:
    assert excerpt("x" * 78) == "'" + "x" * 78 + "'"
    assert excerpt("x" * 79) == "'" + "x" * 76 + "..."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/me/.kube/config", "/home/me/.kube/config"),
        (f"/{'a' * 64}/{'b' * 64}", f"/{'a' * 64}/{'b' * 64}"),
        (f"/{'a' * 65}", "/aaaaaaaaaaa... (66 characters)"),
        ("/a" * 129, "/a/a/a/a/a/a... (258 characters)"),
        ("apiVersion: v1\n", "apiVersion: ... (15 characters)"),
        ('{"token": "canary"}', '{"token": "c... (19 characters)'),
        ("\n\u7f51", "\\n\\u7f51... (2 characters)"),
    ],
)
def test_only_what_looks_like_a_path_is_shown_whole(text: str, shown: str) -> None:
    assert path_excerpt(text) == shown
