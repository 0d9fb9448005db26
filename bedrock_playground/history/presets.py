"""The shelf of presets: saved in versions, found, deleted and brought back, imported all or nothing.

Every save is a version and none is ever changed, so that a run's preset can be looked up as it was then, and
two people who save at once lose nothing. The starter set stands on the same shelf: it comes with the program
and can only be copied.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, exc, func, insert, select, update

from bedrock_playground.history.errors import PresetGone, PresetNameTaken
from bedrock_playground.history.preset_records import (
    ImportOutcome,
    OnConflict,
    PresetFilter,
    PresetSummary,
    PresetVersion,
    StoredPreset,
)
from bedrock_playground.history.preset_rows import (
    ReadyPreset,
    search_text_of,
    starter_summary,
    stored_of,
    stored_starter,
    summary_of,
)
from bedrock_playground.history.rows import fold
from bedrock_playground.history.schema import preset_versions, presets
from bedrock_playground.history.votes import Open
from bedrock_playground.presets.starter import starters
from bedrock_playground.presets.values import MAX_NAME, Preset

_LATEST = preset_versions.c.version == presets.c.version
_STORED = (
    presets.c.preset_id,
    presets.c.version.label("latest"),
    presets.c.deleted_at,
    preset_versions.c.version,
    preset_versions.c.saved_at,
    preset_versions.c.user_name,
    preset_versions.c.document,
)
_SUMMARY = (
    presets.c.preset_id,
    presets.c.name,
    presets.c.description,
    presets.c.tags,
    presets.c.model_id,
    presets.c.version,
    presets.c.saved_at,
    presets.c.user_name,
    presets.c.search_text,
)
EVERY_PRESET = PresetFilter()
"""The filter that lets every preset pass."""


class PresetShelf:
    """The presets of a store. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open) -> None:
        """Use :attr:`RunStore.presets`."""
        self._read = read
        self._write = write

    # Finding

    def find(self, which: PresetFilter = EVERY_PRESET) -> list[PresetSummary]:
        """List presets by name: what was saved here first, then the starter set."""
        found: list[tuple[PresetSummary, str]] = []
        if which.starters is not True:
            statement = select(*_SUMMARY).where(presets.c.deleted_at.is_(None))
            with self._read() as connection:
                rows = connection.execute(statement).mappings().all()
            found += sorted(
                ((summary_of(row), row["search_text"]) for row in rows), key=lambda one: fold(one[0].name)
            )
        if which.starters is not False:
            found += [
                (starter_summary(key, preset), search_text_of(preset)) for key, preset in starters().items()
            ]
        words = fold(which.text).split()
        return [
            summary
            for summary, text in found
            if all(word in text for word in words) and set(which.tags) <= set(summary.tags)
        ]

    def tags(self) -> tuple[str, ...]:
        """Every tag that a preset has, sorted."""
        return tuple(sorted({tag for summary in self.find() for tag in summary.tags}, key=str.casefold))

    def get(self, preset_id: str, version: int | None = None) -> StoredPreset | None:
        """Get a preset, deleted or not.

        Args:
            preset_id: Its id.
            version: Which version; the latest if not given.

        Returns:
            ``None`` if there is none of that id and version.

        Raises:
            PresetUnreadable: A newer version of this program saved it.
        """
        if preset_id in starters():
            return stored_starter(preset_id) if version in {None, 1} else None
        which = _LATEST if version is None else preset_versions.c.version == version
        with self._read() as connection:
            row = connection.execute(_one(preset_id).where(which)).mappings().one_or_none()
        return None if row is None else stored_of(row)

    def named(self, name: str) -> StoredPreset | None:
        """Get a preset by its name, whatever the case; one that was saved here goes before a starter."""
        statement = select(presets.c.preset_id).where(_has_name(name))
        with self._read() as connection:
            found = connection.execute(statement).scalar()
        if found is None:
            same = (key for key, preset in starters().items() if fold(preset.name) == fold(name))
            found = next(same, None)
        return None if found is None else self.get(found)

    def names(self) -> dict[str, str]:
        """Every preset's name by its id, deleted ones too: runs still speak of them."""
        with self._read() as connection:
            rows = connection.execute(select(presets.c.preset_id, presets.c.name)).all()
        kept: dict[str, str] = {row.preset_id: row.name for row in rows}
        return {key: preset.name for key, preset in starters().items()} | kept

    def versions(self, preset_id: str) -> Sequence[PresetVersion]:
        """Every version of a preset, the newest first; none of a starter."""
        statement = (
            select(
                preset_versions.c.version,
                preset_versions.c.saved_at,
                preset_versions.c.user_name,
                preset_versions.c.change,
            )
            .join(presets, presets.c.id == preset_versions.c.preset)
            .where(presets.c.preset_id == preset_id)
            .order_by(preset_versions.c.version.desc())
        )
        with self._read() as connection:
            return [PresetVersion(*row) for row in connection.execute(statement)]

    # Saving

    def add(self, preset: Preset, *, user: str | None = None, change: str = "") -> StoredPreset:
        """Save a new preset.

        Raises:
            PresetNameTaken: There is one of that name.
            FileRefused: It is not a preset that a file could hold.
        """
        ready = ReadyPreset.of(preset)
        with self._write() as connection, _name_guarded(preset.name):
            return _add(connection, ready, user=user, change=change)

    def save(
        self, preset_id: str, preset: Preset, *, user: str | None = None, change: str = ""
    ) -> StoredPreset:
        """Save a preset as the next version; just as it is already, nothing is saved.

        Raises:
            PresetGone: There is none of that id, or it is a starter.
            PresetNameTaken: Another one has that name.
            FileRefused: It is not a preset that a file could hold.
        """
        ready = ReadyPreset.of(preset)
        with self._write() as connection, _name_guarded(preset.name):
            return _save(connection, preset_id, ready, user=user, change=change)

    def restore(self, preset_id: str, version: int, *, user: str | None = None) -> StoredPreset:
        """Save an older version of a preset once more, as the next one.

        Raises:
            PresetGone: There is no such version.
            PresetNameTaken: Another one has the name that it had then.
        """
        old = self.get(preset_id, version)
        if old is None or old.starter:
            raise PresetGone("This version is not here any more.")
        return self.save(preset_id, old.preset, user=user, change=f"restored from version {version}")

    def delete(self, preset_ids: Iterable[str]) -> int:
        """Put presets away; :meth:`bring_back` undoes it. Return how many."""
        gone = (
            update(presets)
            .where(presets.c.preset_id.in_(list(preset_ids)), presets.c.deleted_at.is_(None))
            .values(deleted_at=datetime.now(UTC))
        )
        with self._write() as connection:
            return connection.execute(gone).rowcount

    def bring_back(self, preset_ids: Iterable[str]) -> list[StoredPreset]:
        """Undo :meth:`delete`; where the name was given away meanwhile, it gets a number behind it."""
        back: list[StoredPreset] = []
        with self._write() as connection, _name_guarded(None):
            for preset_id in preset_ids:
                row = connection.execute(_one(preset_id).where(_LATEST)).mappings().one_or_none()
                if row is None or row["deleted_at"] is None:
                    continue
                stored = stored_of(row)
                name = _free_name(connection, stored.preset.name)
                # Both at once: the name that it had may be another's now.
                here = {"deleted_at": None, "name_key": fold(name)}
                connection.execute(update(presets).where(presets.c.preset_id == preset_id).values(here))
                if name != stored.preset.name:
                    ready = ReadyPreset.of(replace(stored.preset, name=name))
                    why = "its name was taken meanwhile"
                    stored = _save(connection, preset_id, ready, user=stored.user, change=why)
                back.append(replace(stored, deleted=False))
        return back

    def copy(self, preset_id: str, *, user: str | None = None) -> StoredPreset:
        """Save a copy under a name of its own.

        Raises:
            PresetGone: There is none of that id.
        """
        original = self.get(preset_id)
        if original is None:
            raise PresetGone("This preset is not here any more.")
        with self._write() as connection, _name_guarded(None):
            name = _free_name(connection, f"{original.preset.name[: MAX_NAME - 5]} copy")
            ready = ReadyPreset.of(replace(original.preset, name=name))
            return _add(connection, ready, user=user, change=f"copied from {original.preset.name}")

    def conflicts(self, imported: Sequence[Preset]) -> tuple[str, ...]:
        """Name those whose name is taken here by a preset that is not just the same."""
        found = []
        with self._read() as connection:
            for preset in imported:
                row = connection.execute(_named(preset.name)).mappings().one_or_none()
                if row is not None and row["document"] != ReadyPreset.of(preset).document:
                    found.append(preset.name)
        return tuple(found)

    def bring_in(
        self, imported: Sequence[Preset], *, on_conflict: OnConflict = "refuse", user: str | None = None
    ) -> ImportOutcome:
        """Import presets in one transaction: all of them, or none.

        Raises:
            PresetNameTaken: A name is taken by another preset, and ``on_conflict`` is ``refuse``.
            FileRefused: One of them is not a preset that a file could hold.
        """
        outcome = ImportOutcome()
        ready = [ReadyPreset.of(preset) for preset in imported]
        with self._write() as connection, _name_guarded(None):
            for one in ready:
                outcome = _bring_in_one(connection, one, outcome, on_conflict=on_conflict, user=user)
        return outcome


