"""SCF in a box, with handlers of a few lines: what they find around them, how long an instance lives, what ends it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from eipctl.dev.box import Box
from eipctl.dev.invocations import Invocation
from tests.dev.boxes import KEYS, Small, function, keys

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SCF runs on Linux, and so does the box")


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not holds():  # noqa: ASYNC110 - other processes tell nobody
            await anyio.sleep(0.001)


async def both(box: Box, event: object) -> list[Invocation]:
    """Two invocations at once."""
    came: list[Invocation] = []

    async def one() -> None:
        came.append(await box.invoke(function(), event, keys()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one)
        tasks.start_soon(one)
    return came


async def test_a_handler_finds_what_is_documented_and_nothing_of_ours(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings or packages that only we have would let a function work here that fails there."""
    monkeypatch.setenv("EIPCLAIM_CLUSTER_ID", "cls-ours")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    does = """
        return {"environ": dict(os.environ), "context": context, "event": event, "cwd": os.getcwd(), "path": sys.path}
    """
    async with small.box(does) as box:
        came = await box.invoke(function(environ={"EIPCLAIM_VPC_ID": "vpc-1"}), {"Type": "Timer"}, keys())

    assert came.result is not None
    found, folder = came.result["environ"], str(small.home / "code")
    assert found == {
        **keys(),
        "EIPCLAIM_VPC_ID": "vpc-1",
        "HOME": "/home/qcloud",
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PWD": folder,
        "PYTHONDONTWRITEBYTECODE": "x",
        "PYTHONPATH": folder,
        "SCF_FUNCTIONNAME": "small",
        "SCF_FUNCTIONVERSION": "$LATEST",
        "SCF_RUNTIME": "Python3.10",
        "TENCENTCLOUD_APPID": "1250000000",
        "TENCENTCLOUD_REGION": "ap-guangzhou",
        "TENCENTCLOUD_RUNENV": "SCF",
        "TENCENTCLOUD_TZ": "UTC",
        "TENCENTCLOUD_UIN": "100000000001",
        "TRIGGER_SRC": "Timer",
        "TZ": "UTC",
        "USER_CODE_ROOT": f"{folder}/",
        "_SCF_SERVER_PORT": "28902",
    }
    assert came.result["event"] == {"Type": "Timer"}
    assert came.result["cwd"] == folder
    assert not [one for one in came.result["path"] if "site-packages" in one or one == str(Path.cwd())]
    context = came.result["context"]
    assert isinstance(context, dict)
    assert json.loads(context["environment"]) == {"SCF_NAMESPACE": "default"}
    assert context["environ"] == "SCF_NAMESPACE=default;SCF_NAMESPACE=default"
    assert (context["time_limit_in_ms"], context["memory_limit_in_mb"]) == (30_000, 256)


async def test_the_next_event_goes_to_the_warm_instance_with_credentials_of_its_own(small: Small) -> None:
    does = f"kept.append(os.environ['{KEYS[0]}']); return {{'pid': os.getpid(), 'kept': kept}}"
    async with small.box(does) as box:
        first, second = [await box.invoke(function(), {}, keys(number)) for number in (1, 2)]

    assert (first.cold, second.cold) == (True, False)
    assert first.result is not None
    assert second.result == {"pid": first.result["pid"], "kept": [keys(1)[KEYS[0]], keys(2)[KEYS[0]]]}


async def test_an_instance_serves_one_event_at_a_time_so_a_second_needs_another(small: Small) -> None:
    meet = """
        open(f"{event['at']}/{os.getpid()}", "w").close()
        while len(os.listdir(event["at"])) < 2:
            time.sleep(0.01)
        return os.getpid()
    """
    place = small.home / "met"
    place.mkdir()
    async with small.box(meet) as box:
        came = await both(box, {"at": str(place)})

    assert [one.cold for one in came] == [True, True]
    assert sorted(str(one.result) for one in came) == sorted(one.name for one in place.iterdir())


