"""The part of Tencent Cloud that gives and takes elastic IPs, in one process, with its delays, limits and accidents."""

from emulator.cloud.behaviour import Behaviour
from emulator.cloud.cloud import Cloud
from emulator.cloud.errors import CloudError, UnansweredError
from emulator.cloud.faults import Fault
from emulator.cloud.tc3 import Key

__all__ = ["Behaviour", "Cloud", "CloudError", "Fault", "Key", "UnansweredError"]
