"""What replies and failures of the cloud mean: every class of error for every action."""

from __future__ import annotations

import pytest

from shared.core import errors, outcome
from shared.core.actions import Allocate, Associate, CloudAction, Disassociate, Release, SetBandwidth, Told
from shared.core.claim import ActionKind, Claim, Phase
from shared.core.outcome import Verdict
from shared.core.world import Outcome
from tests.core.cases import after
from tests.core.worlds import (
    ENI,
    IP,
    NOW,
    PARAMETERS,
    TOKEN,
    Json,
    claim,
    intent,
    made,
    owning,
    purchase,
    settled,
    stands,
)

BUY = Allocate(made("Allocate", token=TOKEN, parameters=PARAMETERS), {})
REPLAY = Allocate(BUY.intent, {}, replay=True)
BIND = Associate(made("Associate", target=IP), {}, "eip-1", ENI, IP)
UNBIND = Disassociate(made("Disassociate", target="eip-1"), {}, "eip-1")
GIVE_BACK = Release(made("Release", target="eip-1"), {}, "eip-1")
WIDEN = SetBandwidth(made("SetBandwidth", target="eip-1", parameters={"mbps": 5}), {}, "eip-1", 5)
ACTIONS = (BUY, REPLAY, BIND, UNBIND, GIVE_BACK, WIDEN)
SOON = (errors.Conflict, errors.Gone, errors.Ambiguous)
RETRY_AT = "2026-11-24T12:00:30Z"


def name(action: CloudAction) -> str:
    """For the test's id."""
    return "Replay" if action is REPLAY else action.intent.action.value


def before(action: CloudAction) -> Claim:
    """The claim as it stands when the action is answered: its intent is written."""
    if isinstance(action, Allocate):
        return claim(intent=action.intent, attempt=1)
    return owning(intent=action.intent, attempt=1, deleting=isinstance(action, Release))


@pytest.mark.parametrize("error", [errors.Throttled, errors.Unavailable])
@pytest.mark.parametrize("action", ACTIONS, ids=name)
def test_what_has_nothing_to_do_with_the_claim_is_not_written_into_it(
    action: CloudAction, error: type[errors.EipclaimError]
) -> None:
    assert outcome.failed(action, before(action), NOW, error("Busy", "later")) == Verdict(Outcome.NOT_DONE)


@pytest.mark.parametrize("error", SOON)
@pytest.mark.parametrize("action", ACTIONS, ids=name)
def test_an_answer_that_may_be_another_soon_is_counted_and_leaves_the_intent(
    action: CloudAction, error: type[errors.EipclaimError]
) -> None:
    kind = action.intent.action.value
    verdict = outcome.failed(action, before(action), NOW, error("Busy", "later"))

    known = None if error is errors.Ambiguous else Outcome.NOT_DONE
    assert verdict == Verdict(known, {"retry": {"action": kind, "at": "2026-11-24T12:00:00Z", "failures": 1}})


@pytest.mark.parametrize("error", SOON)
@pytest.mark.parametrize("action", ACTIONS, ids=name)
def test_an_answer_that_goes_on_is_told_once_and_slows_the_retries_down(
    action: CloudAction, error: type[errors.EipclaimError]
) -> None:
    """A task that ran for ever on an EIP was met every few seconds, and nobody was told why nothing happened."""
    stands_still = before(action)
    told, waits = [], []
    for _ in range(9):
        verdict = outcome.failed(action, stands_still, NOW, error("TaskRunning", "another task"))
        stands_still = after(stands_still, verdict.changes)
        told += [one.message for one in verdict.told]
        assert stands_still.status.retry is not None
        waits.append((stands_still.status.retry.at - NOW).total_seconds())

    assert waits == [0, 0, 0, 0, 0, 30, 60, 120, 240]
    assert told == [f"TaskRunning: {action.intent.action.value}: another task"]
    assert stands_still.status.intent == action.intent
    assert stands_still.status.attempt == 1
    if action is not WIDEN:
        ready = stands_still.status.condition("Ready")
        assert ready is not None
        assert (stands_still.status.phase, ready.reason) == (Phase.BLOCKED, "TaskRunning")


@pytest.mark.parametrize("action", [BIND, UNBIND, GIVE_BACK, WIDEN], ids=name)
def test_success_after_failures_ends_their_count(action: CloudAction) -> None:
    counted = outcome.failed(action, before(action), NOW, errors.Conflict("TaskRunning", "later"))
    verdict = outcome.succeeded(action, after(before(action), counted.changes), NOW)

    assert verdict.changes["retry"] is None


