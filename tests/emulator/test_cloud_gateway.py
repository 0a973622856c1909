"""What is signed well and still makes no sense."""

from __future__ import annotations

import hashlib
import json

import pytest
from tencentcloud.common.sign import Sign

from emulator.cloud import Cloud, Key
from emulator.cloud.gateway import receive
from emulator.cloud.tc3 import HttpRequest


def signed(body: bytes) -> HttpRequest:
    """A request signed by the SDK's own function, on 2026-11-24."""
    form = "POST\n/\n\ncontent-type:application/json\nhost:cloud\n\ncontent-type;host\n"
    digest = hashlib.sha256((form + hashlib.sha256(body).hexdigest()).encode()).hexdigest()
    scope = "2026-11-24/vpc/tc3_request"
    text = f"TC3-HMAC-SHA256\n1795478400\n{scope}\n{digest}"
    signature = Sign.sign_tc3("secret", "2026-11-24", "vpc", text)
    headers = {
        "content-type": "application/json",
        "host": "cloud",
        "authorization": f"TC3-HMAC-SHA256 Credential=AKIDTEST/{scope}, SignedHeaders=content-type;host, "
        f"Signature={signature}",
        "x-tc-action": "DescribeAddressQuota",
        "x-tc-version": "2017-03-12",
        "x-tc-region": "ap-guangzhou",
        "x-tc-timestamp": "1795478400",
    }
    return HttpRequest("POST", "", headers, body)


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        (b"{}", None, "as it should be"),
        (b"{", "InvalidRequest", "no JSON"),
        (b"[]", "InvalidRequest", "no object"),
        (b"\xff", "InvalidRequest", "no text"),
        (b"[" * 200_000, "InvalidRequest", "nested beyond reason"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_body_must_be_a_json_object(cloud: Cloud, body: bytes, code: str | None, reason: str) -> None:
    cloud.signing_clock = cloud.clock
    cloud.credentials["AKIDTEST"] = Key("secret", "test")
    reply = json.loads(receive(cloud, signed(body)).serve().body)["Response"]

    assert reply.get("Error", {}).get("Code") == code, reason
