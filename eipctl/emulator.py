"""`eipctl emulator`: the emulated cloud as a server, for whoever wants to try a client against it."""

from __future__ import annotations

import json
import signal
import sys
import threading
from types import FrameType

from eipctl.shell import UNUSABLE
from emulator.cloud import Cloud
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.cloud.server import Server
from shared.core import identity


def serve(port: int, cluster_id: str | None) -> int:
    """Serve until SIGINT or SIGTERM; the first line on standard output is a JSON object that says how to reach it.

    The two tags that every EIP of `cluster_id` carries exist from the start, as after an installation.
    """
    cloud = Cloud()
    if cluster_id is not None:
        for key, value in identity.tags(cluster_id).items():
            cloud.console.create_tag(key, value)
    stopped = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        stopped.set()

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)
    try:
        started = Server(cloud, port=port)
    except OSError as error:
        print(f"eipctl: port {port}: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    with started as server:
        reach = {
            "endpoint": f"http://{server.endpoint}",
            "secretId": DEFAULT_SECRET_ID,
            "secretKey": DEFAULT_SECRET_KEY,
            "region": cloud.region,
        }
        print(json.dumps(reach), flush=True)
        stopped.wait()
    return 0
