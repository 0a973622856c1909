"""The settings: read once for an invocation from its environment; whatever is wrong there is told in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.core.durations import excerpt, valid_duration
from shared.core.errors import InputRejected
from shared.core.policy import DEFAULT_PREFIX, Policy

PREFIX = "EIPCLAIM_"
_DNS = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


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
    """Nothing but scheme, host and port, so that what is checked here is what is connected to."""
    parts = urlsplit(value)
    host = parts.hostname or ""
    local = host in _LOOPBACK
    port = "" if parts.port is None else f":{parts.port}"
    plain = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
    if value.rstrip("/") != plain or not (
        (local and parts.scheme == "http") or ((local or _DNS.fullmatch(host)) and parts.scheme == "https")
    ):
        raise ValueError("must be https://HOST, or http://127.0.0.1:PORT for an emulator")
    return plain


class Settings(BaseModel):
    """What the operator wants. Names are those of the environment without `EIPCLAIM_`, in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    kubeconfig: Annotated[str | None, Field(max_length=1024)] = None
    cloud_endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None

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
        )


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in this environment; an empty value counts as absent.

    Raises InputRejected with one line that names every variable that is missing, unknown or wrong.
    """
    given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX) and value}
    given.setdefault("region", environ.get("TENCENTCLOUD_REGION", ""))
    given = {name: value for name, value in given.items() if value}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        told = "; ".join(_told(problem) for problem in error.errors())
        raise InputRejected("InvalidSettings", told) from None


def _told(problem: Mapping[str, object]) -> str:
    location = problem["loc"]
    field = str(location[0]) if isinstance(location, tuple) and location else "?"
    name = PREFIX + field.upper()
    if problem["type"] == "missing":
        described = Settings.model_fields[field].description if field in Settings.model_fields else None
        return f"{name} is not set" + (f" ({described})" if described else "")
    if problem["type"] == "extra_forbidden":
        return f"{name} is unknown"
    return f"{name}={excerpt(problem['input'])}: {problem['msg']}"
