"""The settings: what the operator may write, and what is said about what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.errors import InputRejected
from shared.core.policy import Policy
from shared.settings import Settings, read_settings

REQUIRED = {"EIPCLAIM_CLUSTER_ID": "cls-blue", "EIPCLAIM_VPC_ID": "vpc-blue", "TENCENTCLOUD_REGION": "ap-guangzhou"}


def refusal(**environ: str) -> str:
    """What is said of these variables beside the required ones."""
    with pytest.raises(InputRejected) as caught:
        read_settings({**REQUIRED, **environ})
    assert caught.value.reason == "InvalidSettings"
    return caught.value.message


def test_the_required_ones_are_enough() -> None:
    settings = read_settings(REQUIRED)

    assert settings == Settings(cluster_id="cls-blue", vpc_id="vpc-blue", region="ap-guangzhou")
    assert settings.policy() == Policy("cls-blue")
    assert (settings.kubeconfig, settings.cloud_endpoint) == (None, None)


def test_every_setting_has_a_variable_and_a_place() -> None:
    settings = read_settings(
        {
            **REQUIRED,
            "EIPCLAIM_REGION": "na-siliconvalley",
            "EIPCLAIM_ANNOTATION_PREFIX": "eipclaim.io",
            "EIPCLAIM_CLAIM_EXPIRED_DURATION": "Never",
            "EIPCLAIM_ENABLE_OWNERREF": "true",
            "EIPCLAIM_NAMESPACES": "default, team-a ,,team-b,",
            "EIPCLAIM_MAX_EIPS": "20",
            "EIPCLAIM_MAX_EIPS_PER_NAMESPACE": "0",
            "EIPCLAIM_MAX_BANDWIDTH_MBPS": "2000",
            "EIPCLAIM_ORPHANS": "release",
            "EIPCLAIM_FREEZE": "1",
            "EIPCLAIM_PUBLISH_CAPACITY": "true",
            "EIPCLAIM_KUBECONFIG": "/etc/kubeconfig",
            "EIPCLAIM_CLOUD_ENDPOINT": "http://127.0.0.1:18080/",
            "PATH": "/bin",
        }
    )

    assert settings.policy() == Policy(
        cluster_id="cls-blue",
        prefix="eipclaim.io",
        expire_after="Never",
        cascade=True,
        namespaces=frozenset({"default", "team-a", "team-b"}),
        max_eips=20,
        max_eips_per_namespace=0,
        max_bandwidth_mbps=2000,
        release_orphans=True,
        freeze=True,
        publish_capacity=True,
    )
    assert (settings.vpc_id, settings.region, settings.kubeconfig, settings.cloud_endpoint) == (
        "vpc-blue",
        "na-siliconvalley",
        "/etc/kubeconfig",
        "http://127.0.0.1:18080",
    )


def test_a_program_gives_values_instead_of_text() -> None:
    given = Settings(cluster_id="cls-blue", vpc_id="vpc-blue", region="ap-guangzhou", namespaces=frozenset({"team-a"}))

    assert read_settings({**REQUIRED, "EIPCLAIM_NAMESPACES": "team-a"}) == given


def test_an_empty_variable_counts_as_absent() -> None:
    empty = {f"EIPCLAIM_{name.upper()}": "" for name in Settings.model_fields if name not in {"cluster_id", "vpc_id"}}

    assert read_settings({**REQUIRED, **empty}) == read_settings(REQUIRED)


@pytest.mark.parametrize("missing", [{}, {"EIPCLAIM_CLUSTER_ID": "", "EIPCLAIM_VPC_ID": "", "TENCENTCLOUD_REGION": ""}])
def test_all_that_is_missing_is_told_in_one_line(missing: dict[str, str]) -> None:
    with pytest.raises(InputRejected) as caught:
        read_settings(missing)

    assert caught.value.message == (
        "EIPCLAIM_CLUSTER_ID is not set (id of the cluster, cls-...); "
        "EIPCLAIM_VPC_ID is not set (id of the cluster's VPC, vpc-...); "
        "TENCENTCLOUD_REGION is not set (region, e.g. ap-guangzhou)"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("EIPCLAIM_MAX_EIP", "a misspelt cap is no cap"),
        ("EIPCLAIM_max_eips", "variables are in capitals; one of two spellings would win by chance"),
        ("EIPCLAIM_", "nothing"),
        ("EIPCLAIM_MODEL_CONFIG", "not a setting"),
    ],
)
def test_a_variable_of_ours_that_is_not_known_is_an_error(name: str, reason: str) -> None:
    assert refusal(**{name: "1"}) == f"'{name}' is unknown", reason


@pytest.mark.parametrize("name", ["EIPCLAIM", "XEIPCLAIM_MAX_EIP", "eipclaim_max_eip", "EIP_CLAIM_X"])
def test_other_variables_are_none_of_our_business(name: str) -> None:
    assert read_settings({**REQUIRED, name: "1"}) == read_settings(REQUIRED)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CLUSTER_ID", "blue", "String should match pattern '^cls-[a-z0-9]{1,32}$'"),
        ("CLUSTER_ID", "cls-blue\n", "String should match pattern '^cls-[a-z0-9]{1,32}$'"),
        ("VPC_ID", "cls-blue", "String should match pattern '^vpc-[a-z0-9]{1,32}$'"),
        ("REGION", "Guangzhou", "String should match pattern '^[a-z]{2,}(-[a-z0-9]+){1,4}$'"),
        ("ANNOTATION_PREFIX", "Eipclaim.io", "must be a DNS name in lower case"),
        ("ANNOTATION_PREFIX", "eipclaim.io/", "must be a DNS name in lower case"),
        ("ANNOTATION_PREFIX", "-", "must be a DNS name in lower case"),
        ("CLAIM_EXPIRED_DURATION", "4m", "'4m' is shorter than 5m, the shortest that is allowed"),
        (
            "CLAIM_EXPIRED_DURATION",
            "never",
            "'never' is neither a duration such as 1h, 90m or 1h30m nor Never",
        ),
        ("ENABLE_OWNERREF", "ja", "Input should be a valid boolean, unable to interpret input"),
        ("FREEZE", "maybe", "Input should be a valid boolean, unable to interpret input"),
        ("NAMESPACES", ",", "must be names of namespaces, separated by commas"),
        ("NAMESPACES", "Team-A", "must be names of namespaces, separated by commas"),
        ("NAMESPACES", "team-a team-b", "must be names of namespaces, separated by commas"),
        ("NAMESPACES", "team-*", "must be names of namespaces, separated by commas"),
        ("MAX_EIPS", "-1", "Input should be greater than or equal to 0"),
        ("MAX_EIPS", "100001", "Input should be less than or equal to 100000"),
        ("MAX_EIPS", "none", "Input should be a valid integer, unable to parse string as an integer"),
        ("MAX_EIPS", "1.5", "Input should be a valid integer, unable to parse string as an integer"),
        ("MAX_EIPS_PER_NAMESPACE", "-1", "Input should be greater than or equal to 0"),
        ("MAX_BANDWIDTH_MBPS", "0", "Input should be greater than or equal to 1"),
        ("MAX_BANDWIDTH_MBPS", "2001", "Input should be less than or equal to 2000"),
        ("ORPHANS", "Release", "Input should be 'report' or 'release'"),
    ],
)
def test_a_value_that_will_not_do_is_told_in_one_line(variable: str, value: str, said: str) -> None:
    assert refusal(**{f"EIPCLAIM_{variable}": value}) == f"EIPCLAIM_{variable}={value!r}: {said}"


def test_all_that_is_wrong_is_told_at_once() -> None:
    said = refusal(EIPCLAIM_MAX_EIPS="-1", EIPCLAIM_ORPHANS="keep", EIPCLAIM_MAX_EIP="5")

    assert said == (
        "EIPCLAIM_MAX_EIPS='-1': Input should be greater than or equal to 0; "
        "EIPCLAIM_ORPHANS='keep': Input should be 'report' or 'release'; "
        "'EIPCLAIM_MAX_EIP' is unknown"
    )


@pytest.mark.parametrize(
    ("endpoint", "kept"),
    [
        ("http://127.0.0.1:18080", "http://127.0.0.1:18080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://vpc.internal.tencentcloudapi.com", "https://vpc.internal.tencentcloudapi.com"),
        ("https://vpc.tencentcloudapi.com:443/", "https://vpc.tencentcloudapi.com:443"),
        ("https://127.0.0.1:65535", "https://127.0.0.1:65535"),
    ],
)
def test_an_endpoint_is_a_scheme_a_host_and_perhaps_a_port(endpoint: str, kept: str) -> None:
    assert read_settings({**REQUIRED, "EIPCLAIM_CLOUD_ENDPOINT": endpoint}).cloud_endpoint == kept


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("http://vpc.tencentcloudapi.com", "plain HTTP is for this machine alone: the token would be read on the way"),
        ("http://10.0.0.1:8080", "likewise"),
        ("http://127.0.0.1.example.com", "only looks like this machine"),
        ("http://127.0.0.1@example.com", "likewise"),
        ("http://localhost.example.com", "likewise"),
        ("https://user:password@example.com", "the user would be signed as part of the host"),
        ("https://example.com/path", "the path would be lost"),
        ("https://example.com?query", "the query would be lost"),
        ("https://example.com#fragment", "the fragment would be lost"),
        ("https://exa mple.com", "no host"),
        ("https://", "no host"),
        ("https://[::1", "no host"),
        ("https://example.com:99999", "no port"),
        ("https://example.com:", "no port"),
        ("http://127.0.0.1:http", "no port"),
        ("127.0.0.1:18080", "no scheme"),
        ("ftp://127.0.0.1", "no HTTP"),
        ("file:///etc/passwd", "no HTTP"),
        ("https://example.com\n", "a line's end"),
        ("https://" + "a" * 100_000, "longer than any host"),
    ],
)
def test_any_other_endpoint_is_refused(endpoint: str, reason: str) -> None:
    said = refusal(EIPCLAIM_CLOUD_ENDPOINT=endpoint)

    assert said.endswith(": must be https://HOST, or http://127.0.0.1:PORT for an emulator"), reason
    assert len(said) < 200, reason


@pytest.mark.parametrize("name", ["TENCENTCLOUD_REGION", "EIPCLAIM_REGION"])
def test_a_wrong_region_is_told_by_the_name_of_the_variable_that_it_came_from(name: str) -> None:
    assert refusal(**{name: "Guangzhou"}).startswith(f"{name}='Guangzhou': ")


def test_a_kubeconfig_is_a_path_and_not_its_content() -> None:
    said = refusal(EIPCLAIM_KUBECONFIG="apiVersion: v1\n" * 100)

    assert said == (
        "EIPCLAIM_KUBECONFIG='apiVersion: ... (1500 characters)': String should have at most 1024 characters"
    )


@pytest.mark.parametrize(
    "pasted",
    [
        "token: canary\n" * 8,
        '{"users": [{"name": "a", "user": {"token": "canary"}}]}',
        "users:\n- user: {token: canary}\n",
        f"ssm:eyJhbGciOi{'canary' * 100}",
    ],
)
def test_a_kubeconfig_that_stands_where_its_name_belongs_is_not_read_again_in_the_message(pasted: str) -> None:
    """The first 80 characters were quoted, and of a short one all."""
    said = refusal(EIPCLAIM_KUBECONFIG=pasted)

    assert "canary" not in said
    assert f"({len(pasted)} characters)" in said


@pytest.mark.parametrize(
    "place",
    ["/etc/kubeconfig", "ssm:eipclaim-give", "ssm:0_a/v1.2-b", f"ssm:{'a' * 128}/{'b' * 64}", "tke:", "ssm", "a:b"],
)
def test_a_kubeconfig_is_in_a_file_in_ssm_or_at_tke(place: str) -> None:
    assert read_settings({**REQUIRED, "EIPCLAIM_KUBECONFIG": place}).kubeconfig == place


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("ssm:", "must be ssm:NAME or ssm:NAME/VERSION"),
        ("ssm:-a", "must be ssm:NAME or ssm:NAME/VERSION"),
        ("ssm:a.b", "must be ssm:NAME or ssm:NAME/VERSION"),
        ("ssm:a b", "must be ssm:NAME or ssm:NAME/VERSION"),
        ("ssm:a/", "must be ssm:NAME or ssm:NAME/VERSION"),
        ("ssm:a/b/c", "must be ssm:NAME or ssm:NAME/VERSION"),
        ("ssm:\u7f51", "must be ssm:NAME or ssm:NAME/VERSION"),
        (f"ssm:{'a' * 129}", "must be ssm:NAME or ssm:NAME/VERSION"),
        ("tke:cls-blue", "must be tke: alone; EIPCLAIM_CLUSTER_ID says of which cluster"),
        ("tke:public", "must be tke: alone; EIPCLAIM_CLUSTER_ID says of which cluster"),
    ],
)
def test_a_place_that_cannot_be_is_refused(place: str, told: str) -> None:
    said = refusal(EIPCLAIM_KUBECONFIG=place)

    assert said.startswith("EIPCLAIM_KUBECONFIG=")
    assert told in said
    assert len(said) < 200


@given(st.sampled_from(sorted(Settings.model_fields)), st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_whatever_stands_in_a_variable_is_taken_or_told_of_in_one_short_line(field: str, value: str) -> None:
    said = ""
    try:
        read_settings({**REQUIRED, f"EIPCLAIM_{field.upper()}": value * 50})
    except InputRejected as error:
        said = error.message

    assert said.isascii()
    assert said.isprintable()
    assert len(said) < 300


def test_a_hostile_name_is_told_of_in_one_short_line() -> None:
    said = refusal(**{"EIPCLAIM_A\n\x1b[31m\u2028" + "B" * 10_000: "1"})

    assert said.isprintable()
    assert len(said) < 100


def test_the_settings_cannot_be_changed() -> None:
    settings = read_settings(REQUIRED)
    with pytest.raises(ValueError, match="frozen"):
        settings.freeze = True  # type: ignore[misc]