def _bring_in_one(
    connection: Connection,
    ready: ReadyPreset,
    outcome: ImportOutcome,
    *,
    on_conflict: OnConflict,
    user: str | None,
) -> ImportOutcome:
    preset = ready.preset
    row = connection.execute(_named(preset.name)).mappings().one_or_none()
    if row is None:
        added = _add(connection, ready, user=user, change="imported")
        return replace(outcome, added=(*outcome.added, added))
    if row["document"] == ready.document:
        return replace(outcome, unchanged=(*outcome.unchanged, preset.name))
    match on_conflict:
        case "refuse":
            raise PresetNameTaken(f"There is another preset {preset.name!r} already.")
        case "skip":
            return replace(outcome, skipped=(*outcome.skipped, preset.name))
        case "version":
            saved = _save(connection, row["preset_id"], ready, user=user, change="imported")
            return replace(outcome, updated=(*outcome.updated, saved))
        case "rename":
            named = replace(preset, name=_free_name(connection, preset.name))
            added = _add(connection, ReadyPreset.of(named), user=user, change="imported")
            return replace(
                outcome, added=(*outcome.added, added), renamed=(*outcome.renamed, (preset.name, named.name))
            )


# Rows


def _versions() -> Select[Any]:
    return select(*_STORED).join(preset_versions, preset_versions.c.preset == presets.c.id)