@pytest.mark.parametrize("error", [errors.Refused, errors.Exhausted])
@pytest.mark.parametrize("action", [BIND, UNBIND, GIVE_BACK], ids=name)
def test_a_refusal_blocks_the_claim_and_ends_the_intent(action: CloudAction, error: type[errors.EipclaimError]) -> None:
    kind = action.intent.action.value
    verdict = outcome.failed(action, before(action), NOW, error("Denied", "no rights"))

    assert verdict.outcome is Outcome.NOT_DONE
    assert verdict.changes == {
        **stands("Blocked", "Denied", f"{kind}: no rights"),
        "retry": {"action": kind, "at": RETRY_AT, "failures": 6},
        "intent": None,
    }
    assert verdict.told == (
        Told(f"Failed{kind}EIP", f"Denied: {kind}: no rights", warning=True, on=("Pod", "EIPClaim")),
    )


@pytest.mark.parametrize("error", [errors.Refused, errors.Exhausted])
def test_a_refused_first_purchase_raises_the_attempt(error: type[errors.EipclaimError]) -> None:
    verdict = outcome.failed(BUY, claim(intent=BUY.intent, attempt=4), NOW, error("Quota", "none left"))

    assert verdict.changes == {
        **stands("Blocked", "Quota", "Allocate: none left", allocated=False),
        "retry": {"action": "Allocate", "at": RETRY_AT, "failures": 6},
        "intent": None,
        "attempt": 5,
    }
    assert [told.reason for told in verdict.told] == ["FailedAllocateEIP"]


def test_a_refused_replay_keeps_the_intent_since_the_first_send_may_have_bought() -> None:
    verdict = outcome.failed(REPLAY, before(REPLAY), NOW, errors.Refused("Input", "out of range"))

    changed = after(before(REPLAY), verdict.changes)
    assert changed.status.intent == REPLAY.intent
    assert changed.status.attempt == 1
    assert changed.status.address_missing_since == NOW
    assert verdict.outcome is Outcome.NOT_DONE


def test_a_burnt_token_is_never_sent_again_not_even_as_a_replay() -> None:
    verdict = outcome.failed(REPLAY, before(REPLAY), NOW, errors.Refused("TokenBurnt", "delivery failed"))

    changed = after(before(REPLAY), verdict.changes)
    assert changed.status.intent is None
    assert changed.status.attempt == 2
    assert changed.status.address_missing_since is None


@pytest.mark.parametrize("action", [BUY, REPLAY, BIND], ids=name)
def test_an_intent_that_an_older_crd_has_mutilated_is_taken_back_and_its_token_is_neither_used_nor_burnt(
    action: CloudAction,
) -> None:
    refused = outcome.old_crd(("intent", "bindings"))
    verdict = outcome.unrecorded(action, before(action), NOW, refused, before(action))

    changed = after(before(action), verdict.changes).status
    assert refused.message == (
        "the EIPClaim CRD in the cluster drops status.intent, status.bindings: apply this release's deploy/crd.yaml"
    )
    assert verdict.outcome is Outcome.NOT_DONE
    assert (changed.intent, changed.attempt, changed.address_missing_since) == (None, 1, None)
    assert changed.condition("Ready") == after(before(action), stands_blocked(action, refused)).status.condition(
        "Ready"
    )
    assert changed.retry is not None
    assert [told.reason for told in verdict.told] == [outcome.FAILED[action.intent.action]]


def stands_blocked(action: CloudAction, refused: errors.Refused) -> Json:
    return stands(
        "Blocked",
        "OldCRD",
        f"{action.intent.action.value}: {refused.message}",
        allocated=not isinstance(action, Allocate),
    )


@pytest.mark.parametrize(
    ("action", "its_claim"),
    [
        (WIDEN, settled(intent=WIDEN.intent)),
        (GIVE_BACK, settled(intent=GIVE_BACK.intent)),
    ],
    ids=["the bandwidth of an EIP in use", "an EIP beside the one in use"],
)
def test_what_is_refused_beside_an_eip_in_use_does_not_block_the_claim(action: CloudAction, its_claim: Claim) -> None:
    verdict = outcome.failed(action, its_claim, NOW, errors.Refused("Arrears", "pay first"))

    assert verdict.changes == {
        "retry": {"action": action.intent.action.value, "at": RETRY_AT, "failures": 6},
        "intent": None,
    }
    assert len(verdict.told) == 1


