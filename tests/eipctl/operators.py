"""Somebody at a shell who invokes deployed functions of an emulated cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from eipctl.by_hand import Asked, run
from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY

NAME = "cls-blue-prod-eipclaim-reclaim"
DONE = {"function": "reclaim", "looked": 1, "done": {"Release": 1}, "failed": []}
KEYS = {"TENCENT_SECRET_ID": DEFAULT_SECRET_ID, "TENCENT_SECRET_KEY": DEFAULT_SECRET_KEY}


def noting(seen: list[Any]) -> Callable[[object], object]:
    """A function that notes its events, and is done."""

    def work(event: object) -> object:
        seen.append(event)
        return DONE

    return work


class Operator:
    """Somebody at a shell, whose settings name the cluster cls-blue and an emulated cloud."""

    def __init__(self, cloud: Cloud, endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.cloud = cloud
        self.variables = {
            "EIPCLAIM_CLUSTER_ID": "cls-blue",
            "EIPCLAIM_VPC_ID": "vpc-blue",
            "TENCENTCLOUD_REGION": "ap-guangzhou",
            "EIPCLAIM_CLOUD_ENDPOINT": endpoint,
            **KEYS,
        }
        self.out = self.err = ""
        self._capsys = capsys

    def invoke(
        self,
        *claims: str,
        function: str = "reclaim",
        event: Path | None = None,
        dry_run: bool = False,
        name: str | None = None,
        log: bool = False,
    ) -> int:
        """The exit code."""
        asked = Asked(function, event, claims, dry_run=dry_run, remote=True, name=name, log=log)
        code = run(asked, self.variables)
        self.out, self.err = self._capsys.readouterr()
        return code

    @property
    def result(self) -> dict[str, Any]:
        """What stands on standard output."""
        result: dict[str, Any] = json.loads(self.out)
        return result

    @property
    def sent(self) -> Sequence[Mapping[str, Any]]:
        """The parameters of the calls to SCF."""
        return [call.params for call in self.cloud.calls.since() if call.action == "Invoke"]
