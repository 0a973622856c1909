"""install, doctor and teardown as a shell sees them: what goes to which stream, and the exit code."""

from __future__ import annotations

import json
import os
import pty
from contextlib import suppress

import pytest

from emulator.cloud.faults import Fault
from tests import shells
from tests.deployment import states
from tests.deployment.account_plants import other_ca
from tests.deployment.sites import CLUSTER_ID, Site
from tests.shells import Done

GIVE = f"eipclaim-{CLUSTER_ID}-give"


def eipctl(site: Site, *arguments: str, **variables: str) -> Done:
    """Run it with the operator's environment, and without a terminal."""
    return shells.eipctl(arguments, {**site.environ, **variables})


def secrets(site: Site) -> list[str]:
    asked = {"SecretName": GIVE, "VersionId": "SSM_Current"}
    content = json.loads(site.cloud.call("ssm", "GetSecretValue", asked)["SecretString"])
    return [content["users"][0]["user"]["token"], site.environ["TENCENTCLOUD_SECRETKEY"]]


def drained(ours: int) -> bytes:
    """All that was written to a terminal, which nobody else has open: a read may give a part, and fails at the end."""
    shown = b""
    with suppress(OSError), open(ours, "rb", buffering=0) as terminal:
        while part := terminal.read(4096):
            shown += part
    return shown


async def test_from_nothing_and_back_in_a_shell(site: Site) -> None:
    before = await site.state()
    shown = eipctl(site, "install", "--dry-run")
    assert (shown.returncode, "+ CustomResourceDefinition/eipclaims.eipclaim.io" in shown.stdout) == (0, True)
    told = f"cluster {CLUSTER_ID} at {site.own.server}, in {site.cloud.region}"
    assert shown.stdout.splitlines()[0] == told
    assert states.dumped(await site.state()) == states.dumped(before)

    made = eipctl(site, "install", "--yes")
    assert made.returncode == 0
    assert f"DEPLOY_GIVE_KUBECONFIG=ssm:{GIVE}" in made.stdout
    assert "make bundle" in made.stdout
    assert "until " in made.stdout
    again = json.loads(eipctl(site, "install", "-o", "json").stdout)
    assert (again["changes"], again["left"], len(again["notDeployed"])) == ([], [], 3)

    gone = eipctl(site, "teardown", "--yes")
    assert gone.stdout.splitlines()[0] == told
    assert (gone.returncode, gone.stdout.splitlines()[-1]) == (0, "all is taken away")
    assert eipctl(site, "teardown", "--yes").stdout == "nothing to take away\n"
    assert states.dumped(await site.state()) == states.dumped(before)


async def test_no_command_shows_a_secret_or_colours_what_may_be_a_file(site: Site) -> None:
    told = [
        eipctl(site, "install", "--yes"),
        eipctl(site, "install"),
        eipctl(site, "doctor"),
        eipctl(site, "teardown", "--dry-run"),
    ]

    text = "".join(one.stdout + one.stderr for one in told)
    assert not [one for one in secrets(site) if one in text]
    assert "\x1b" not in text


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
async def test_a_terminal_is_given_colours_unless_no_color_is_set(
    site: Site, variables: dict[str, str], *, coloured: bool
) -> None:
    site.cloud.console.create_tag("eipclaim-cluster", CLUSTER_ID)
    ours, theirs = pty.openpty()
    try:
        shells.eipctl(["teardown", "--dry-run"], {**site.environ, **variables}, os.ttyname(theirs))
    finally:
        os.close(theirs)
    shown = drained(ours)

    assert (b"tag eipclaim-cluster" in shown, b"\x1b[" in shown) == (True, coloured)


