"""Rows for a deleted claim that ends: unbind, release, let go; the ones with the most guards."""

from __future__ import annotations

import pytest

from shared.core import identity
from shared.core.actions import Disassociate, Done, Release, RemoveFinalizer, Told, Update, Wait
from shared.core.table import Role
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    AT,
    BINDING,
    BOUND,
    ELSEWHERE,
    EXTRA,
    FREE,
    IP,
    PUBLISHED,
    UNMARKED,
    ago,
    claim,
    eip,
    intent,
    made,
    owning,
    pod,
    purchase,
    stands,
    with_policy,
    world,
    written,
)

TAKE = (Role.TAKE,)
ABANDON = {identity.ABANDON: "true"}
OTHERWISE = "it is bound, or tagged, otherwise than we did it"


def left(what: str, why: str) -> RemoveFinalizer:
    """The finalizer off, and an event that names what is left."""
    return RemoveFinalizer((Told("Abandoned", f"left behind: {what}; {why}", warning=True, on=("EIPClaim",)),))


UNBOUND = (
    Case(
        "bound where we asked it to be, and no pod there: unbind",
        "DisassociateToRelease",
        world(owning(deleting=True, bindings=[BINDING]), None, BOUND),
        Disassociate(
            made("Disassociate", target="eip-1"),
            {**stands("Releasing"), **written("Disassociate", target="eip-1")},
            "eip-1",
        ),
        TAKE,
        unless=(
            (world(owning(deleting=True, bindings=[ELSEWHERE]), None, BOUND), "Abandoned"),
            (
                world(owning(deleting=True, bindings=[BINDING]), None, eip(ip=IP, network_interface_id="eni-9")),
                "Abandoned",
            ),
            (world(owning(deleting=True, bindings=[BINDING]), None, eip(ip=IP, name="renamed")), "Abandoned"),
        ),
    ),
    Case(
        "a place without an interface in the listing is known by its IP",
        "DisassociateToRelease",
        world(owning(deleting=True, bindings=[BINDING]), None, eip(ip=IP, network_interface_id=None)),
        Disassociate(
            made("Disassociate", target="eip-1"),
            {**stands("Releasing"), **written("Disassociate", target="eip-1")},
            "eip-1",
        ),
        TAKE,
    ),
    Case(
        "one that was never recorded, but has the mark",
        "DisassociateToRelease",
        world(claim(deleting=True, bindings=[BINDING]), None, BOUND),
        Disassociate(
            made("Disassociate", target="eip-1"),
            {**stands("Releasing", allocated=False), **written("Disassociate", target="eip-1")},
            "eip-1",
        ),
        TAKE,
    ),
    Case(
        "a pod that lives on without it is told so",
        "DisassociateToRelease",
        world(owning(deleting=True, bindings=[BINDING]), pod(attributes=None, annotations=PUBLISHED), BOUND),
        Disassociate(
            made("Disassociate", target="eip-1"),
            {**stands("Releasing"), **written("Disassociate", target="eip-1")},
            "eip-1",
            dict.fromkeys(PUBLISHED),
        ),
        TAKE,
    ),
)

RELEASED = (
    Case(
        "unbound: give it back",
        "Release",
        world(owning(deleting=True), None, FREE),
        Release(
            made("Release", target="eip-1"), {**stands("Releasing"), **written("Release", target="eip-1")}, "eip-1"
        ),
        TAKE,
        unless=(
            (world(owning(deleting=True), None, UNMARKED), "Abandoned"),
            (world(owning(deleting=True), None, eip(tags={})), "Abandoned"),
        ),
    ),
    Case(
        "the recorded one last: its absence is what lets the claim go",
        "Release",
        world(owning(deleting=True, intent=intent("Release", 100, target="eip-3")), None, FREE, EXTRA),
        Release(
            made("Release", target="eip-2"), {**stands("Releasing"), **written("Release", target="eip-2")}, "eip-2"
        ),
        TAKE,
    ),
    Case("never on an incomplete list", "Release", world(owning(deleting=True), None, FREE, complete=False), Wait),
    Case(
        "never while frozen",
        "Release",
        world(owning(deleting=True), None, FREE, policy=with_policy(freeze=True)),
        Wait,
    ),
)