def test_the_same_refusal_is_told_once() -> None:
    first = outcome.failed(BUY, before(BUY), NOW, errors.Exhausted("Quota", "none left"))
    blocked = after(before(BUY), first.changes)

    second = outcome.failed(BUY, blocked, NOW, errors.Exhausted("Quota", "none left"))
    another = outcome.failed(BUY, blocked, NOW, errors.Refused("Arrears", "pay first"))

    assert second.told == ()
    assert second.changes["retry"] == {"action": "Allocate", "at": "2026-11-24T12:01:00Z", "failures": 7}
    assert [told.message for told in another.told] == ["Arrears: Allocate: pay first"]


def test_the_phase_that_comes_with_an_intent_does_not_make_the_same_refusal_a_new_one() -> None:
    """The intent's patch says Allocating in Ready; what was said before it is what counts."""
    blocked = after(before(BUY), outcome.failed(BUY, before(BUY), NOW, errors.Exhausted("Quota", "none left")).changes)
    allocating = after(blocked, stands("Allocating", allocated=False))

    again = outcome.failed(BUY, allocating, NOW, errors.Exhausted("Quota", "none left"), blocked)

    assert again.told == ()


def test_what_is_refused_beside_an_eip_in_use_is_told_once() -> None:
    first = outcome.failed(WIDEN, settled(), NOW, errors.Refused("Arrears", "pay first"))
    second = outcome.failed(WIDEN, after(settled(), first.changes), NOW, errors.Refused("Arrears", "pay first"))

    assert len(first.told) == 1
    assert second.told == ()


def test_a_refusal_of_another_action_is_told() -> None:
    blocked = owning(
        **stands("Blocked", "Denied", "Disassociate: no"), retry={"action": "Disassociate", "at": NOW, "failures": 1}
    )

    assert len(outcome.failed(BIND, blocked, NOW, errors.Refused("Denied", "no")).told) == 1


def test_a_hostile_message_becomes_one_line() -> None:
    verdict = outcome.failed(BIND, before(BIND), NOW, errors.Refused("Denied", "no\r\n\x1b[31m\u202e" + "x" * 400))

    ready = after(before(BIND), verdict.changes).status.condition("Ready")
    assert ready is not None
    assert ready.message.startswith("Associate: no [31m xxx")
    assert len(ready.message) == 300
    assert all(len(told.message) <= 300 and told.message.isprintable() for told in verdict.told)


def test_what_was_bought_is_recorded_at_once() -> None:
    bought = claim(intent=BUY.intent, addressMissingSince=NOW, retry={"action": "Allocate", "at": NOW})
    verdict = outcome.succeeded(BUY, bought, NOW, "eip-1")

    changed = after(bought, verdict.changes).status
    assert verdict.outcome is Outcome.ACCEPTED
    assert changed.address_id == "eip-1"
    assert (changed.intent, changed.retry, changed.address_missing_since) == (None, None, None)
    assert changed.attempt == 1


@pytest.mark.parametrize("action", [GIVE_BACK, UNBIND], ids=name)
def test_an_accepted_call_that_others_wait_for_is_recorded_beside_its_intent(action: CloudAction) -> None:
    """After a Release an absence is believed at once; after a Disassociate the name's next pod need not wait."""
    verdict = outcome.succeeded(action, before(action), NOW)

    assert after(before(action), verdict.changes).status.intent == action.intent.model_copy(update={"accepted": True})


@pytest.mark.parametrize("action", [BIND, WIDEN], ids=name)
def test_what_the_next_look_shows_by_itself_is_not_written(action: CloudAction) -> None:
    assert outcome.succeeded(action, before(action), NOW) == Verdict(Outcome.ACCEPTED)


def test_every_action_has_a_name_for_its_failure() -> None:
    assert set(outcome.FAILED) == set(ActionKind)


def test_the_attempt_never_falls() -> None:
    """Whatever comes of it: an attempt that returned would send a token again that is burnt."""
    everything: list[Verdict] = []
    for action in ACTIONS:
        for error in (errors.Refused, errors.Exhausted, errors.Throttled, errors.Ambiguous, errors.Gone):
            given: Json = {"attempt": 7, "intent": action.intent}
            everything.append(outcome.failed(action, owning(**given), NOW, error("TokenBurnt", "x")))

    assert {verdict.changes.get("attempt", 7) for verdict in everything} == {7, 8}
    assert purchase()["attempt"] == intent("Associate")["attempt"] == 1
