"""What wakes a function: SCF's payloads, and the objects that the cluster's audit records in them point to.

A payload is a hint and never a fact: only which objects to look at is taken from it, by names that have been checked.
"""

from shared.adapters.events.audit import Reference, read_record
from shared.adapters.events.scf import BadRecord, Manual, Records, Timer, parse
from shared.adapters.events.untrusted import parse_json

__all__ = ["BadRecord", "Manual", "Records", "Reference", "Timer", "parse", "parse_json", "read_record"]