NOT_TOUCHED = (
    Case(
        "bound where we never asked: the claim goes, the EIP stays and is named",
        "Abandoned",
        world(owning(deleting=True), None, BOUND),
        left("eip-1 (1.2.3.4)", OTHERWISE),
        TAKE,
        unless=((world(owning(deleting=True), None, BOUND, EXTRA), "ReleaseExtra"),),
    ),
    Case(
        "renamed by hand: neither is it ours any more",
        "Abandoned",
        world(owning(deleting=True), None, UNMARKED),
        left("eip-1 (1.2.3.4)", OTHERWISE),
        TAKE,
    ),
    Case(
        "what the rest of an incomplete list may have would leak",
        "Abandoned",
        world(owning(deleting=True), None, BOUND, complete=False),
        Wait,
    ),
    Case(
        "the recorded one is not seen: a first look",
        "Abandoned",
        world(owning(deleting=True), None, eip("eip-2", ip=IP)),
        Update({"addressMissingSince": AT}),
        TAKE,
    ),
    Case(
        "a second look two minutes later lets the claim go",
        "Abandoned",
        world(owning(deleting=True, addressMissingSince=ago(120)), None, eip("eip-2", ip=IP)),
        left("eip-2 (1.2.3.4), eip-1", OTHERWISE),
        TAKE,
    ),
    Case(
        "none was ever recorded: there is nothing to prove",
        "Abandoned",
        world(claim(deleting=True), None, eip("eip-2", ip=IP)),
        left("eip-2 (1.2.3.4)", OTHERWISE),
        TAKE,
    ),
    Case(
        "our finalizer is off",
        "Abandoned",
        world(owning(deleting=True, held=False), None, BOUND),
        Done,
    ),
)

GIVEN_BACK = RemoveFinalizer((Told("ReleasedEIP", "EIP eip-1 (1.2.3.4) was given back", on=("EIPClaim",)),))
LET_GO = (
    Case("nothing was ever bought", "Finalize", world(claim(deleting=True), None), RemoveFinalizer(), TAKE),
    Case(
        "our own release was accepted: one look is enough",
        "Finalize",
        world(owning(deleting=True, intent=intent("Release", target="eip-1", accepted=True)), None),
        GIVEN_BACK,
        TAKE,
        unless=(
            (
                world(owning(deleting=True, intent=intent("Release", target="eip-1", accepted=True)), None, FREE),
                "Release",
            ),
        ),
    ),
    Case(
        "an intent alone does not show that the call was made: a first look",
        "Finalize",
        world(owning(deleting=True, intent=intent("Release", target="eip-1")), None),
        Update({"addressMissingSince": AT}),
        TAKE,
    ),
    Case(
        "the release of an extra one proves nothing of the recorded one",
        "Finalize",
        world(owning(deleting=True, intent=intent("Release", target="eip-2", accepted=True)), None),
        Update({"addressMissingSince": AT}),
        TAKE,
    ),
    Case(
        "less than two minutes after the first look",
        "Finalize",
        world(owning(deleting=True, addressMissingSince=ago(119)), None),
        Wait,
        until=ago(-1),
    ),
    Case(
        "two minutes after the first look",
        "Finalize",
        world(owning(deleting=True, addressMissingSince=ago(120)), None),
        GIVEN_BACK,
        TAKE,
    ),
    Case(
        "a purchase that was never answered has bought nothing only after two looks",
        "Finalize",
        world(claim(deleting=True, intent=purchase(600)), None),
        Update({"addressMissingSince": AT}),
        TAKE,
    ),
    Case(
        "the second of those",
        "Finalize",
        world(claim(deleting=True, intent=purchase(600), addressMissingSince=ago(120)), None),
        RemoveFinalizer(),
        TAKE,
    ),
    Case(
        "what was bought and never recorded is gone after its release was accepted",
        "Finalize",
        world(claim(deleting=True, intent=intent("Release", target="eip-1", accepted=True)), None),
        RemoveFinalizer(),
        TAKE,
    ),
    Case(
        "what was bought and never recorded, and unbound, is not gone because one listing lacks it",
        "Finalize",
        world(claim(deleting=True, intent=intent("Disassociate", target="eip-1")), None),
        Update({"addressMissingSince": AT}),
        TAKE,
    ),
    Case(
        "an incomplete list proves nothing",
        "Finalize",
        world(owning(deleting=True, addressMissingSince=ago(600)), None, complete=False),
        Wait,
    ),
    Case("our finalizer is off", "Finalize", world(claim(deleting=True, held=False), None), Done),
)


@pytest.mark.parametrize(**named((*UNBOUND, *RELEASED, *NOT_TOUCHED, *LET_GO)))
def test_a_deleted_claim_that_ends(case: Case) -> None:
    check(case)
