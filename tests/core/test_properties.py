"""What holds of every decision in every world: of some thousands, drawn from all that there may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.core import status, table
from shared.core.actions import (
    DESTRUCTIVE,
    Act,
    Action,
    Allocate,
    Associate,
    CloudAction,
    CreateClaim,
    DeleteClaim,
    Disassociate,
    Publish,
    RejectInput,
    Release,
    ReleaseOrphan,
    RemoveFinalizer,
    Respec,
    SetBandwidth,
    Update,
    kind,
)
from shared.core.address import Address
from shared.core.claim import Claim, Phase
from shared.core.decide import decide, matching_row
from shared.core.pod import PodState
from shared.core.table import Role
from shared.core.world import World
from tests.core.arbitrary import some_worlds
from tests.core.cases import after, written
from tests.core.worlds import TAGS

pytestmark = pytest.mark.no_cover

WORLDS = 4000
RULES = {
    row.rule
    for rows in (
        table.ORPHAN,
        table.NO_CLAIM,
        table.ANY_CLAIM,
        table.DELETING,
        table.ALIVE,
        table.NO_ADDRESS,
        table.HAS_ADDRESS,
    )
    for row in rows
}


def acts() -> Iterator[tuple[World, Role, Action]]:
    """Everything that is done in any of the worlds."""
    for w in some_worlds(WORLDS):
        for role in Role:
            decision = decide(w, role)
            if isinstance(decision, Act):
                yield w, role, decision.action


def claim_of(w: World) -> Claim:
    """The claim of a world in which something is done about one."""
    assert w.claim is not None
    return w.claim


def address_of(w: World, address_id: str) -> Address:
    """The EIP that something is done about."""
    (address,) = (a for a in w.mine if a.address_id == address_id)
    return address


def test_the_worlds_are_of_every_kind() -> None:
    """Every rule decides some of them and every kind of action is done in some, or the properties below say nothing."""
    decided = {matching_row(w).rule for w in some_worlds(WORLDS)}
    done = {type(action) for _, _, action in acts()}

    assert decided == RULES
    assert done == set(Action.__args__)


def test_every_world_is_decided_with_a_reason_and_always_alike() -> None:
    for w in some_worlds(WORLDS):
        for role in Role:
            decision = decide(w, role)
            assert decision.reason
            assert decision == decide(replace(w), role)


def test_the_rule_does_not_depend_on_who_looks() -> None:
    for w in some_worlds(WORLDS):
        give, take = decide(w, Role.GIVE), decide(w, Role.TAKE)
        assert give.rule == take.rule == matching_row(w).rule, w
        if isinstance(give, Act) and isinstance(take, Act):
            assert give == take, w


def test_give_takes_nothing_back_and_take_gives_nothing() -> None:
    theirs = {
        Role.GIVE: (DeleteClaim, Release, RemoveFinalizer, ReleaseOrphan),
        Role.TAKE: (Allocate, Associate, CreateClaim, RejectInput, SetBandwidth),
    }
    for w, role, action in acts():
        assert not isinstance(action, theirs[role]), w


def test_only_an_eip_with_our_tags_and_the_claims_mark_is_ever_changed() -> None:
    for w, _, action in acts():
        if isinstance(action, (Associate, Disassociate, Release, SetBandwidth)):
            address = address_of(w, action.address_id)
            assert address in w.marked, w
            assert address.carries(TAGS), w


def test_nothing_is_unbound_but_where_we_asked_it_to_be_and_no_pod_uses_it() -> None:
    for w, _, action in acts():
        if isinstance(action, Disassociate):
            address = address_of(w, action.address_id)
            assert address.bound, w
            assert w.asked_for(address), w
            assert not (w.state in {PodState.LIVE, PodState.DRAINING} and w.at_pods_ip(address)), w
            assert w.state is not PodState.UNSEEN or (claim_of(w).deleting and not w.bound_for_this_pod(address)), w


def test_nothing_is_released_that_is_bound_or_that_a_claim_that_lives_has_recorded() -> None:
    for w, _, action in acts():
        if isinstance(action, Release):
            assert address_of(w, action.address_id).unbound, w
            assert claim_of(w).deleting or action.address_id != claim_of(w).status.address_id, w


def test_no_claim_is_deleted_whose_pod_needs_it() -> None:
    for w, _, action in acts():
        if isinstance(action, DeleteClaim):
            assert w.over, w
            assert not claim_of(w).deleting, w


def test_the_finalizer_comes_off_only_when_nothing_of_ours_is_left() -> None:
    for w, _, action in acts():
        if not isinstance(action, RemoveFinalizer):
            continue
        its_claim = claim_of(w)
        assert its_claim.deleting, w
        assert its_claim.held, w
        if not its_claim.abandon:
            assert w.complete, w
            assert not any(a.unbound or a.in_transition or (a.bound and w.asked_for(a)) for a in w.marked), w
        told = " ".join(told.message for told in action.told)
        assert all(address.address_id in told for address in w.mine), w


def test_a_freeze_lets_nothing_be_taken() -> None:
    for w in some_worlds(WORLDS):
        decision = decide(replace(w, policy=replace(w.policy, freeze=True)), Role.TAKE)
        assert not (isinstance(decision, Act) and isinstance(decision.action, DESTRUCTIVE)), w


def test_nothing_is_concluded_from_what_an_incomplete_list_lacks() -> None:
    for w in some_worlds(WORLDS):
        for role in Role:
            decision = decide(replace(w, complete=False), role)
            action = decision.action if isinstance(decision, Act) else None
            assert not isinstance(action, (Allocate, Release, ReleaseOrphan)), w
            assert not isinstance(action, RemoveFinalizer) or claim_of(w).abandon, w
            if isinstance(action, Update):
                assert action.status.get("addressMissingSince") is None, w
                assert "addressID" not in action.status, w


def test_nothing_is_sent_while_its_kind_of_action_is_in_back_off() -> None:
    for w, _, action in acts():
        api = kind(action)
        if api is not None and w.claim is not None:
            assert not status.in_back_off(w.claim.status.retry, api, w.now), w


def test_the_intent_that_is_sent_is_the_one_that_is_written_now() -> None:
    for w, _, action in acts():
        if isinstance(action, CloudAction):
            assert after(claim_of(w), action.status).status.intent == action.intent, w
            assert (action.intent.at, action.intent.by) == (w.now, w.invocation), w


def test_no_place_is_forgotten_before_the_eip_is_seen() -> None:
    for w, _, action in acts():
        if isinstance(action, Associate):
            places = {(b.network_interface_id, b.private_ip) for b in claim_of(w).status.bindings}
            known = {(b.network_interface_id, b.private_ip) for b in after(claim_of(w), action.status).status.bindings}
            assert known == places | {(action.network_interface_id, action.private_ip)}, w
        elif not isinstance(action, Publish):
            assert "bindings" not in getattr(action, "status", {}), w


def test_a_token_goes_with_one_set_of_parameters() -> None:
    """A purchase that may have been made is never forgotten but with its attempt."""
    for w, _, action in acts():
        if w.purchase is None or claim_of(w).status.address_id is not None or claim_of(w).deleting:
            continue
        patch = getattr(action, "status", {})
        if isinstance(action, Allocate):
            assert (action.intent.token, action.intent.parameters) == (w.purchase.token, w.purchase.parameters), w
        elif "intent" in patch:
            assert patch.get("addressID") is not None or patch["attempt"] == claim_of(w).status.attempt + 1, w


def test_every_patch_leaves_a_claim_that_is_valid_and_in_the_phase_of_its_row() -> None:
    for w, _, action in acts():
        patch = getattr(action, "status", {})
        if not patch:
            continue
        changed = after(claim_of(w), patch)
        assert changed.status.attempt >= claim_of(w).status.attempt, w
        if "phase" in patch:
            assert changed.status.phase in {matching_row(w).phase, Phase.BLOCKED}, w
            assert changed.status.phase is not Phase.BLOCKED or changed.status.retry is not None, w
            ready = changed.status.condition("Ready")
            assert ready is not None, w
            assert ready.message == status.one_line(ready.message), w


def test_what_was_written_is_not_written_again() -> None:
    for w, role, action in acts():
        if isinstance(action, (Publish, Update, Respec)):
            again = decide(written(w, action), role)
            assert not (isinstance(again, Act) and again.action == action), w


def test_what_people_are_told_is_one_line_with_a_reason() -> None:
    for w, _, action in acts():
        for event in getattr(action, "told", ()):
            assert event.reason.isalnum(), w
            assert event.message.isprintable(), w
            assert set(event.on) <= {"Pod", "EIPClaim"}, w
