"""What the product relies on and no document says, or two say differently: the same checks on emulator and cloud.

What is known to vary is printed instead of asserted (`pytest -s -m tencent_verified`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import anyio
import pytest

from shared.adapters.cloud.vpc import VpcCloud
from shared.core import identity
from shared.core.address import Address
from shared.core.errors import Conflict, EipclaimError, Gone, Refused
from tests.verified.conftest import CLUSTER_ID, PATIENCE_SECONDS, Account, find, when


def parameters() -> dict[str, str | int]:
    """Of a purchase that nobody has made."""
    return {
        "AddressName": identity.mark(CLUSTER_ID, str(uuid.uuid4())),
        "InternetServiceProvider": "BGP",
        "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR",
        "InternetMaxBandwidthOut": 1,
    }


def token() -> str:
    """One that nobody has used."""
    return identity.token(CLUSTER_ID, str(uuid.uuid4()), 1)


async def buy(vpc: VpcCloud, what: Mapping[str, str | int] | None = None, under: str | None = None) -> str:
    """The id of an EIP that is ready for use."""
    address_id = await vpc.allocate(what or parameters(), under or token(), PATIENCE_SECONDS)
    await when(vpc, address_id, unbound)
    return address_id


def unbound(address: Address | None) -> bool:
    return address is not None and address.unbound


def bound(address: Address | None) -> bool:
    return address is not None and address.bound


def gone(address: Address | None) -> bool:
    return address is None


def test_a_purchase_that_is_repeated_under_its_token_buys_nothing_more(account: Account) -> None:
    async def twice(vpc: VpcCloud) -> None:
        what, under = parameters(), token()
        first = await vpc.allocate(what, under, PATIENCE_SECONDS)
        again = await vpc.allocate(what, under, PATIENCE_SECONDS)

        assert again == first

    account(twice)


def test_a_token_with_other_parameters_buys_nothing_more(account: Account) -> None:
    async def otherwise(vpc: VpcCloud) -> None:
        what, under = parameters(), token()
        first = await buy(vpc, what, under)
        try:
            again: object = await vpc.allocate({**what, "InternetMaxBandwidthOut": 2}, under, PATIENCE_SECONDS)
        except EipclaimError as error:
            again = error
        listed = await vpc.addresses(())

        assert again == first or isinstance(again, Refused)
        assert [one.address_id for one in listed.items if one.name == what["AddressName"]] == [first]

    account(otherwise)


def test_what_a_token_gets_after_its_eip_was_released_is_no_wrong_eip(account: Account) -> None:
    async def released(vpc: VpcCloud) -> str:
        what, under = parameters(), token()
        first = await buy(vpc, what, under)
        await vpc.release(first, PATIENCE_SECONDS)
        await when(vpc, first, gone)
        try:
            again = await vpc.allocate(what, under, PATIENCE_SECONDS)
        except Refused as error:
            return f"a refusal: {error}"
        if again == first:
            return "the id of the EIP that is gone"
        await when(vpc, again, lambda one: one is not None and one.name == what["AddressName"])
        return "another EIP, with the mark of the claim"

    print(f"a token whose EIP was released gets {account(released)}")  # noqa: T201 - a fact about the account


def test_a_new_eip_shows_under_its_tag_and_with_its_name_within_the_grace(account: Account) -> None:
    async def shows(vpc: VpcCloud) -> None:
        what = parameters()
        address_id = await vpc.allocate(what, token(), PATIENCE_SECONDS)
        with anyio.fail_after(PATIENCE_SECONDS):
            while address_id not in {one.address_id for one in (await vpc.addresses(())).items}:  # noqa: ASYNC110
                await anyio.sleep(1)
        found = await when(vpc, address_id, unbound)

        assert found is not None
        assert found.name == what["AddressName"]
        assert found.carries(identity.tags(CLUSTER_ID))
        assert found.created_at is not None

    account(shows)


def test_tags_that_nobody_made_are_refused_and_nothing_is_bought(account: Account) -> None:
    async def untagged(vpc: VpcCloud) -> None:
        with pytest.raises(Refused) as refusal:
            await vpc.allocate(parameters(), token(), PATIENCE_SECONDS)

        assert refusal.value.reason == "TagMissing"

    account(untagged, cluster_id=f"cls-{uuid.uuid4().hex[:8]}")


def test_an_id_that_does_not_exist_is_absent_and_no_error(account: Account) -> None:
    async def absent(vpc: VpcCloud) -> None:
        listed = await vpc.addresses(["eip-00000000"])

        assert listed.items == ()
        assert listed.complete

    account(absent)


def test_a_released_eip_is_gone_and_releasing_it_again_says_so(account: Account) -> None:
    async def release(vpc: VpcCloud) -> None:
        address_id = await buy(vpc)
        await vpc.release(address_id, PATIENCE_SECONDS)
        await when(vpc, address_id, gone)
        with pytest.raises((Gone, Conflict)):
            await vpc.release(address_id, PATIENCE_SECONDS)

    account(release)


def test_a_bound_eip_is_where_it_was_bound_and_neither_bound_again_nor_released(account: Account) -> None:
    place = account.place

    async def bind(vpc: VpcCloud) -> None:
        address_id, other = await buy(vpc), await buy(vpc)
        await vpc.associate(address_id, place.interface, place.ip, PATIENCE_SECONDS)
        found = await when(vpc, address_id, bound)
        with pytest.raises(Conflict):
            await vpc.associate(other, place.interface, place.ip, PATIENCE_SECONDS)
        with pytest.raises(Conflict):
            await vpc.release(address_id, PATIENCE_SECONDS)
        (shown,) = (await vpc.private_addresses([place.ip])).items
        await vpc.disassociate(address_id, PATIENCE_SECONDS)
        await when(vpc, address_id, unbound)
        with pytest.raises(Conflict):
            await vpc.disassociate(address_id, PATIENCE_SECONDS)

        assert found is not None
        assert (found.network_interface_id, found.private_ip) == (place.interface, place.ip)
        assert (shown.network_interface_id, shown.address_id) == (place.interface, address_id)

    account(bind)


def test_a_new_bandwidth_shows(account: Account) -> None:
    async def widen(vpc: VpcCloud) -> None:
        address_id = await buy(vpc)
        await vpc.set_bandwidth(address_id, 2, PATIENCE_SECONDS)
        await when(vpc, address_id, lambda one: one is not None and one.bandwidth_mbps == 2)

        assert unbound(await find(vpc, address_id))

    account(widen)
