"""The command line as a shell sees it: what goes to which stream, and the exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.server import Server
from tests import shells
from tests.shells import Done

STEPS = [
    "statefulset", "deployment", "static-return", "deleted-in-use", "deleted-after", "by-invocation", "expiry",
    "rolling-update", "lost-reply", "cascade", "teardown",
]  # fmt: skip


def eipctl(*arguments: str, **variables: str) -> Done:
    """Run it in an environment that holds nothing else, not even a path."""
    return shells.eipctl(arguments, variables)


def test_the_demo_shows_every_step_and_leaves_nothing() -> None:
    """One JSON object, for programs."""
    command = [sys.executable, "-m", "eipctl", "demo", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=shells.ROOT)  # noqa: S603

    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert told["ok"] is True
    assert [step["step"] for step in told["steps"]] == STEPS
    assert all(set(step) == {"step", "ok", "detail"} and step["ok"] for step in told["steps"])
    assert {**told["audit"], "calls": 0} == {"eips": 0, "leaked": 0, "bound": 0, "claims": 0, "calls": 0}
    assert told["audit"]["calls"] > 0


def test_the_demo_prints_plain_lines_without_a_terminal(tmp_path: Path) -> None:
    """No escape sequence in what may be a file; the picture is one for a document."""
    picture = tmp_path / "demo.svg"

    done = eipctl("demo", "--svg", str(picture))

    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert len(lines) == len(STEPS) + 2
    assert "\x1b" not in done.stdout
    assert lines[-1] == "all is well: nothing leaked, nothing left"
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_a_plan_says_what_every_function_would_do() -> None:
    """Three seconds into the demo the pods have nodes and no claims."""
    lines = json.loads(eipctl("plan", "--at", "3", "-o", "json").stdout)

    seen = {(tuple(one["functions"]), one["name"], one["does"], one["rule"], one.get("action")) for one in lines}
    assert seen == {
        (("allocate", "bind"), "busybox-0", "act", "CreateClaim", "CreateClaim"),
        (("allocate", "bind"), "busybox-1", "act", "CreateClaim", "CreateClaim"),
        (("reclaim",), "busybox-0", "wait", "CreateClaim", None),
        (("reclaim",), "busybox-1", "wait", "CreateClaim", None),
    }


def test_an_explanation_holds_the_world_the_rule_and_the_history() -> None:
    """A hundred seconds into the demo the pod is served."""
    told = json.loads(eipctl("explain", "default/busybox-0", "--at", "100", "-o", "json").stdout)

    assert told["world"]["podState"] == "live"
    assert told["world"]["claim"]["phase"] == "Bound"
    assert {one["rule"] for one in told["decisions"]} == {"Settled"}
    assert told["history"][0]["reason"] == "AssociatedEIP"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("explain", "default/none"), 1, "default/none: no such pod or claim"),
        (("explain", "busybox-0"), 2, "name it as NAMESPACE/POD"),
        (("explain", "a/b/c"), 2, "name it as NAMESPACE/POD"),
        (("invoke", "release"), 2, "release"),
        (("invoke", "bind"), 2, "bind needs --event"),
        (("invoke", "reclaim", "--event", "no-such-file"), 2, "No such file"),
        (("invoke", "reclaim", "--event", "README.md"), 2, "README.md"),
        (("invoke", "allocate", "--claim", "a/b"), 2, "--claim and --dry-run are for reclaim"),
        (("invoke", "reclaim", "--dry-run"), 2, "--dry-run goes with --claim"),
        (("invoke", "reclaim", "--claim", "a/b", "--event", "README.md"), 2, "either --claim or --event"),
        (("invoke", "reclaim", "--log"), 2, "--name and --log go with --remote"),
        (("invoke", "reclaim", "--name", "x"), 2, "--name and --log go with --remote"),
        (("invoke", "reclaim", "--claim", "web-0"), 2, "--claim 'web-0': name it as NAMESPACE/NAME"),
        (("invoke", "reclaim", "--claim", "a/b/c", "--remote"), 2, "claim 1: name"),
        (("invoke", "reclaim", "--claim", "A/b"), 2, "claim 1: namespace"),
        (("invoke", "bind", "--remote"), 2, "bind needs --event"),
        (("events", "no-such-file"), 2, "no-such-file"),
        (("plan", "--at", "-1"), 2, "--at"),
        (("plan", "--kubeconfig", "no-such-file"), 2, "EIPCLAIM_CLUSTER_ID is not set"),
        (("explain", "a/b", "--kubeconfig", "no-such-file"), 2, "EIPCLAIM_CLUSTER_ID is not set"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_what_cannot_be_used_is_said_on_standard_error(arguments: tuple[str, ...], code: int, told: str) -> None:
    """And nothing is printed on standard output."""
    done = eipctl(*arguments)

    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", [(), ("--remote",)])
def test_an_invocation_without_settings_fails_with_one_line_that_names_them(where: tuple[str, ...]) -> None:
    """The result is JSON all the same."""
    done = eipctl("invoke", "allocate", *where)

    result = json.loads(done.stdout)
    assert done.returncode == 2
    assert result["error"].startswith("InvalidSettings: EIPCLAIM_CLUSTER_ID is not set")
    assert "EIPCLAIM_VPC_ID is not set" in result["error"]


def test_the_help_names_all_that_there_is_to_do() -> None:
    told = " ".join(eipctl("--help").stdout.split())
    assert "run a function, install, look over and take away." in told
    assert "always as JSON" in " ".join(eipctl("invoke", "--help").stdout.split())


def test_help_waits_for_nothing_that_a_command_needs() -> None:
    """All of it takes a second and a half."""
    loaded = "import sys; import eipctl.__main__; print(*sys.modules)"
    done = subprocess.check_output([sys.executable, "-c", loaded], text=True, cwd=shells.ROOT)  # noqa: S603 - ours

    assert "typer" in done.split()
    assert {"aiohttp", "anyio", "httpx", "kubernetes", "pydantic", "yaml"} & set(done.split()) == set()


def test_an_unreadable_kubeconfig_is_bad_input_to_all_that_use_it() -> None:
    variables = {
        "EIPCLAIM_CLUSTER_ID": "cls-1", "EIPCLAIM_VPC_ID": "vpc-1", "TENCENTCLOUD_REGION": "ap-guangzhou",
        "TENCENTCLOUD_SECRETID": "id", "TENCENTCLOUD_SECRETKEY": "key", "EIPCLAIM_KUBECONFIG": "no-such-file",
    }  # fmt: skip

    for arguments in (["plan"], ["explain", "a/b"], ["invoke", "reclaim"]):
        done = eipctl(*arguments, **variables)
        assert (done.returncode, "no-such-file" in done.stderr, done.stderr.count("\n")) == (2, True, 1)


def test_claims_are_named_on_the_command_line_to_a_deployed_function() -> None:
    """Through the shell's whole way, with the key where `scf deploy` looks for it."""
    cloud = Cloud()
    cloud.console.create_function("cls-1-test-eipclaim-reclaim", lambda event: {"function": "reclaim", "is": event})
    with Server(cloud) as server:
        done = eipctl(
            "invoke", "reclaim", "--remote", "--claim", "a/b", "--claim", "c/d", "--dry-run", "--log",
            EIPCLAIM_CLUSTER_ID="cls-1", EIPCLAIM_VPC_ID="vpc-1", EIPCLAIM_REGION="ap-guangzhou", DEPLOY_STAGE="test",
            EIPCLAIM_CLOUD_ENDPOINT=f"http://{server.endpoint}",
            TENCENT_SECRET_ID=DEFAULT_SECRET_ID, TENCENT_SECRET_KEY=DEFAULT_SECRET_KEY,
        )  # fmt: skip

    assert done.returncode == 0
    assert json.loads(done.stdout)["is"] == {
        "claims": [{"namespace": "a", "name": "b"}, {"namespace": "c", "name": "d"}],
        "dryRun": True,
    }
    assert done.stderr.startswith("END RequestId: ")


