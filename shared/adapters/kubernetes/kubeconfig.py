"""Where the apiserver is and who we are there: a kubeconfig, or the service account of the pod we run in.

The official loader runs programs that a kubeconfig names and keeps keys in files. This one reads what a function needs
and refuses the rest by name, so that nothing that was asked for is quietly left out.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.adapters.kubernetes import texts
from shared.core.durations import excerpt, path_excerpt
from shared.core.errors import InputRejected
from shared.core.values import NullAs

MAX_BYTES = 1_000_000
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Access:
    """One apiserver and one identity there. Certificates and key are PEM texts; without `ca` the system's CAs count.

    For messages: `origin` is where this was read, `unreachable` what to look at where nobody answers.
    """

    server: str
    ca: str | None = None
    token: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    tls_server_name: str | None = None
    origin: str = field(default="the kubeconfig", compare=False)
    unreachable: str = field(default="", compare=False)


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, alias_generator=lambda name: name.replace("_", "-")
    )


class _Cluster(_Part):
    server: str
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    proxy_url: str | None = None
    tls_server_name: str | None = None


class _User(_Part):
    token: str | None = None
    token_file: str | None = Field(default=None, alias="tokenFile")
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    exec: object = None
    auth_provider: object = None
    username: str | None = None
    impersonated: str | None = Field(default=None, alias="as")


class _Context(_Part):
    cluster: str
    user: str


class _NamedCluster(_Part):
    name: str
    cluster: _Cluster


class _NamedUser(_Part):
    name: str
    user: Annotated[_User, NullAs(_User)]


class _NamedContext(_Part):
    name: str
    context: _Context


class _Kubeconfig(_Part):
    current_context: str
    contexts: Annotated[tuple[_NamedContext, ...], NullAs(tuple)] = ()
    clusters: Annotated[tuple[_NamedCluster, ...], NullAs(tuple)] = ()
    users: Annotated[tuple[_NamedUser, ...], NullAs(tuple)] = ()


def _rejected(message: str) -> InputRejected:
    return InputRejected("InvalidKubeconfig", message)


def load(file: Path) -> Access:
    """The access that a kubeconfig file's current context gives. Raises InputRejected, also where it cannot be read."""
    origin = f"kubeconfig {path_excerpt(str(file))}"
    return replace(read(_text(file, origin), file.parent), origin=origin)


def read(text: str, base: Path | None = None) -> Access:
    """The access that a kubeconfig (YAML or JSON) gives. Files that it names are looked for from `base` on."""
    try:
        content = texts.parse(text)
    except ValueError:
        raise _rejected("the kubeconfig is not YAML") from None
    if not isinstance(content, Mapping):
        raise _rejected("the kubeconfig is not a YAML mapping")
    return parse(content, base)


def parse(content: Mapping[str, object], base: Path | None = None) -> Access:
    """The access of the current context.

    Raises InputRejected, in one line without secrets, for what is missing and for what is not supported. Without `base`
    a kubeconfig may not name files.
    """
    try:
        config = _Kubeconfig.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _rejected(f"the kubeconfig is incomplete at {where}: {first['msg']}") from None
    context = _named(config.contexts, config.current_context, "context").context
    cluster = _named(config.clusters, context.cluster, "cluster").cluster
    user = _named(config.users, context.user, "user").user
    _refuse_cluster(cluster, context.cluster)
    _refuse_user(user, context.user)
    return _access(cluster, user, context, base)


def in_cluster(environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT) -> Access | None:
    """The access of the pod we run in; None where we run in none. Raises InputRejected for half of it."""
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not folder.is_dir():
        return None
    token = _text(folder / "token", "the service account's token").strip()
    ca = _text(folder / "ca.crt", "the service account's CA")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Access(server, ca=ca, token=token, origin="the pod's service account")


Entry = TypeVar("Entry", _NamedCluster, _NamedUser, _NamedContext)


def _named(entries: tuple[Entry, ...], name: str, kind: str) -> Entry:
    found = next((entry for entry in entries if entry.name == name), None)
    if found is None:
        raise _rejected(f"the kubeconfig has no {kind} {excerpt(name)}")
    return found


def _refuse_cluster(cluster: _Cluster, name: str) -> None:
    try:
        parts = urlsplit(cluster.server)
    except ValueError:
        raise _rejected(f"cluster {excerpt(name)}: server is no URL") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise _rejected(f"cluster {excerpt(name)}: server must be https://HOST[:PORT]")
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise _rejected(f"cluster {excerpt(name)}: server must be https://HOST[:PORT] and no more")
    try:
        parts.hostname.encode("idna")
    except UnicodeError:
        raise _rejected(f"cluster {excerpt(name)}: server names no host that there can be") from None
    if cluster.insecure_skip_tls_verify:
        raise _rejected(
            f"cluster {excerpt(name)}: insecure-skip-tls-verify is refused; give certificate-authority-data"
        )
    if cluster.proxy_url:
        raise _rejected(f"cluster {excerpt(name)}: proxy-url is not supported; reach the apiserver from the VPC")


def _refuse_user(user: _User, name: str) -> None:
    instead = "give a service account's token or a client certificate"
    refused = {
        "exec": user.exec,
        "auth-provider": user.auth_provider,
        "username": user.username,
        "as": user.impersonated,
    }
    for word, value in refused.items():
        if value is not None:
            raise _rejected(f"user {excerpt(name)}: {word} is refused; {instead}")


def _access(cluster: _Cluster, user: _User, context: _Context, base: Path | None) -> Access:
    at_cluster, at_user = f"cluster {excerpt(context.cluster)}", f"user {excerpt(context.user)}"
    ca = _pem(
        cluster.certificate_authority_data, cluster.certificate_authority, base, f"{at_cluster}: certificate-authority"
    )
    token = user.token or (_file(user.token_file, base, f"{at_user}: tokenFile").strip() if user.token_file else None)
    certificate = _pem(user.client_certificate_data, user.client_certificate, base, f"{at_user}: client-certificate")
    key = _pem(user.client_key_data, user.client_key, base, f"{at_user}: client-key")
    if not token and not (certificate and key):
        raise _rejected(f"{at_user}: there is neither a token nor a client certificate with its key")
    if token and not (token.isascii() and token.isprintable()):
        raise _rejected(f"{at_user}: the token is no bearer token")
    return Access(cluster.server.rstrip("/"), ca, token, certificate, key, cluster.tls_server_name)


def _pem(encoded: str | None, file: str | None, base: Path | None, what: str) -> str | None:
    if encoded:
        try:
            return base64.b64decode(encoded, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            raise _rejected(f"{what}-data is not base64 of PEM") from None
    return _file(file, base, what) if file else None


def _file(name: str, base: Path | None, what: str) -> str:
    if base is None:
        raise _rejected(f"{what} names a file, which is not there where the functions run: embed its content")
    return _text(base / name, what)


def _text(file: Path, what: str) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _rejected(f"{what} is larger than {MAX_BYTES} bytes")
        return content.decode()
    except OSError as error:
        raise _rejected(f"{what} cannot be read: {error.strerror}") from None
    except ValueError:
        raise _rejected(f"{what} is not text") from None
