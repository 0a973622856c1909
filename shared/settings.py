"""The settings: read once for an invocation from its environment; whatever is wrong there is told in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from shared.core.durations import excerpt, path_excerpt, valid_duration
from shared.core.errors import InputRejected
from shared.core.policy import DEFAULT_PREFIX, Policy

PREFIX = "EIPCLAIM_"
REGION = "TENCENTCLOUD_REGION"
"""Where SCF and the vendor's tools have the region; EIPCLAIM_REGION comes before it."""

_DNS = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ENDPOINT = re.compile(
    r"(https://[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?|http://(127\.0\.0\.1|localhost|\[::1\]))(:(?P<port>[0-9]{1,5}))?/?"
)
_SECRET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,63})?")
"""SSM's rule for the name of a secret and of its version (API 2019-09-23, CreateSecret)."""


def _names(value: object) -> object:
    """Of a list without names, or with one that no namespace can have, something else was meant."""
    if not isinstance(value, str):
        return value
    names = frozenset(name.strip() for name in value.split(",") if name.strip())
    if not names or not all(_NAMESPACE.fullmatch(name) for name in names):
        raise ValueError("must be names of namespaces, separated by commas")
    return names


def _dns(value: str) -> str:
    if not _DNS.fullmatch(value):
        raise ValueError("must be a DNS name in lower case")
    return value


def _endpoint(value: str) -> str:
    """Nothing but scheme, host and port: plain HTTP is for this machine alone, and a path or user would be lost."""
    match = _ENDPOINT.fullmatch(value)
    if match is None or int(match["port"] or 0) >= 2**16:
        raise ValueError("must be https://HOST, or http://127.0.0.1:PORT for an emulator")
    return value.rstrip("/")


def _kubeconfig(value: str) -> str:
    """A path, unless it names one of the two places in the cloud."""
    rest = value[len("ssm:") :]
    if not value.isprintable() or "{" in value:
        raise ValueError("must be ssm:NAME, tke: or a path: a kubeconfig itself is taken from none of the variables")
    if value.startswith("ssm:") and not _SECRET.fullmatch(rest):
        raise ValueError("must be ssm:NAME or ssm:NAME/VERSION, the names of letters, digits, - and _")
    if value.startswith("tke:") and rest:
        raise ValueError(
            "must be tke: alone; EIPCLAIM_CLUSTER_ID says of which cluster, and its private access is used"
        )
    return value


def _variable(field: str) -> str:
    return PREFIX + field.upper()


class Settings(BaseModel):
    """What the operator wants. Names are those of the environment without `EIPCLAIM_`, in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_variable, populate_by_name=True)

    cluster_id: Annotated[str, Field(pattern=r"^cls-[a-z0-9]{1,32}$", description="id of the cluster, cls-...")]
    vpc_id: Annotated[str, Field(pattern=r"^vpc-[a-z0-9]{1,32}$", description="id of the cluster's VPC, vpc-...")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2,}(-[a-z0-9]+){1,4}$", description="region, e.g. ap-guangzhou")]
    annotation_prefix: Annotated[str, AfterValidator(_dns)] = DEFAULT_PREFIX
    claim_expired_duration: Annotated[str, AfterValidator(valid_duration)] = "1h"
    enable_ownerref: bool = False
    namespaces: Annotated[frozenset[str] | None, BeforeValidator(_names)] = None
    max_eips: Annotated[int | None, Field(ge=0, le=100_000)] = None
    max_eips_per_namespace: Annotated[int | None, Field(ge=0, le=100_000)] = None
    max_bandwidth_mbps: Annotated[int, Field(ge=1, le=2000)] = 100
    orphans: Literal["report", "release"] = "report"
    freeze: bool = False
    publish_capacity: bool = False
    kubeconfig: Annotated[str, Field(max_length=1024), AfterValidator(_kubeconfig)] | None = None
    cloud_endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None

    @model_validator(mode="after")
    def _caps_agree(self) -> Settings:
        cluster, namespace = self.max_eips, self.max_eips_per_namespace
        if cluster is not None and namespace is not None and namespace > cluster:
            raise ValueError("EIPCLAIM_MAX_EIPS_PER_NAMESPACE is more than EIPCLAIM_MAX_EIPS, so it caps nothing")
        return self

    def policy(self) -> Policy:
        """The part of the settings that decides."""
        return Policy(
            cluster_id=self.cluster_id,
            prefix=self.annotation_prefix,
            expire_after=self.claim_expired_duration,
            cascade=self.enable_ownerref,
            namespaces=self.namespaces,
            max_eips=self.max_eips,
            max_eips_per_namespace=self.max_eips_per_namespace,
            max_bandwidth_mbps=self.max_bandwidth_mbps,
            release_orphans=self.orphans == "release",
            freeze=self.freeze,
            publish_capacity=self.publish_capacity,
        )


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in this environment; an empty value counts as absent.

    Raises InputRejected with one line that names every variable that is missing, unknown or wrong.
    """
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value}
    own = _variable("region")
    elsewhere = {} if given.get(own) else {own: REGION}
    region = environ.get(REGION)
    if region:
        given.setdefault(own, region)
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        told = "; ".join(_told(problem, elsewhere) for problem in error.errors())
        raise InputRejected("InvalidSettings", told) from None


def _told(problem: ErrorDetails, elsewhere: Mapping[str, str]) -> str:
    """`elsewhere` has the names of what was taken from another variable than its own."""
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    variable = str(problem["loc"][0])
    name = elsewhere.get(variable, variable)
    if problem["type"] == "missing":
        return f"{name} is not set ({Settings.model_fields[variable[len(PREFIX) :].lower()].description})"
    if problem["type"] == "extra_forbidden":
        return f"{excerpt(name)} is unknown"
    return f"{name}={shown(name, problem['input'])}: {message}"


def shown(name: str, value: object) -> str:
    """A variable's value as it may stand in messages: where a kubeconfig is named somebody may have put it itself."""
    return excerpt(path_excerpt(str(value)) if name.endswith("KUBECONFIG") else value)
