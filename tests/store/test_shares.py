"""Stored shares, on both databases."""

from __future__ import annotations

from bedrock_playground.history import RunStore
from tests.store.conftest import Place


def test_a_share_is_kept_under_an_id_that_nobody_can_guess(store: RunStore) -> None:
    first, second = (store.shares.keep("{}", title="Say hello") for _ in range(2))
    assert first.share_id != second.share_id
    assert len(first.share_id) == 22
    assert store.shares.get(first.share_id) == first
    assert store.shares.get("another") is None
    assert store.shares.get("\0") is None


def test_shares_are_listed_newest_first_and_outlive_the_process(place: Place) -> None:
    with place.open() as store:
        kept = [store.shares.keep(f'{{"n":{n}}}', title=f"{n}", user="ada") for n in range(3)]
    with place.open() as store:
        assert store.shares.find() == kept[::-1]
        assert store.shares.find(limit=1) == [kept[2]]


def test_a_deleted_share_opens_nothing_and_can_be_put_back(store: RunStore) -> None:
    share = store.shares.keep("{}", title="t\0itle")
    assert store.shares.delete(share.share_id)
    assert not store.shares.delete(share.share_id)
    assert store.shares.get(share.share_id) is None
    store.shares.put_back(share)
    assert store.shares.get(share.share_id) == share
