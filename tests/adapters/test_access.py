"""Where an invocation finds who it is in the cluster, and how long what the cloud answered is kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from emulator.cloud import Cloud, Fault
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.transport import InProcessTransport
from emulator.timeline import Timeline, run
from shared.adapters.access import Kept, Reader
from shared.adapters.cloud.kubeconfigs import Vault
from shared.adapters.cloud.sdk import Secret
from shared.adapters.kubernetes import Access
from shared.core.errors import EipclaimError, InputRejected
from shared.core.table import Role
from shared.settings import read_settings


def kubeconfig(token: str, **user: object) -> str:
    named = {
        "name": "a",
        "context": {"cluster": "a", "user": "a"},
        "cluster": {"server": "https://10.0.0.1:6443"},
        "user": user or {"token": token},
    }
    return json.dumps({"current-context": "a", "contexts": [named], "clusters": [named], "users": [named]})


class Warm:
    """A warm instance: a process whose clock is the timeline's, on one cloud."""

    def __init__(self) -> None:
        self.timeline = Timeline(1_795_478_400.0)
        self.cloud = Cloud(self.timeline.now)
        self.kept = Kept(self.timeline.now)

    def reader(self, named: str | None, environ: Mapping[str, str] | None = None, *, role: Role = Role.GIVE) -> Reader:
        """That of its next invocation."""
        variables = {"EIPCLAIM_CLUSTER_ID": "cls-blue", "EIPCLAIM_VPC_ID": "vpc-1", "EIPCLAIM_REGION": "ap-guangzhou"}
        if named is not None:
            variables["EIPCLAIM_KUBECONFIG"] = named
        settings = read_settings(variables)
        transport = InProcessTransport(self.cloud, after=self.timeline.after)
        vault = Vault(settings.region, Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY), transport=transport)
        return Reader(settings, vault, role, environ or {}, self.kept)

    def token(self, named: str | None, *, anew: bool = False, role: Role = Role.GIVE) -> str | None:
        """The token that its next invocation finds."""
        reader = self.reader(named, role=role)
        access: Access = run(self.timeline, reader.anew() if anew else reader.read())
        return access.token

    @property
    def asked(self) -> int:
        return len([call for call in self.cloud.calls.since() if not call.action.startswith("Create")])


@pytest.fixture
def warm() -> Warm:
    """With a secret and a cluster."""
    warm = Warm()
    warm.cloud.console.create_secret("give", kubeconfig("one"))
    warm.cloud.console.create_cluster("cls-blue", kubeconfig=kubeconfig("tke-one"))
    return warm


@pytest.mark.parametrize(("named", "token"), [("ssm:give", "one"), ("tke:", "tke-one")])
def test_the_cloud_is_asked_once_in_five_minutes(warm: Warm, named: str, token: str) -> None:
    tokens = [warm.token(named)]
    warm.timeline.advance(299)
    tokens.append(warm.token(named))
    asked = warm.asked
    warm.timeline.advance(1)
    tokens.append(warm.token(named))

    assert tokens == [token] * 3
    assert (asked, warm.asked) == (1, 2), "a look at what is kept does not keep it for longer"


def test_a_new_secret_counts_after_five_minutes_or_when_it_is_read_anew(warm: Warm) -> None:
    first = warm.token("ssm:give")
    warm.cloud.console.create_secret("give", kubeconfig("two"))

    assert (first, warm.token("ssm:give"), warm.token("ssm:give", anew=True)) == ("one", "one", "two")
    assert warm.token("ssm:give") == "two"
    warm.cloud.console.create_secret("give", kubeconfig("three"))
    warm.timeline.advance(300)
    assert warm.token("ssm:give") == "three"


def test_what_is_kept_is_of_one_source_and_one_role(warm: Warm) -> None:
    warm.cloud.console.create_secret("give", kubeconfig("two"), version="v2")

    assert [warm.token(named) for named in ("ssm:give", "ssm:give/v2", "tke:")] == ["one", "two", "tke-one"]
    asked = warm.asked
    warm.token("tke:", role=Role.TAKE)
    assert warm.asked == asked + 1


