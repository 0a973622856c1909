"""Whatever stands in a pod's annotations: it is read, rejected in one line, or not asked for; nothing is raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shared.core.actions import Act, RejectInput
from shared.core.decide import decide
from shared.core.policy import CHARGE_TYPES, Rejection, Request, read
from shared.core.status import one_line
from shared.core.table import Role
from tests.core.worlds import KEEP, POLICY, pod, world

NAMES = ("Bandwidth", "ISP", "InternetMaxBandwidthOut", "InternetServiceProvider", "InternetChargeType", "AddressType")
SCALARS: SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(("BGP", "CMCC", "50", "0", "", *CHARGE_TYPES))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=4).map(json.dumps)
TEXTS = st.text(max_size=200) | VALUES.map(json.dumps) | OBJECTS


@given(TEXTS)
@example("\x00\x1b[31m\u202e\u2028")
@example('{"Bandwidth": "\ud800"}')
@example('{"\\ud800": 1}')
@example('{"Bandwidth": 1' + "0" * 4000 + "}")
@example('{"a": "' + "\\u202e" * 600 + '"}')
def test_any_text_is_a_request_or_is_rejected_in_one_line(text: str) -> None:
    asked = read(pod(attributes=text), None, POLICY)

    if isinstance(asked, Request):
        assert 1 <= asked.bandwidth_mbps <= 100
        assert asked.charge_type in CHARGE_TYPES
    else:
        assert isinstance(asked, Rejection)
        assert asked.reason.isalnum()
        assert asked.message.isprintable()
        assert asked.message.isascii()
        assert one_line(asked.message)[:290] == asked.message[:290]


@given(policy=st.text(max_size=50), expiry=st.text(max_size=50))
@example(policy="Never", expiry="\x00")
@example(policy="Never", expiry="5m\n")
def test_so_is_any_delete_policy_and_any_expiry(policy: str, expiry: str) -> None:
    annotations = {
        "tke.cloud.tencent.com/eip-claim-delete-policy": policy,
        "tke.cloud.tencent.com/claim-expired-duration": expiry,
    }

    asked = read(pod(annotations=annotations), None, POLICY)

    assert isinstance(asked, (Request, Rejection))
    assert not isinstance(asked, Rejection) or (asked.message.isprintable() and asked.message.isascii())


@given(TEXTS)
def test_what_is_written_into_the_pod_is_one_line_of_300_characters(text: str) -> None:
    decision = decide(world(None, pod(attributes=text, annotations=KEEP)), Role.GIVE)

    action = decision.action if isinstance(decision, Act) else None
    if isinstance(action, RejectInput):
        assert len(action.message) <= 300
        assert action.message == one_line(action.message)
    else:
        assert decision.rule == "CreateClaim"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        "x" * 1_000_000,
        '{"Bandwidth": ' + "9" * 1_000_000 + "}",
        "\u202e" * 1_000_000,
        '"' + "\\u0000" * 600 + '"',
    ],
    ids=["brackets", "objects", "a megabyte", "a number of a million digits", "bidirectional marks", "controls"],
)
def test_size_and_depth_are_bad_input_and_nothing_worse(text: str) -> None:
    asked = read(pod(attributes=text), None, POLICY)

    assert isinstance(asked, Rejection)
    assert len(asked.message) <= 300
    assert asked.message.isprintable()