def _one(preset_id: str) -> Select[Any]:
    return _versions().where(presets.c.preset_id == preset_id)


def _named(name: str) -> Select[Any]:
    return _versions().where(_LATEST, _has_name(name))


def _has_name(name: str) -> Any:  # noqa: ANN401 - an SQL condition
    return (presets.c.name_key == fold(name)) & presets.c.deleted_at.is_(None)


def _free_name(connection: Connection, name: str) -> str:
    """The name itself where nobody has it, else with the first number behind it that makes it free."""
    number, candidate = 1, name
    while connection.execute(select(func.count()).select_from(presets).where(_has_name(candidate))).scalar():
        number += 1
        ending = f" ({number})"
        candidate = name[: MAX_NAME - len(ending)].rstrip() + ending
    return candidate


def _add(connection: Connection, ready: ReadyPreset, *, user: str | None, change: str) -> StoredPreset:
    # A clash that is seen is told at once; one that happens at the same moment is the index's to find.
    if connection.execute(select(presets.c.id).where(_has_name(ready.preset.name))).first() is not None:
        raise PresetNameTaken(f"There is a preset {ready.preset.name!r} already.")
    preset_id = secrets.token_urlsafe(12)
    now = datetime.now(UTC)
    row = {**ready.columns(user), "preset_id": preset_id, "version": 1, "saved_at": now, "created_at": now}
    key = connection.execute(insert(presets).returning(presets.c.id), row).scalar_one()
    _add_version(connection, key, row, document=ready.document, change=change)
    return StoredPreset(preset_id, 1, ready.preset, now, user)


def _save(
    connection: Connection, preset_id: str, ready: ReadyPreset, *, user: str | None, change: str
) -> StoredPreset:
    # Locked, so that two who save at once get two versions; SQLite has one writer anyway.
    row = (
        connection.execute(
            select(presets)
            .where(presets.c.preset_id == preset_id, presets.c.deleted_at.is_(None))
            .with_for_update()
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise PresetGone("This preset is not here any more. Save it as a new one.")
    latest = connection.execute(_one(preset_id).where(_LATEST)).mappings().one()
    # As documents: to Python 0 and 0.0 are the same.
    if latest["document"] == ready.document:
        return stored_of(latest)
    taken = select(presets.c.id).where(_has_name(ready.preset.name), presets.c.id != row["id"])
    if connection.execute(taken).first() is not None:
        raise PresetNameTaken(f"There is another preset {ready.preset.name!r} already.")
    changed = {**ready.columns(user), "version": row["version"] + 1, "saved_at": datetime.now(UTC)}
    connection.execute(update(presets).where(presets.c.id == row["id"]).values(changed))
    _add_version(connection, row["id"], changed, document=ready.document, change=change)
    return StoredPreset(preset_id, changed["version"], ready.preset, changed["saved_at"], user)


def _add_version(
    connection: Connection, key: int, row: Mapping[str, Any], *, document: str, change: str
) -> None:
    values = {name: row[name] for name in ("version", "saved_at", "user_name")}
    connection.execute(
        insert(preset_versions), {"preset": key, "document": document, "change": change, **values}
    )


@contextmanager
def _name_guarded(name: str | None) -> Iterator[None]:
    """Tell a name that somebody else took at the same moment from other refusals of the database."""
    try:
        yield
    except exc.IntegrityError as error:
        what = f"a preset {name!r}" if name else "a preset of one of these names"
        raise PresetNameTaken(f"There is {what} already.") from error
