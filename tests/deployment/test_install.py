"""install: what is missing is made, what is right is left alone, and a run that died is carried on."""

from __future__ import annotations

from tests.deployment.sites import Site, Through


async def test_a_second_install_changes_nothing(site: Site) -> None:
    assert await site.install() == []
    site.deploy()
    assert await site.install() == []

    again = Through()
    assert await site.plan() == []
    assert await site.install(again) == []
    assert again.changes == []
