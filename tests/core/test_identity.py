"""Derived identifiers: legal where they are used, and different wherever they must be."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from shared.core import identity

UIDS = st.uuids().map(str)


@given(cluster=st.from_regex(r"cls-[a-z0-9]{8}", fullmatch=True), uid=UIDS)
def test_a_mark_is_20_characters_that_every_limit_of_the_api_allows(cluster: str, uid: str) -> None:
    mark = identity.mark(cluster, uid)

    assert re.fullmatch(r"eipc-[a-z2-7]{15}", mark)
    assert len(mark) == 20
    assert identity.is_mark(mark)


def test_other_names_are_no_marks() -> None:
    others = ("", "eipc-", "eipc-" + "a" * 14, "eipc-" + "a" * 16, "eipc-" + "a" * 14 + "1", "eipc-" + "A" * 15)

    assert not any(identity.is_mark(name) for name in others)
    assert not identity.is_mark("eipc-" + "a" * 15 + "\n")


@given(uid=UIDS, attempt=st.integers(min_value=1, max_value=10**6))
def test_a_token_is_ascii_within_the_limit_of_the_api(uid: str, attempt: int) -> None:
    assert re.fullmatch(r"[0-9a-f]{48}", identity.token("cls-1", uid, attempt))


def test_tokens_differ_by_cluster_claim_and_attempt() -> None:
    tokens = {identity.token(c, u, a) for c in ("cls-1", "cls-2") for u in ("uid-1", "uid-2") for a in (1, 2, 11)}

    assert len(tokens) == 12


def test_marks_differ_by_cluster_and_claim() -> None:
    assert len({identity.mark(c, u) for c in ("cls-1", "cls-2") for u in ("uid-1", "uid-2")}) == 4


def test_identifiers_are_the_same_in_every_release() -> None:
    """Another one would look for EIPs under names that they do not have, and buy them anew."""
    assert identity.mark("cls-1", "uid-1") == "eipc-r6gkji2txjxdlpe"
    assert identity.token("cls-1", "uid-1", 1) == "7188d95b89bf7a866a8c612f30a066068f46c48db988863e"
    assert identity.tags("cls-1") == {"managed-by": "eipclaim", "eipclaim-cluster": "cls-1"}


def test_an_event_has_one_name_for_each_fact_about_each_object() -> None:
    told = identity.event_name("web-0", "uid-1", "Lost", "gone")

    assert told == identity.event_name("web-0", "uid-1", "Lost", "gone")
    others = {
        identity.event_name("web-0", "uid-2", "Lost", "gone"),
        identity.event_name("web-0", "uid-1", "Found", "gone"),
        identity.event_name("web-0", "uid-1", "Lost", "again"),
    }
    assert len(others | {told}) == 4


@given(st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", fullmatch=True))
def test_the_name_of_an_event_is_a_legal_one_also_where_the_objects_is_cut(name: str) -> None:
    assert len(identity.event_name(name, "uid", "R", "m")) <= 253
    assert re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.[0-9a-f]{16}", identity.event_name(name, "uid", "R", "m"))


def test_the_cut_may_fall_on_a_dot() -> None:
    name = "a" * 199 + "." + "b" * 40

    assert identity.event_name(name, "uid", "R", "m").startswith("a" * 199 + ".")
    assert ".." not in identity.event_name(name, "uid", "R", "m")
