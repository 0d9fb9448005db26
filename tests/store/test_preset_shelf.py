"""Presets in both databases: versions, names, deleting and bringing back, importing all or nothing."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import update

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.history import (
    PresetFilter,
    PresetGone,
    PresetNameTaken,
    PresetUnreadable,
    RunFilter,
    RunOrigin,
    RunStore,
)
from bedrock_playground.history.schema import preset_versions
from bedrock_playground.presets import FileRefused, Preset, Variable
from bedrock_playground.presets.starter import starters
from tests.store.builders import identity, request, result
from tests.unit.presets.preset_strategies import presets as any_preset


def preset(name: str = "Short answers", **changes: object) -> Preset:
    made = Preset(
        name=name,
        description="Answers in a sentence",
        tags=("support", "Short"),
        variant=Variant(model="amazon.nova-lite-v1:0", temperature=0, max_tokens=100),
        system="Be brief.",
        prompt="{{question}}",
        variables=(Variable(name="question", example="Why is the sky blue?"),),
        notes="Temperature 0: the same each time.",
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields of a preset


def test_a_preset_comes_back_as_it_was_saved(store: RunStore) -> None:
    saved = store.presets.add(preset(), user="ada")
    found = store.presets.get(saved.preset_id)
    assert found == saved
    assert found is not None
    assert (found.version, found.user, found.latest, found.deleted) == (1, "ada", True, False)
    assert found.preset == preset()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_preset())
def test_any_preset_comes_back_as_it_was_saved(store: RunStore, saved: Preset) -> None:
    shelf = store.presets
    shelf.delete([one.preset_id for one in shelf.find(PresetFilter(starters=False))])
    kept = shelf.get(shelf.add(saved).preset_id)
    assert kept is not None
    assert repr(kept.preset) == repr(saved)


def test_every_save_is_a_version_and_an_old_one_can_be_restored(store: RunStore) -> None:
    shelf = store.presets
    first = shelf.add(preset(), user="ada")
    warm = preset(variant=Variant(model="m", temperature=0.9))
    second = shelf.save(first.preset_id, warm, user="grace")
    third = shelf.restore(first.preset_id, 1, user="ada")
    assert [one.version for one in (first, second, third)] == [1, 2, 3]
    assert third.preset == first.preset
    assert shelf.get(first.preset_id) == third
    old = shelf.get(first.preset_id, 2)
    assert old is not None
    assert (old.preset, old.latest) == (warm, False)
    assert [(one.version, one.user, one.change) for one in shelf.versions(first.preset_id)] == [
        (3, "ada", "restored from version 1"),
        (2, "grace", ""),
        (1, "ada", ""),
    ]


def test_saving_what_is_there_already_makes_no_version(store: RunStore) -> None:
    first = store.presets.add(preset())
    assert store.presets.save(first.preset_id, preset()).version == 1
    # To Python 0 and 0.0 are equal; in a request they are not the same.
    other = preset(variant=replace(preset().variant, temperature=0.0))
    assert store.presets.save(first.preset_id, other).version == 2


def test_two_who_save_at_once_lose_nothing(store: RunStore) -> None:
    first = store.presets.add(preset())
    texts = [f"text {number}" for number in range(6)]
    threads = [
        threading.Thread(target=store.presets.save, args=(first.preset_id, preset(notes=text)))
        for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    versions = [one.version for one in store.presets.versions(first.preset_id)]
    assert versions == [7, 6, 5, 4, 3, 2, 1]
    kept = [store.presets.get(first.preset_id, version) for version in versions[:-1]]
    assert sorted(one.preset.notes for one in kept if one) == texts


def test_two_presets_never_share_a_name(store: RunStore) -> None:
    shelf = store.presets
    shelf.add(preset("One"))
    two = shelf.add(preset("Two"))
    with pytest.raises(PresetNameTaken, match="'ONE'"):
        shelf.add(preset("ONE"))
    with pytest.raises(PresetNameTaken, match="'one'"):
        shelf.save(two.preset_id, preset("one"))
    assert shelf.save(two.preset_id, preset("two")).version == 2


def test_a_name_that_two_take_at_the_same_moment_is_given_once(store: RunStore) -> None:
    outcomes: list[str] = []

    def add() -> None:
        try:
            store.presets.add(preset())
        except PresetNameTaken:
            outcomes.append("taken")
        else:
            outcomes.append("added")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["added", "taken", "taken", "taken"]


def test_deleting_can_be_undone_even_when_the_name_was_given_away(store: RunStore) -> None:
    shelf = store.presets
    first = shelf.add(preset())
    assert shelf.delete([first.preset_id, "nobody"]) == 1
    assert shelf.find(PresetFilter(starters=False)) == []
    with pytest.raises(PresetGone):
        shelf.save(first.preset_id, preset(notes="x"))
    gone = shelf.get(first.preset_id)
    assert gone is not None
    assert gone.deleted
    second = shelf.add(preset())
    (back,) = shelf.bring_back([first.preset_id])
    assert (back.preset.name, back.version, back.deleted) == ("Short answers (2)", 2, False)
    assert {one.preset_id for one in shelf.find(PresetFilter(starters=False))} == {
        first.preset_id,
        second.preset_id,
    }
    assert shelf.bring_back([first.preset_id]) == []


def test_presets_are_found_by_words_and_tags(store: RunStore) -> None:
    shelf = store.presets
    shelf.add(preset("Kurz", tags=("support",)))
    shelf.add(preset("Äpfel", prompt="100% a_b", tags=("support", "fruit")))

    def found(**which: object) -> list[str]:
        return [one.name for one in shelf.find(PresetFilter(starters=False, **which))]  # type: ignore[arg-type]

    assert found() == ["Kurz", "Äpfel"]
    assert found(text="äpfel") == ["Äpfel"]
    assert found(text="a_b 100%") == ["Äpfel"]
    assert found(text="nova brief") == ["Kurz", "Äpfel"]
    assert found(text="axb") == []
    assert found(tags=("support",)) == ["Kurz", "Äpfel"]
    assert found(tags=("support", "fruit")) == ["Äpfel"]
    assert {"support", "fruit", "creative"} <= set(shelf.tags())


def test_the_starter_set_stands_on_the_shelf_and_can_only_be_copied(store: RunStore) -> None:
    shelf = store.presets
    assert [one.name for one in shelf.find()] == [one.name for one in starters().values()]
    key = next(iter(starters()))
    starter = shelf.get(key)
    assert starter is not None
    assert starter.starter
    with pytest.raises(PresetGone):
        shelf.save(key, preset())
    with pytest.raises(PresetGone):
        shelf.restore(key, 1)
    assert shelf.delete([key]) == 0
    copy = shelf.copy(key)
    assert copy.preset == replace(starter.preset, name=f"{starter.preset.name} copy")
    assert shelf.copy(key).preset.name == f"{starter.preset.name} copy (2)"
    assert shelf.named(starter.preset.name.upper()) == starter
    assert shelf.names()[copy.preset_id] == copy.preset.name


def test_an_import_is_all_or_nothing(store: RunStore) -> None:
    shelf = store.presets
    shelf.add(preset("B"))
    bundle = [preset("A"), preset("B", notes="other"), preset("C")]
    assert shelf.conflicts(bundle) == ("B",)
    with pytest.raises(PresetNameTaken, match="'B'"):
        shelf.bring_in(bundle)
    with pytest.raises(FileRefused):
        shelf.bring_in([preset("A"), Preset(name="", variant=Variant())])
    assert [one.name for one in shelf.find(PresetFilter(starters=False))] == ["B"]


def test_what_becomes_of_names_that_are_taken_is_the_importers_choice(store: RunStore) -> None:
    shelf = store.presets
    shelf.add(preset("A"))
    there = shelf.add(preset("B"))
    bundle = [preset("A"), preset("B", notes="other"), preset("C")]
    skipped = shelf.bring_in(bundle, on_conflict="skip")
    assert (skipped.skipped, skipped.unchanged) == (("B",), ("A",))
    assert [one.preset.name for one in skipped.added] == ["C"]
    renamed = shelf.bring_in(bundle, on_conflict="rename")
    assert renamed.renamed == (("B", "B (2)"),)
    updated = shelf.bring_in(bundle, on_conflict="version")
    assert [(one.preset_id, one.version) for one in updated.updated] == [(there.preset_id, 2)]
    assert shelf.bring_in(bundle).unchanged == ("A", "B", "C")
    assert [one.name for one in shelf.find(PresetFilter(starters=False))] == ["A", "B", "B (2)", "C"]


def test_what_a_newer_version_saved_is_said_to_be_that(store: RunStore) -> None:
    saved = store.presets.add(preset())
    newer = '{"format": "bedrock-playground/presets", "version": 2}'
    with store._write() as connection:
        connection.execute(update(preset_versions).values(document=newer))
    with pytest.raises(PresetUnreadable, match="A newer version of Bedrock Playground"):
        store.presets.get(saved.preset_id)
    assert [one.name for one in store.presets.find(PresetFilter(starters=False))] == ["Short answers"]


def test_a_run_keeps_the_preset_that_it_was_begun_with(store: RunStore) -> None:
    now: list[RunOrigin | None] = [RunOrigin("p1", 3, ("support", "é"))]
    recorder = store.recorder(origin=lambda _label: now[0])
    begun, sent = identity(run_id="r1"), request()
    recorder.run_started(begun, sent)
    now[0] = None
    recorder.run_finished(begun, sent, result())
    recorder.run_started(identity(run_id="r2"), sent)
    found = store.get("r1")
    assert found is not None
    assert (found.preset_id, found.preset_version, found.tags) == ("p1", 3, ("support", "é"))
    other = store.get("r2")
    assert other is not None
    assert (other.preset_id, other.preset_version, other.tags) == (None, None, ())
    assert [run.run_id for run in store.list_runs(RunFilter(preset_ids=("p1", "p9"))).runs] == ["r1"]