async def test_the_doctor_ends_with_1_where_something_is_wrong(site: Site) -> None:
    done = eipctl(site, "doctor", "-o", "json")
    findings = json.loads(done.stdout)["findings"]
    assert done.returncode == 1
    assert {"check": "crd", "severity": "error", "what": "the CRD is not installed", "do": "eipctl install"} in findings

    await site.install()
    site.deploy()
    await site.install()
    await site.sweep()
    healthy = eipctl(site, "doctor")
    assert (healthy.returncode, healthy.stdout.splitlines()[-1].endswith(" ok")) == (0, True)
    site.cloud.faults.arm(Fault("code", "DescribeClusters", times=100, code="UnauthorizedOperation"))
    unseen = eipctl(site, "doctor", "-o", "json")
    severities = {one["severity"] for one in json.loads(unseen.stdout)["findings"]}
    assert (unseen.returncode, severities) == (1, {"ok", "unknown"})


@pytest.mark.parametrize("command", ["install", "teardown"])
async def test_a_cluster_that_the_account_does_not_have_is_left_alone(site: Site, command: str) -> None:
    """The kubeconfig leads to one all the same, and names of two would be mixed."""
    if command == "teardown":
        await site.install()
    before = await site.state()

    done = eipctl(site, command, "--yes", EIPCLAIM_CLUSTER_ID="cls-another")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert f"the account has no cluster cls-another in {site.cloud.region}" in done.stderr
    assert states.dumped(await site.state()) == states.dumped(before)


async def test_with_a_kubeconfig_of_another_cluster_nothing_is_torn_down(site: Site) -> None:
    await site.install()
    before = await site.state()

    async with other_ca(site):
        done = eipctl(site, "teardown", "--yes")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert f"the kubeconfig is of another cluster than {CLUSTER_ID}" in done.stderr
    assert states.dumped(await site.state()) == states.dumped(before)


@pytest.mark.parametrize("fault", ["UnauthorizedOperation", "InternalError"])
async def test_where_the_account_does_not_tell_of_clusters_the_commands_go_on(site: Site, fault: str) -> None:
    for action in ("DescribeClusters", "DescribeClusterEndpoints"):
        site.cloud.faults.arm(Fault("code", action, times=100, code=fault))

    assert eipctl(site, "install", "--yes").returncode == 0
    assert eipctl(site, "teardown", "--yes").returncode == 0


@pytest.mark.parametrize("command", ["install", "teardown"])
async def test_where_nobody_can_be_asked_nothing_is_done(site: Site, command: str) -> None:
    if command == "teardown":
        await site.install()
    before = await site.state()

    done = eipctl(site, command)
    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    assert states.dumped(await site.state()) == states.dumped(before)


async def test_what_is_set_wrong_is_said_in_one_line(site: Site) -> None:
    for variables, told in (
        ({"EIPCLAIM_CLUSTER_ID": ""}, "EIPCLAIM_CLUSTER_ID is not set"),
        ({"TENCENTCLOUD_SECRETID": ""}, "TENCENTCLOUD_SECRETID"),
        ({"KUBECONFIG": "no-such-file"}, "no-such-file"),
    ):
        done = eipctl(site, "install", "--yes", **variables)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert told in done.stderr


async def test_the_key_may_stand_where_scf_deploy_looks_for_it(site: Site) -> None:
    given = {
        "TENCENT_SECRET_ID": site.environ["TENCENTCLOUD_SECRETID"],
        "TENCENT_SECRET_KEY": site.environ["TENCENTCLOUD_SECRETKEY"],
    }
    none = {"TENCENTCLOUD_SECRETID": "", "TENCENTCLOUD_SECRETKEY": ""}

    assert eipctl(site, "install", "--dry-run", **none, **given).returncode == 0


async def test_a_failure_to_look_says_nothing_of_what_is_done(site: Site) -> None:
    site.cloud.faults.arm(Fault("code", "GetUserAppId", code="AuthFailure.SecretIdNotFound"))

    done = eipctl(site, "install", "--dry-run")
    assert (done.returncode, done.stderr.count("\n"), "run it again" in done.stderr) == (1, 1, False)


async def test_a_failure_on_the_way_says_to_run_it_again(site: Site) -> None:
    site.cloud.faults.arm(Fault("code", "CreatePolicy", code="InternalError"))

    done = eipctl(site, "install", "--yes")
    assert (done.returncode, "run it again" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    assert eipctl(site, "install", "--yes").returncode == 0