def test_an_invocation_against_no_cluster_fails_in_one_line(tmp_path: Path) -> None:
    """Nothing listens there: not a stack trace, and not a success."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
                "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {"token": "canary"}}],
            }
        )
    )

    done = eipctl(
        "invoke", "reclaim",
        EIPCLAIM_CLUSTER_ID="cls-1", EIPCLAIM_VPC_ID="vpc-1", TENCENTCLOUD_REGION="ap-guangzhou",
        TENCENTCLOUD_SECRETID="id", TENCENTCLOUD_SECRETKEY="key", EIPCLAIM_KUBECONFIG=str(kubeconfig),
    )  # fmt: skip

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"].startswith("Unavailable: ") or "NotSent" in done.stdout
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stdout + done.stderr


def test_the_emulator_says_how_to_reach_it_and_ends_when_it_is_told_to() -> None:
    """The first line is for programs; the port is free again afterwards."""
    command = [sys.executable, "-m", "eipctl", "emulator", "--cluster-id", "cls-1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=shells.ROOT) as process:  # noqa: S603
        assert process.stdout is not None
        reach = json.loads(process.stdout.readline())
        with urlopen(f"{reach['endpoint']}/_emulator/state", timeout=300) as reply:  # noqa: S310 - 127.0.0.1
            state = json.loads(reply.read())
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=300)

    assert code == 0
    assert set(reach) == {"endpoint", "secretId", "secretKey", "region"}
    assert reach["endpoint"].startswith("http://127.0.0.1:")
    assert state