async def test_what_finds_no_room_waits_and_what_needs_room_has_an_idle_instance_ended(small: Small) -> None:
    async with small.box("return os.getpid()", instances=1) as box:
        first, second = await both(box, {})
        other = await box.invoke(function(environ={"A": "b"}), {}, keys())

    assert first.result == second.result != other.result
    assert other.cold
    assert isinstance(first.result, int)
    assert state(first.result) == "Z"


async def test_an_idle_instance_is_frozen_and_its_threads_go_on_with_the_next_event(small: Small) -> None:
    """A handler that leaves work behind must not get it done unseen."""
    does = """
        if event == "begin":
            def count():
                while True:
                    kept.append(1)
                    time.sleep(0.001)
            threading.Thread(target=count, daemon=True).start()
            return os.getpid()
        before = len(kept)
        while len(kept) == before:
            time.sleep(0.001)
        return "it goes on"
    """
    async with small.box(does) as box:
        came = await box.invoke(function(), "begin", keys())
        await until(lambda: state(came.result) == "T")  # a signal takes its time
        again = await box.invoke(function(), "look", keys())

    assert again.result == "it goes on"
    assert not again.cold


async def test_what_takes_too_long_is_killed_with_all_that_it_started_and_the_next_starts_cold(small: Small) -> None:
    does = """
        if event == "hang":
            child = os.fork()
            print(child or "child", flush=True)
            time.sleep(1000)
        return "done"
    """
    async with small.box(does) as box:
        came = await box.invoke(function(seconds=2.0), "hang", keys())
        after = await box.invoke(function(seconds=2.0), "quick", keys())
        pids = [line for line in small.log.read_text().split() if line.isdecimal()]
        await until(lambda: all(state(pid) == "Z" for pid in pids))  # a signal takes its time

    assert came.error == "433: Invoking task timed out after 2 seconds"
    assert came.result is None
    assert (after.result, after.cold) == ("done", True)
    assert pids


def state(pid: object) -> str:
    """As ps shows it: T is stopped, Z is dead but not yet buried."""
    status = Path(f"/proc/{pid}/stat")
    return status.read_text().rpartition(")")[2].split()[0] if status.exists() else "Z"


async def test_the_time_limit_holds_for_an_instance_that_was_frozen(small: Small) -> None:
    async with small.box("time.sleep(1000 if event else 0)") as box:
        first = await box.invoke(function(seconds=1.0), 0, keys())
        second = await box.invoke(function(seconds=1.0), 1, keys())

    assert first.error is None
    assert not second.cold
    assert second.error == "433: Invoking task timed out after 1 seconds"


async def test_what_takes_too_much_memory_is_killed(small: Small) -> None:
    does = """
        kept.append(b"x" * (event["mb"] << 20))
        if event["goes on"]:
            time.sleep(1000)
        kept.clear()
        return "done"
    """
    async with small.box(does) as box:
        fits = await box.invoke(function(memory=128), {"mb": 50, "goes on": False}, keys())
        small_again = await box.invoke(function(memory=128), {"mb": 1, "goes on": False}, keys())
        at_work = await box.invoke(function(memory=128), {"mb": 200, "goes on": True}, keys())
        over = await box.invoke(function(memory=128), {"mb": 200, "goes on": False}, keys())

    assert fits.error is None
    assert 50 < fits.peak < 128
    assert small_again.peak < 50
    for killed in (at_work, over):
        assert killed.error is not None
        assert killed.error.startswith("434: it took ")
        assert killed.result is None


async def test_a_handler_that_raises_is_told_by_its_last_line_and_its_instance_stays(small: Small) -> None:
    async with small.box("kept.append(1); raise ValueError(f'number {len(kept)}')") as box:
        came = [await box.invoke(function(), {}, keys()) for _ in range(2)]

    assert [one.error for one in came] == ["ValueError: number 1", "ValueError: number 2"]
    assert "Traceback" in small.log.read_text()


