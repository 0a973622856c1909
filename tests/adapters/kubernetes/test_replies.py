"""What each refusal of the apiserver means: one table, and the replies that are no refusals either."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.adapters.kubernetes.errors import ROWS, classify
from shared.core.errors import (
    Ambiguous,
    Conflict,
    EipclaimError,
    Gone,
    InputRejected,
    Refused,
    Throttled,
)
from tests.adapters.kubernetes.objects import CLAIM, POD, TOKEN, claim, cluster_on, pod
from tests.adapters.kubernetes.server import Reply, status

TERMINATING = {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]}
ANOTHER_UID = {"name": "web-0", "causes": [{"reason": "FieldValueInvalid", "field": "metadata.uid"}]}
ENUM = {"name": "web-0", "causes": [{"reason": "FieldValueNotSupported", "field": "status.phase"}]}

# Code, reason of the Status, its details, what it means, why.
Row = tuple[int, str, Mapping[str, object], type[EipclaimError], str, str]
TABLE: list[Row] = [
    (400, "BadRequest", {}, Refused, "Invalid", "the request is malformed"),
    (401, "Unauthorized", {}, Refused, "Denied", "the token has expired"),
    (403, "Forbidden", TERMINATING, Gone, "NamespaceTerminating", "nothing can be made there any more"),
    (403, "Forbidden", {"name": "web-0"}, Refused, "Denied", "RBAC, a quota or a policy says no"),
    (404, "NotFound", {"name": "web-0", "kind": "eipclaims"}, Gone, "NotFound", "the object is not there"),
    (404, "NotFound", {}, Refused, "NotServed", "no such path: the CRD is not installed"),
    (405, "MethodNotAllowed", {}, Refused, "Invalid", "the kind cannot do that"),
    (406, "NotAcceptable", {}, Refused, "Invalid", "the form of the answer is not to be had"),
    (409, "AlreadyExists", {"name": "web-0"}, Conflict, "AlreadyExists", "somebody was quicker"),
    (409, "Conflict", {"name": "web-0"}, Conflict, "Changed", "the resourceVersion or UID is another by now"),
    (410, "Expired", {}, Conflict, "Expired", "the resourceVersion is too old"),
    (413, "RequestEntityTooLarge", {}, Refused, "Invalid", "the body is too large"),
    (415, "UnsupportedMediaType", {}, Refused, "Invalid", "the form of the body is unknown"),
    (422, "Invalid", ANOTHER_UID, Gone, "AnotherUID", "another object has the name"),
    (422, "Invalid", ENUM, Refused, "Invalid", "the schema refuses it"),
    (429, "TooManyRequests", {}, Throttled, "TooManyRequests", "refused before anything was done"),
    (500, "InternalError", {}, Ambiguous, "NoAnswer", "may have been done"),
    (503, "ServiceUnavailable", {}, Ambiguous, "NoAnswer", "a gateway may say so of an apiserver that works"),
    (504, "Timeout", {}, Ambiguous, "NoAnswer", "may have been done, or be done yet"),
    (418, "", {}, Ambiguous, "NoAnswer", "nobody knows what it means"),
]


@pytest.mark.parametrize("row", TABLE, ids=[f"{row[0]}-{row[4]}" for row in TABLE])
async def test_a_write_that_is_refused_says_what_to_do_next(row: Row) -> None:
    code, told, details, kind, reason, why = row
    async with cluster_on(status(code, told, "the apiserver's words", details)) as (cluster, server):
        with pytest.raises(EipclaimError) as caught:
            await cluster.patch_claim(CLAIM, {})

    assert (type(caught.value), caught.value.reason) == (kind, reason), why
    assert "the apiserver's words" in caught.value.message
    assert len(server.requests) == 1


def test_every_row_of_the_table_is_tried() -> None:
    assert {(code, reason) for code, _, _, reason in ROWS} <= {(row[0], row[4]) for row in TABLE}


async def test_a_pod_under_another_uid_is_gone() -> None:
    async with cluster_on(status(422, "Invalid", details=ANOTHER_UID)) as (cluster, _):
        with pytest.raises(Gone):
            await cluster.patch_pod_status(POD, {}, None)


async def test_an_object_that_the_apiserver_says_is_not_there_is_none() -> None:
    absent = status(404, "NotFound", details={"name": "web-0"})
    async with cluster_on(absent, absent, absent) as (cluster, _):
        assert await cluster.get_pod("team", "web-0") is None
        assert await cluster.get_claim("team", "web-0") is None
        assert await cluster.get_node("web-0") is None


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(404, b"404 page not found\n"), "the group is not served: the CRD is not installed"),
        (status(404, "NotFound", "the server could not find the requested resource"), "the version is not served"),
        (Reply(404, b"<html>"), "a gateway knows no such path"),
    ],
)
async def test_a_path_that_is_not_served_proves_no_absence(reply: Reply, reason: str) -> None:
    async with cluster_on(reply, reply, reply) as (cluster, _):
        for read in (cluster.get_claim("team", "web-0"), cluster.list_claims(), cluster.patch_claim_status(CLAIM, {})):
            with pytest.raises(Refused) as caught:
                await read
            assert caught.value.reason == "NotServed", reason
            assert "deploy/crd.yaml" in caught.value.message


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"[]", b"null", b'{"ok": true}', b'{"kind": "EIPClaimList"}'])
async def test_a_success_that_is_no_object_is_no_answer(body: bytes) -> None:
    async with cluster_on(*[Reply(body=body)] * 3) as (cluster, _):
        with pytest.raises(Ambiguous):
            await cluster.get_claim("team", "web-0")
        with pytest.raises(Ambiguous):
            await cluster.patch_claim(CLAIM, {})
        with pytest.raises(Ambiguous):
            await cluster.list_claims()


async def test_an_object_that_does_not_validate_is_rejected_with_the_place_and_without_what_stands_there() -> None:
    async with cluster_on(Reply(body={**claim(), "spec": {"bandwidthMbps": "canary"}})) as (cluster, _):
        with pytest.raises(InputRejected) as caught:
            await cluster.get_claim("team", "web-0")

    assert "spec.bandwidthMbps" in caught.value.message
    assert "canary" not in caught.value.message


async def test_a_write_whose_reply_does_not_validate_may_have_been_done() -> None:
    async with cluster_on(Reply(body={**claim(), "spec": {"bandwidthMbps": 0}})) as (cluster, _):
        with pytest.raises(Ambiguous):
            await cluster.patch_claim(CLAIM, {})


async def test_an_object_of_another_kind_is_no_answer() -> None:
    other = {**pod(), "kind": "Secret", "metadata": {"name": "web-0"}}
    async with cluster_on(Reply(body=other)) as (cluster, _):
        with pytest.raises(Ambiguous):
            await cluster.get_pod("team", "web-0")


async def test_throttling_says_when_to_come_again() -> None:
    async with cluster_on(Reply(429, headers={"Retry-After": "3"})) as (cluster, _):
        with pytest.raises(Throttled) as caught:
            await cluster.list_pods()

    assert "again in 3 s" in caught.value.message


async def test_a_message_is_one_short_line_without_a_secret_or_a_body_that_is_not_the_apiservers() -> None:
    long = status(403, "Forbidden", "no\nno\u2028no\x1b[31m " + "x" * 1000)
    async with cluster_on(long, Reply(500, b"a body of somebody else")) as (cluster, _):
        for _ in range(2):
            with pytest.raises(EipclaimError) as caught:
                await cluster.list_pods()
            message = caught.value.message
            assert len(message) <= 300
            assert message.isprintable()
            assert TOKEN not in message
            assert "somebody else" not in message


def test_a_status_with_nulls_is_read_like_one_without() -> None:
    body = b'{"kind": "Status", "reason": "NotFound", "details": null}'

    assert type(classify("GET /x", 404, body)) is Refused
    assert type(classify("GET /x", 409, b'{"kind": "Status", "details": {"causes": null}}')) is Conflict
