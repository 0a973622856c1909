"""Kubeconfigs: what is read of them, and what is refused by name."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import anyio
import pytest

from shared.adapters.kubernetes import Access, connect, kubeconfig
from shared.core.errors import InputRejected

SECRET = "canary-secret"
PEM = f"-----BEGIN SOMETHING-----\n{SECRET}\n-----END SOMETHING-----\n"
DATA = base64.b64encode(PEM.encode()).decode()
Raw = dict[str, Any]


def config(cluster: Raw | None = None, user: Raw | None = None, **changes: object) -> Raw:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "blue",
        "contexts": [
            {"name": "red", "context": {"cluster": "red", "user": "red"}},
            {"name": "blue", "context": {"cluster": "c-blue", "user": "u-blue"}},
        ],
        "clusters": [
            {"name": "c-blue", "cluster": {"server": "https://10.0.0.1:6443/", **(cluster or {})}},
            {"name": "red", "cluster": {"server": "https://10.0.0.2", "insecure-skip-tls-verify": True}},
        ],
        "users": [
            {"name": "u-blue", "user": {"token": SECRET} if user is None else user},
            {"name": "red", "user": {"exec": {"command": "evil"}}},
        ],
        **changes,
    }


def test_the_current_context_alone_counts() -> None:
    access = kubeconfig.parse(config({"certificate-authority-data": DATA, "tls-server-name": "kubernetes"}))

    assert access == Access("https://10.0.0.1:6443", ca=PEM, token=SECRET, tls_server_name="kubernetes")


def test_a_client_certificate_comes_with_its_key() -> None:
    access = kubeconfig.parse(config(user={"client-certificate-data": DATA, "client-key-data": DATA}))

    assert (access.token, access.certificate, access.key) == (None, PEM, PEM)


def test_secrets_do_not_show_where_an_access_is_printed() -> None:
    access = Access("https://10.0.0.1", ca="ca", token=SECRET, certificate=SECRET, key=SECRET)

    assert SECRET not in repr(access)


def test_a_file_may_name_others_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("the CA")
    (tmp_path / "token").write_text(f"{SECRET}\n")
    file = tmp_path / "config"
    file.write_text(json.dumps(config({"certificate-authority": "ca.crt"}, {"tokenFile": f"{tmp_path}/token"})))

    assert kubeconfig.load(file) == Access("https://10.0.0.1:6443", ca="the CA", token=SECRET)


def test_yaml_is_read() -> None:
    text = """
    current-context: blue
    contexts: [{name: blue, context: {cluster: blue, user: blue}}]
    clusters: [{name: blue, cluster: {server: "https://apiserver"}}]
    users: [{name: blue, user: {token: canary-secret}}]
    """

    assert kubeconfig.read(text) == Access("https://apiserver", token=SECRET)


def test_json_is_read_with_its_own_escapes(tmp_path: Path) -> None:
    """Of what JSON writes as two escapes YAML makes two halves of a character, by which no file is called."""
    (tmp_path / "\N{FOX FACE}.crt").write_text("the CA")
    text = json.dumps(config({"certificate-authority": "\N{FOX FACE}.crt"}))

    assert r"\ud83e\udd8a.crt" in text
    assert kubeconfig.read(text, tmp_path) == Access("https://10.0.0.1:6443", ca="the CA", token=SECRET)


def test_plain_http_is_for_this_machine_alone() -> None:
    assert kubeconfig.parse(config({"server": "http://127.0.0.1:8001"})).server == "http://127.0.0.1:8001"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"user": {"exec": {"command": "kubectl"}}}, "user 'u-blue': exec is refused"),
        ({"user": {"auth-provider": {"name": "oidc"}}}, "user 'u-blue': auth-provider is refused"),
        ({"user": {"token": SECRET, "as": "admin"}}, "user 'u-blue': as is refused"),
        ({"user": {"username": "admin", "password": SECRET}}, "user 'u-blue': username is refused"),
        ({"user": {}}, "user 'u-blue': there is neither a token nor a client certificate"),
        ({"user": {"client-certificate-data": DATA}}, "user 'u-blue': there is neither"),
        ({"user": {"token": f"{SECRET}\nX: y"}}, "user 'u-blue': the token is no bearer token"),
        ({"user": {"tokenFile": "/etc/passwd"}}, "user 'u-blue': tokenFile names a file"),
        ({"user": {"client-key-data": "%%%"}}, "user 'u-blue': client-key-data is not base64 of PEM"),
        ({"user": {"client-key-data": "/w=="}}, "user 'u-blue': client-key-data is not base64 of PEM"),
        ({"cluster": {"insecure-skip-tls-verify": True}}, "cluster 'c-blue': insecure-skip-tls-verify is refused"),
        ({"cluster": {"proxy-url": "http://proxy"}}, "cluster 'c-blue': proxy-url is not supported"),
        ({"cluster": {"certificate-authority": "ca.crt"}}, "cluster 'c-blue': certificate-authority names a file"),
        ({"cluster": {"server": "http://10.0.0.1"}}, "cluster 'c-blue': server must be https"),
        ({"cluster": {"server": "ftp://127.0.0.1"}}, "cluster 'c-blue': server must be https"),
        ({"cluster": {"server": "https://[fd00::1"}}, "cluster 'c-blue': server is no URL"),
        ({"cluster": {"server": f"https://{'x' * 64}"}}, "cluster 'c-blue': server names no host that there can be"),
        ({"cluster": {"server": "https://"}}, "cluster 'c-blue': server must be https"),
        ({"cluster": {"server": f"https://admin:{SECRET}@10.0.0.1"}}, "cluster 'c-blue': server must be https"),
        ({"cluster": {"server": "https://10.0.0.1/?x=y"}}, "cluster 'c-blue': server must be https"),
        ({"cluster": {"server": None}}, "the kubeconfig is incomplete at clusters.0.cluster.server"),
        ({"current-context": "green"}, "the kubeconfig has no context 'green'"),
        ({"current-context": None}, "the kubeconfig is incomplete at current-context"),
        ({"clusters": None}, "the kubeconfig has no cluster 'c-blue'"),
        ({"users": []}, "the kubeconfig has no user 'u-blue'"),
        ({"users": [{"name": "u-blue", "user": None}]}, "user 'u-blue': there is neither"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line_that_names_it(change: Raw, told: str) -> None:
    with pytest.raises(InputRejected) as caught:
        kubeconfig.parse(config(**change))

    assert caught.value.message.startswith(told)
    assert "\n" not in caught.value.message
    assert SECRET not in caught.value.message


def test_tls_verification_may_be_asked_for() -> None:
    assert kubeconfig.parse(config({"insecure-skip-tls-verify": False})).token == SECRET


ODD = [
    "a: 2026-02-30",
    "a: 0b_",
    "!!bool foo",
    "!!timestamp foo",
    "!!float canary-secret",
    f"a: {'9' * 5_000}",
    "9" * 5_000,
]


@pytest.mark.parametrize("text", ["", "[]", "NaN", "just text", "{", "a: *b", "[" * 1_000, "[" * 400_000, "\0", *ODD])
def test_a_text_that_is_no_kubeconfig_is_refused(text: str) -> None:
    with pytest.raises(InputRejected):
        kubeconfig.read(text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    large, binary = tmp_path / "large", tmp_path / "binary"
    large.write_bytes(b" " * 1_000_001)
    binary.write_bytes(b"\xff\xfe")
    for file, told in ((tmp_path / "absent", "cannot be read"), (large, "larger"), (binary, "not text")):
        with pytest.raises(InputRejected, match=told):
            kubeconfig.load(file)


def test_in_a_pod_the_service_account_is_used(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    (tmp_path / "ca.crt").write_text("the CA")
    environ = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}

    assert kubeconfig.in_cluster(environ, tmp_path) == Access("https://10.96.0.1:443", ca="the CA", token=SECRET)
    six = kubeconfig.in_cluster({**environ, "KUBERNETES_SERVICE_HOST": "fd00::1"}, tmp_path)
    assert six is not None
    assert six.server == "https://[fd00::1]:443"


def test_outside_of_a_pod_there_is_no_service_account(tmp_path: Path) -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}

    assert kubeconfig.in_cluster({}, tmp_path) is None
    assert kubeconfig.in_cluster(environ, tmp_path / "absent") is None
    with pytest.raises(InputRejected, match="token cannot be read"):
        kubeconfig.in_cluster(environ, tmp_path)


@pytest.mark.parametrize(
    "access",
    [
        Access("https://10.0.0.1", ca="no certificate", token=SECRET),
        Access("https://10.0.0.1", ca=PEM, token=SECRET),
        Access("https://10.0.0.1", certificate=PEM, key=PEM),
    ],
)
def test_what_cannot_be_loaded_is_refused_and_leaves_no_file_behind(
    access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def load() -> None:
        async with connect(access):
            pytest.fail("it was loaded")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(InputRejected) as caught:
        anyio.run(load)

    assert SECRET not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
