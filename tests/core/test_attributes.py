"""The attributes of an EIP in every form that pods write them, and what is said about those that cannot be given."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from shared.core.claim import Isp, Retention
from shared.core.policy import Rejection, Request, read
from tests.core.worlds import ATTRIBUTES, POLICY, pod

DEFAULT = Request(Retention.POD, 100, Isp.BGP, "TRAFFIC_POSTPAID_BY_HOUR", None)


@dataclass(frozen=True)
class Asked:
    """These attributes are read as that."""

    reason: str
    attributes: str
    means: Request | Rejection


def mbps(value: int, notes: tuple[tuple[str, str], ...] = ()) -> Request:
    """A request of that bandwidth."""
    return Request(Retention.POD, value, Isp.BGP, "TRAFFIC_POSTPAID_BY_HOUR", None, notes)


def line(isp: Isp) -> Request:
    """A request of that line."""
    return Request(Retention.POD, 100, isp, "TRAFFIC_POSTPAID_BY_HOUR", None)


def no(reason: str, message: str) -> Rejection:
    """A rejection."""
    return Rejection(reason, message)


def no_json(why: str, text: str) -> Rejection:
    """A rejection of what is no JSON."""
    return no("InvalidAttributes", f"{ATTRIBUTES} is not JSON ({why}): {text}")


KNOWN = "known are Bandwidth, ISP, InternetMaxBandwidthOut, InternetServiceProvider, InternetChargeType"
WHOLE = "must be a whole number of Mbps, not"
DIFFER = (("AttributesDiffer", "InternetMaxBandwidthOut and Bandwidth differ: InternetMaxBandwidthOut 30 is taken"),)
ISPS_DIFFER = (("AttributesDiffer", "InternetServiceProvider and ISP differ: InternetServiceProvider 'CTCC' is taken"),)

GIVEN = (
    Asked("empty: the defaults", "", DEFAULT),
    Asked("blank: the defaults", " \n\t ", DEFAULT),
    Asked("an empty object: the defaults", "{}", DEFAULT),
    Asked("an empty JSON string: the defaults", '""', DEFAULT),
    Asked(
        "TKE's own example, a string",
        '{"Bandwidth":"50","ISP":"CMCC"}',
        Request(Retention.POD, 50, Isp.CMCC, "TRAFFIC_POSTPAID_BY_HOUR", None),
    ),
    Asked("a number", '{"Bandwidth": 50}', mbps(50)),
    Asked("the least", '{"Bandwidth": "1"}', mbps(1)),
    Asked("the most", '{"Bandwidth": "100"}', mbps(100)),
    Asked("leading zeros", '{"Bandwidth": "007"}', mbps(7)),
    Asked("an empty value is absent", '{"Bandwidth": "", "ISP": ""}', DEFAULT),
    Asked("every line", '{"ISP": "CTCC"}', line(Isp.CTCC)),
    Asked("every line", '{"ISP": "CUCC"}', line(Isp.CUCC)),
    Asked("the API's name", '{"InternetMaxBandwidthOut": 30}', mbps(30)),
    Asked("the API's name of the line", '{"InternetServiceProvider": "CUCC"}', line(Isp.CUCC)),
    Asked("both names agree", '{"Bandwidth": "30", "InternetMaxBandwidthOut": 30}', mbps(30)),
    Asked("both names differ", '{"Bandwidth": "20", "InternetMaxBandwidthOut": 30}', mbps(30, DIFFER)),
    Asked(
        "both names of the line differ",
        '{"ISP": "CMCC", "InternetServiceProvider": "CTCC"}',
        Request(Retention.POD, 100, Isp.CTCC, "TRAFFIC_POSTPAID_BY_HOUR", None, ISPS_DIFFER),
    ),
    Asked(
        "charged by bandwidth",
        '{"InternetChargeType": "BANDWIDTH_POSTPAID_BY_HOUR"}',
        Request(Retention.POD, 100, Isp.BGP, "BANDWIDTH_POSTPAID_BY_HOUR", None),
    ),
    Asked("no charge type is the default one", '{"InternetChargeType": ""}', DEFAULT),
    Asked("the one type of address that is given", '{"AddressType": "EIP"}', DEFAULT),
)

REFUSED = (
    Asked(
        "more than the cap",
        '{"Bandwidth": "101"}',
        no("BandwidthNotAllowed", "bandwidth 101 Mbps is not within 1 to 100"),
    ),
    Asked("nothing", '{"Bandwidth": 0}', no("BandwidthNotAllowed", "bandwidth 0 Mbps is not within 1 to 100")),
    Asked(
        "less than nothing", '{"Bandwidth": -5}', no("BandwidthNotAllowed", "bandwidth -5 Mbps is not within 1 to 100")
    ),
    Asked("a float", '{"Bandwidth": 1.5}', no("InvalidBandwidth", f"Bandwidth {WHOLE} 1.5")),
    Asked("an exponent", '{"Bandwidth": 1e2}', no("InvalidBandwidth", f"Bandwidth {WHOLE} 100.0")),
    Asked("a boolean is no number", '{"Bandwidth": true}', no("InvalidBandwidth", f"Bandwidth {WHOLE} True")),
    Asked("null is no number", '{"Bandwidth": null}', no("InvalidBandwidth", f"Bandwidth {WHOLE} None")),
    Asked("a list", '{"InternetMaxBandwidthOut": [5]}', no("InvalidBandwidth", f"InternetMaxBandwidthOut {WHOLE} [5]")),
    Asked("a unit", '{"Bandwidth": "5M"}', no("InvalidBandwidth", f"Bandwidth {WHOLE} '5M'")),
    Asked("a line break", '{"Bandwidth": "5\\n"}', no("InvalidBandwidth", f"Bandwidth {WHOLE} '5\\n'")),
    Asked("foreign digits", '{"Bandwidth": "\u0665"}', no("InvalidBandwidth", f"Bandwidth {WHOLE} '\\u0665'")),
    Asked("far too much", f'{{"Bandwidth": {10**6}}}', no("InvalidBandwidth", f"Bandwidth {WHOLE} 1000000")),
    Asked(
        "a number of a thousand digits",
        f'{{"Bandwidth": {"9" * 1000}}}',
        no("InvalidBandwidth", f"Bandwidth {WHOLE} {'9' * 77}..."),
    ),
    Asked(
        "the other of two names",
        '{"Bandwidth": "x", "InternetMaxBandwidthOut": 5}',
        no("InvalidBandwidth", f"Bandwidth {WHOLE} 'x'"),
    ),
    Asked(
        "an unknown line", '{"ISP": "BGP2"}', no("InvalidISP", "ISP must be one of BGP, CMCC, CTCC, CUCC, not 'BGP2'")
    ),
    Asked(
        "a line in lower case",
        '{"ISP": "bgp"}',
        no("InvalidISP", "ISP must be one of BGP, CMCC, CTCC, CUCC, not 'bgp'"),
    ),
    Asked(
        "a line that is a list",
        '{"ISP": ["BGP"]}',
        no("InvalidISP", "ISP must be one of BGP, CMCC, CTCC, CUCC, not ['BGP']"),
    ),
    Asked(
        "prepaid",
        '{"InternetChargeType": "BANDWIDTH_PREPAID_BY_MONTH"}',
        no(
            "Unsupported",
            "InternetChargeType must be one of TRAFFIC_POSTPAID_BY_HOUR, BANDWIDTH_POSTPAID_BY_HOUR, "
            "not 'BANDWIDTH_PREPAID_BY_MONTH'",
        ),
    ),
    Asked(
        "a charge type that is a number",
        '{"InternetChargeType": 1}',
        no(
            "Unsupported",
            "InternetChargeType must be one of TRAFFIC_POSTPAID_BY_HOUR, BANDWIDTH_POSTPAID_BY_HOUR, not 1",
        ),
    ),
    Asked(
        "a package",
        '{"BandwidthPackageId": "bwp-1"}',
        no("Unsupported", f"{ATTRIBUTES}: 'BandwidthPackageId' is not supported; {KNOWN}"),
    ),
    Asked(
        "another type of address",
        '{"AddressType": "AnycastEIP"}',
        no("Unsupported", f"{ATTRIBUTES}: 'AddressType' is not supported; {KNOWN}"),
    ),
    Asked(
        "a key in lower case",
        '{"bandwidth": 5}',
        no("Unsupported", f"{ATTRIBUTES}: 'bandwidth' is not supported; {KNOWN}"),
    ),
    Asked("an empty key", '{"": 5}', no("Unsupported", f"{ATTRIBUTES}: '' is not supported; {KNOWN}")),
    Asked(
        "a key twice",
        '{"Bandwidth": 5, "Bandwidth": 6}',
        no_json("'a key stands in it twice'", '\'{"Bandwidth": 5, "Bandwidth": 6}\''),
    ),
    Asked("not a number", '{"Bandwidth": NaN}', no_json("'NaN is no JSON number'", "'{\"Bandwidth\": NaN}'")),
    Asked(
        "without end",
        '{"Bandwidth": -Infinity}',
        no_json("'-Infinity is no JSON number'", "'{\"Bandwidth\": -Infinity}'"),
    ),
    Asked("no JSON", "Bandwidth=5", no_json("'Expecting value: line 1 column 1 (char 0)'", "'Bandwidth=5'")),
    Asked("JSON and more", "{} {}", no_json("'Extra data: line 1 column 4 (char 3)'", "'{} {}'")),
    Asked("a list", "[1]", no("InvalidAttributes", f"{ATTRIBUTES} must be a JSON object, not '[1]'")),
    Asked("a number alone", "5", no("InvalidAttributes", f"{ATTRIBUTES} must be a JSON object, not '5'")),
    Asked("null", "null", no("InvalidAttributes", f"{ATTRIBUTES} must be a JSON object, not 'null'")),
    Asked("a string", '"BGP"', no("InvalidAttributes", f"{ATTRIBUTES} must be a JSON object, not '\"BGP\"'")),
    Asked("too long", " " * 4097, no("InvalidAttributes", f"{ATTRIBUTES} is longer than 4096 characters")),
    Asked("nested without end", "[" * 200_000, no("InvalidAttributes", f"{ATTRIBUTES} is longer than 4096 characters")),
)


@pytest.mark.parametrize("asked", [*GIVEN, *REFUSED], ids=lambda asked: f"{asked.reason}: {asked.attributes[:40]!a}")
def test_the_attributes_are_read_as_what_they_mean(asked: Asked) -> None:
    assert read(pod(attributes=asked.attributes), None, POLICY) == asked.means, asked.reason


@pytest.mark.parametrize(
    "text", ["[" * 4096, '{"a":' * 800, "[" * 2000 + "]" * 2000], ids=["lists", "objects", "closed"]
)
def test_nesting_as_deep_as_fits_is_bad_input_and_nothing_worse(text: str) -> None:
    """How deep the parser goes before it gives up is the interpreter's own business."""
    asked = read(pod(attributes=text), None, POLICY)

    assert isinstance(asked, Rejection)
    assert asked.reason == "InvalidAttributes"
