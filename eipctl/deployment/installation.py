"""One installation: which cluster, which account, and how all that belongs to it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eipctl.deployment import account, manifests
from eipctl.deployment.absence import find
from eipctl.deployment.changes import Resource
from eipctl.deployment.functions import INSTANCES, Delivery, Extras
from eipctl.deployment.ports import Sides
from eipctl.deployment.tokens import Kubeconfig
from shared.adapters.kubernetes import Access, kubeconfig
from shared.core import identity
from shared.core.errors import EipclaimError
from shared.core.table import Role
from shared.settings import Settings, read_settings

GIVERS, TAKERS = ("allocate", "bind"), ("reclaim",)
FUNCTIONS = (*GIVERS, *TAKERS)
SERVICE_ACCOUNTS = {Role.GIVE: identity.GIVE_ACCOUNT, Role.TAKE: identity.TAKE_ACCOUNT}
RETRIES = {"allocate": 0, "bind": 2, "reclaim": 0}
WAIT_SECONDS = {"allocate": 60, "bind": 600, "reclaim": 60}


@dataclass(frozen=True)
class Installation:
    """What the operator says about it: the functions' settings, and where they are deployed."""

    settings: Settings
    stage: str
    subnet_id: str
    topic_id: str

    @property
    def cluster_id(self) -> str:
        """Of the cluster, and part of every name."""
        return self.settings.cluster_id

    def title(self, role: Role) -> str:
        """What a role, its policy and its secret are called."""
        return f"eipclaim-{self.cluster_id}-{role.value}"

    def function(self, key: str) -> str:
        """What the multi-scf component calls a function: see `serverless.yml`."""
        return f"{self.cluster_id}-{self.stage}-eipclaim-{key}"

    def extras(self, key: str) -> Extras:
        """What `scf deploy` leaves undone about a function."""
        instances = INSTANCES if key == "bind" else None
        return Extras(self.function(key), RETRIES[key], WAIT_SECONDS[key], instances)

    def variables(self) -> Mapping[str, str]:
        """What `serverless.yml` takes from its surroundings and this installation knows; no secret is among them."""
        roles = {f"DEPLOY_{role.name}_ROLE": self.title(role) for role in Role}
        secrets = {f"DEPLOY_{role.name}_KUBECONFIG": f"ssm:{self.title(role)}" for role in Role}
        known = {
            "TENCENTCLOUD_REGION": self.settings.region,
            "DEPLOY_STAGE": self.stage,
            "EIPCLAIM_CLUSTER_ID": self.cluster_id,
            "EIPCLAIM_VPC_ID": self.settings.vpc_id,
            "DEPLOY_SUBNET_ID": self.subnet_id,
            "DEPLOY_AUDIT_TOPIC_ID": self.topic_id,
        }
        return {**known, **roles, **secrets}

    def tags(self) -> Sequence[account.Tag]:
        """The two tags of its EIPs."""
        return [account.Tag(key, value, self.cluster_id) for key, value in identity.tags(self.cluster_id).items()]


def read(environ: Mapping[str, str]) -> Installation:
    """The installation that an environment describes. Raises InputRejected as `read_settings` does."""
    given = {name: environ.get(f"DEPLOY_{name}", "") for name in ("STAGE", "SUBNET_ID", "AUDIT_TOPIC_ID")}
    return Installation(read_settings(environ), given["STAGE"] or "prod", given["SUBNET_ID"], given["AUDIT_TOPIC_ID"])


def access(named: Path | None, environ: Mapping[str, str]) -> Access:
    """The operator's own access: the kubeconfig that is named, else that of KUBECONFIG, else kubectl's."""
    file = named or Path(environ.get("KUBECONFIG") or Path(environ.get("HOME") or ".", ".kube", "config"))
    return kubeconfig.load(file)


@dataclass(frozen=True)
class Parts:
    """The resources of an installation, by what they belong to; in the order in which they are made."""

    cluster: Sequence[manifests.Manifest]
    tags: Sequence[account.Tag]
    policies: Sequence[account.Policy]
    roles: Sequence[account.Role]
    secrets: Sequence[Kubeconfig]
    extras: Sequence[Extras]
    deliveries: Sequence[Delivery]

    def all(self) -> Sequence[Resource]:
        """All of them."""
        return [
            *self.cluster, *self.tags, *self.policies, *self.roles, *self.secrets, *self.extras, *self.deliveries,
        ]  # fmt: skip


async def parts(installation: Installation, sides: Sides, own: Access, server: str | None) -> Parts:
    """The resources, as cluster and account say how they have to be. Raises EipclaimError where they do not say.

    The functions reach the apiserver from the VPC, so by its internal endpoint where it has one.
    """
    caller = await sides.cloud.call("cam", "GetUserAppId", {})
    variables = {
        "region": installation.settings.region,
        "uin": str(caller["OwnerUin"]),
        "cluster": installation.cluster_id,
    }
    trust = account.document("trust", variables)
    policies = []
    for role in Role:
        creator = await _creator(sides, installation.title(role)) or str(caller["Uin"])
        content = account.document(f"{role.value}-policy", {**variables, "creator": creator})
        policies.append(account.Policy(installation.title(role), content))
    endpoint = server or await _internal(installation, sides) or own.server
    topic = installation.topic_id
    return Parts(
        cluster=manifests.read(),
        tags=installation.tags(),
        policies=policies,
        roles=[account.Role(policy.title, trust, policy) for policy in policies],
        secrets=[
            Kubeconfig(installation.title(role), SERVICE_ACCOUNTS[role], endpoint.rstrip("/"), own.ca) for role in Role
        ],
        extras=[installation.extras(key) for key in FUNCTIONS],
        deliveries=[Delivery(installation.function("bind"), topic)] if topic else [],
    )


async def _creator(sides: Sides, title: str) -> str:
    """Who made the secret of that name: secrets are named by their maker in policies."""
    secret = await find(sides.cloud, "ssm", "DescribeSecret", {"SecretName": title})
    return str(secret.get("CreateUin") or "") if secret else ""


async def _internal(installation: Installation, sides: Sides) -> str:
    """The cluster's endpoint in its VPC; empty where it has none, or the account does not tell."""
    try:
        reply = await sides.cloud.call("tke", "DescribeClusterEndpoints", {"ClusterId": installation.cluster_id})
    except EipclaimError:
        return ""
    told = str(reply.get("ClusterIntranetEndpoint") or "")
    return told if not told or "://" in told else f"https://{told}"