def test_a_reading_anew_that_fails_keeps_nothing(warm: Warm) -> None:
    warm.token("ssm:give")
    warm.cloud.faults.arm(Fault("throttle"))
    with pytest.raises(EipclaimError):
        warm.token("ssm:give", anew=True)
    warm.cloud.console.create_secret("give", kubeconfig("two"))

    assert warm.token("ssm:give") == "two"


def test_what_is_no_kubeconfig_is_not_kept_and_counts_as_soon_as_it_is_mended(warm: Warm) -> None:
    warm.cloud.console.create_secret("give", "canary")
    with pytest.raises(InputRejected) as caught:
        warm.token("ssm:give")
    warm.cloud.console.create_secret("give", kubeconfig("mended"))

    assert caught.value.message == "ssm:give: the kubeconfig is not a YAML mapping"
    assert warm.token("ssm:give") == "mended"


def test_a_clock_that_went_back_keeps_nothing() -> None:
    times = iter([1000.0, 999.0])
    kept = Kept(lambda: next(times))
    kept.keep(("ssm:give",), "text")

    assert kept.find(("ssm:give",)) is None


def test_what_is_kept_does_not_show() -> None:
    kept = Kept()
    kept.keep(("ssm:give",), "canary")

    assert "canary" not in repr(kept)


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"exec": {"command": "evil"}}, "user 'a': exec is refused"),
        ({"auth-provider": {"name": "oidc"}}, "user 'a': auth-provider is refused"),
        ({"tokenFile": "/var/run/token"}, "user 'a': tokenFile names a file"),
    ],
)
def test_what_a_file_may_not_hold_a_secret_may_not_either(warm: Warm, user: Mapping[str, object], told: str) -> None:
    warm.cloud.console.create_secret("give", kubeconfig("", **user))
    with pytest.raises(InputRejected) as caught:
        warm.token("ssm:give")

    assert caught.value.message.startswith(f"ssm:give: {told}")


def test_the_access_says_where_it_comes_from(warm: Warm, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig("file"))

    assert run(warm.timeline, warm.reader("ssm:give").read()).origin == "ssm:give"
    assert run(warm.timeline, warm.reader(str(file)).read()).origin == f"kubeconfig {file}"
    private = run(warm.timeline, warm.reader("tke:").read())
    assert private.origin == "tke"
    assert private.unreachable == "is the cluster's private access on? its kubeconfig names 10.0.0.1"


@pytest.mark.parametrize("by_setting", [True, False])
def test_a_file_is_read_each_time(warm: Warm, tmp_path: Path, *, by_setting: bool) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig("one"))
    named, environ = (str(file), None) if by_setting else (None, {"KUBECONFIG": str(file)})
    first = run(warm.timeline, warm.reader(named, environ).read())
    file.write_text(kubeconfig("two"))

    assert (first.token, run(warm.timeline, warm.reader(named, environ).read()).token) == ("one", "two")


def test_in_a_pod_the_token_is_read_anew_that_the_kubelet_rotates(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("the CA")
    (tmp_path / "token").write_text("one")
    environ = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443", "KUBECONFIG": "/no/such"}
    reader = replace(warm.reader(None, environ), service_account=tmp_path)
    first = run(warm.timeline, reader.read())
    (tmp_path / "token").write_text("two")

    assert (first.token, run(warm.timeline, reader.anew()).token) == ("one", "two")
    assert first.origin == "the pod's service account"


def test_without_any_source_the_ways_are_named(warm: Warm) -> None:
    with pytest.raises(InputRejected, match="set EIPCLAIM_KUBECONFIG to ssm:NAME, tke: or the path of a kubeconfig"):
        warm.token(None)


@pytest.mark.parametrize("by_setting", [True, False])
@pytest.mark.parametrize("encoded", [True, False])
def test_a_kubeconfig_where_its_path_belongs_is_not_shown(warm: Warm, *, by_setting: bool, encoded: bool) -> None:
    """All of it stood in the message, as the name of a file that cannot be read."""
    pasted = kubeconfig("canary" * 20)
    if encoded:
        pasted = base64.b64encode(pasted.encode()).decode()
    named, environ = (pasted, None) if by_setting else (None, {"KUBECONFIG": pasted})
    with pytest.raises(InputRejected) as caught:
        run(warm.timeline, warm.reader(named, environ).read())

    assert len(caught.value.message) < 200
    assert "canary" not in caught.value.message
    assert pasted[20:40] not in caught.value.message