async def test_a_process_that_ends_by_itself_has_no_result_and_goes(small: Small) -> None:
    async with small.box("os._exit(1) if event else None; return 'new'") as box:
        ended = await box.invoke(function(), True, keys())  # noqa: FBT003 - the event
        after = await box.invoke(function(), False, keys())  # noqa: FBT003 - the event

    assert ended.error == "it ended without a result"
    assert after.result == "new"
    assert after.cold


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        ("index.nothing", "AttributeError: module 'index' has no attribute 'nothing'"),
        ("nowhere.main_handler", "ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
async def test_a_handler_that_is_not_there_is_an_error_each_time(small: Small, handler: str, error: str) -> None:
    async with small.box("return 1") as box:
        came = [await box.invoke(function(handler), {}, keys()) for _ in range(2)]

    assert [one.error for one in came] == [error, error]
    assert [one.cold for one in came] == [True, True]


async def test_what_is_printed_is_in_the_log_line_by_line_and_is_no_answer(small: Small) -> None:
    async with small.box("print(json.dumps({'event': event})); os.system('echo child'); sys.stdin.read()") as box:
        for event in ("one", "two"):
            await box.invoke(function(), event, keys())

    assert small.log.read_text().splitlines() == ['{"event": "one"}', "child", '{"event": "two"}', "child"]


async def test_the_code_folder_cannot_be_written_and_a_temporary_file_can(small: Small) -> None:
    does = """
        with open(f"{event}/fine", "w"):
            pass
        with open("written", "w"):
            pass
    """
    async with small.box(does) as box:
        came = await box.invoke(function(), str(small.home), keys())

    assert came.error is not None
    assert "written" in came.error
    assert (small.home / "fine").exists()


async def test_where_it_cannot_be_mounted_read_only_what_was_written_is_found(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")  # no unshare
    async with small.box("open('written', 'w').close() if event else None") as box:
        came = [await box.invoke(function(), event, keys()) for event in (0, 1)]

    assert [one.error for one in came] == [None, "it has written into its code, which SCF forbids: written"]


@pytest.mark.parametrize(
    ("synchronous", "size", "error"),
    [
        (False, 128 * 1024, None),
        (False, 128 * 1024 + 1, "406: the event has 131073 bytes, 131072 are allowed"),
        (True, 6 * 2**20, None),
        (True, 6 * 2**20 + 1, "406: the event has 6291457 bytes, 6291456 are allowed"),
    ],
)
async def test_an_event_that_is_too_large_is_refused(
    small: Small, *, synchronous: bool, size: int, error: str | None
) -> None:
    async with small.box("return len(event)") as box:
        came = await box.invoke(function(), "x" * (size - 2), keys(), synchronous=synchronous)

    assert came.error == error
    assert came.result == (None if error else size - 2)


@pytest.mark.parametrize("size", [7 << 20, 30 << 20])
async def test_a_result_that_is_too_large_is_an_error(small: Small, size: int) -> None:
    async with small.box("return 'x' * event") as box:
        came = await box.invoke(function(), size, keys())
        after = await box.invoke(function(), 1, keys())

    assert came.error is not None
    assert "6291456 are allowed" in came.error
    assert after.result == "x"


async def test_no_instance_outlives_the_box_whether_idle_or_at_work(small: Small) -> None:
    async with small.box("print(os.getpid()); time.sleep(1000 if event else 0)") as box:
        await box.invoke(function(), 0, keys())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(box.invoke, function(), 1, keys())
            tasks.start_soon(box.invoke, function(environ={"A": "b"}), 1, keys())
            await until(lambda: len(small.log.read_text().split()) == 3)
            tasks.cancel_scope.cancel()

    assert not any(state(pid) != "Z" for pid in small.log.read_text().split())
