"""What people do by hand around the functions: clusters, secrets, log topics, roles, functions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emulator.cloud.cls.models import Record, Topic
from emulator.cloud.scf.models import Function, Run
from emulator.cloud.ssm.models import FIRST_VERSION, Value
from emulator.cloud.tke.models import AuditLog, Cluster

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud


class AccountConsole:
    """By-hand access to what is deployed in a cloud. Every method raises CloudError for what does not go."""

    def __init__(self, cloud: Cloud) -> None:
        """The console of `cloud`."""
        self._cloud = cloud

    def create_cluster(
        self,
        cluster_id: str | None = None,
        *,
        vpc_id: str = "vpc-emulated",
        name: str = "emulated",
        version: str = "1.30.0",
        nodes: int = 0,
        kubeconfig: str | None = None,
        public_kubeconfig: str | None = None,
    ) -> str:
        """The id of a new cluster, with a private and a public access if there is a kubeconfig of that kind."""
        self._cloud.settle()
        now, cluster_id = self._cloud.clock(), cluster_id or self._cloud.identifiers.new("cls")
        cluster = Cluster(cluster_id, vpc_id, name, version, now, nodes=nodes)
        cluster.private, cluster.public = kubeconfig, public_kubeconfig
        self._cloud.clusters.add(cluster)
        return cluster_id

    def set_kubeconfig(self, cluster_id: str, kubeconfig: str | None, identity: str | None = None) -> None:
        """Have every caller, or one, get that kubeconfig of the private access; None closes the access."""
        cluster = self._cloud.clusters.find(cluster_id)
        if identity is None:
            cluster.private = kubeconfig
        elif kubeconfig is None:
            cluster.own.pop(identity, None)
        else:
            cluster.own[identity] = kubeconfig

    def set_audit_log(self, cluster_id: str, topic_id: str | None, logset_id: str = "logset-emulated") -> None:
        """Have the cluster's audit log go to a topic; None turns it off."""
        self._cloud.clusters.find(cluster_id).audit = None if topic_id is None else AuditLog(logset_id, topic_id)

    def delete_cluster(self, cluster_id: str) -> None:
        """Have a cluster gone."""
        self._cloud.clusters.remove(cluster_id)

    def create_secret(self, name: str, text: str, version: str = FIRST_VERSION) -> None:
        """Have a secret of that name with that text, in place of what the version held."""
        self._cloud.settle()
        value = Value(self._cloud.clock(), text)
        if name not in (one.name for one in self._cloud.secrets):
            self._cloud.secrets.create(name, version, value, "")
        elif version in self._cloud.secrets.find(name).versions:
            self._cloud.secrets.overwrite(name, version, value)
        else:
            self._cloud.secrets.add(name, version, value)

    def create_topic(self, topic_id: str, name: str = "audit", logset_id: str = "logset-emulated") -> None:
        """Have an empty log topic of that id."""
        self._cloud.topics.add(Topic(topic_id, name, logset_id, self._cloud.clock()))

    def put_log(self, topic_id: str, content: Mapping[str, object], at: float | None = None) -> None:
        """Add a record to a topic, written now or at a time in seconds."""
        written = self._cloud.clock() if at is None else at
        self._cloud.topics.find(topic_id).records.append(Record(int(written * 1000), json.dumps(content)))

    def delete_topic(self, topic_id: str) -> None:
        """Have a topic gone that is delivered to no function."""
        self._cloud.topics.remove(topic_id)

    def create_role(
        self, name: str, documents: Sequence[str] = (), *, services: Sequence[str] = ("scf.qcloud.com",)
    ) -> None:
        """Have a role that those services may take on, with a policy for each document."""
        now, access = self._cloud.clock(), self._cloud.access
        statement = {"effect": "allow", "action": "name/sts:AssumeRole", "principal": {"service": list(services)}}
        role = access.create_role(name, json.dumps({"version": "2.0", "statement": [statement]}), "", now)
        for number, document in enumerate(documents, 1):
            policy = access.create_policy(f"{name}-{number}", document, "", now)
            role.attached[policy.policy_id] = now

    def create_function(self, name: str, run: Run | None = None, *, memory: int = 128) -> None:
        """Have a function that can be invoked at once; `run` is what it does."""
        now = self._cloud.clock()
        self._cloud.functions.add(Function(name, "default", now, now, {"FunctionName": name, "MemorySize": memory}))
        if run is not None:
            self._cloud.functions.runs[name] = run
