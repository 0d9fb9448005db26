"""`bedrock-playground presets` at work."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bedrock_playground.catalog.build import request_as_json
from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import BuiltRequest
from bedrock_playground.cli.compare_requests import BadArguments
from bedrock_playground.cli.request_run import inputs_of, variant_of
from bedrock_playground.history import (
    HistoryError,
    ImportOutcome,
    PresetFilter,
    PresetSummary,
    RunStore,
    StoredPreset,
)
from bedrock_playground.presets import FileRefused, Preset, PresetError, Value, Variable, yaml_text
from bedrock_playground.presets.building import example_values, preset_of, request_of
from bedrock_playground.presets.codec import preset_to_json
from bedrock_playground.presets.files import file_stem, read_file
from bedrock_playground.presets.formats import (
    Exported,
    FileFormat,
    RequestSource,
    UnknownFormat,
    find_format,
    format_names,
)
from bedrock_playground.presets.schema import schema_text
from bedrock_playground.presets.template import names_in, read_value, variables_of
from bedrock_playground.settings import SettingsError, load_settings

# What was typed somewhere may hold escape sequences, which would rewrite what the terminal shows.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class _NotDone(Exception):
    """It could not be done; the message says why."""


def run(command: str, options: argparse.Namespace) -> int:
    """Do what a command of `presets` does.

    Returns:
        0 if it was done, 1 if it could not be, 2 for bad arguments.
    """
    commands: Mapping[str, Callable[[argparse.Namespace], None]] = {
        "list": _list,
        "show": _show,
        "save": _save,
        "import": _import,
        "export": _export,
        "schema": _schema,
    }
    try:
        commands[command](options)
    except (BadArguments, SettingsError, UnknownFormat) as error:
        return _complain(command, str(error), status=2)
    except HistoryError as error:
        return _complain(command, f"{error} {error.advice}", status=1)
    except (PresetError, _NotDone) as error:
        return _complain(command, str(error), status=1)
    return 0


def _complain(command: str, message: str, *, status: int) -> int:
    print(f"bedrock-playground presets {command}: {message}", file=sys.stderr)
    return status


@contextmanager
def _store() -> Iterator[RunStore]:
    settings = load_settings()
    with RunStore.open(settings.history_url, data_dir=settings.data_dir) as store:
        yield store


def _found(store: RunStore, name: str, version: int | None = None) -> StoredPreset:
    shelf = store.presets
    stored = shelf.get(name) or shelf.named(name)
    if stored is not None and version is not None:
        stored = shelf.get(stored.preset_id, version)
    if stored is None or stored.deleted:
        what = f"version {version} of {name!r}" if version is not None else f"preset {name!r}"
        raise _NotDone(f"There is no {what}. `presets list` lists what there is.")
    return stored


# list, show


def _list(options: argparse.Namespace) -> None:
    starters = True if options.starters else (False if options.saved else None)
    with _store() as store:
        found = store.presets.find(
            PresetFilter(text=options.search, tags=tuple(options.tag or ()), starters=starters)
        )
    if options.json:
        for one in found:
            _print_json(_summary(one), indent=None)
        return
    rows = [("NAME", "MODEL", "VERSION", "TAGS")]
    rows += [
        (one.name, one.model or "any", "starter" if one.starter else str(one.version), ", ".join(one.tags))
        for one in found
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        _print("  ".join([*cells, row[3]]).rstrip())


def _summary(one: PresetSummary) -> dict[str, Any]:
    return {
        "preset_id": one.preset_id,
        "name": one.name,
        "description": one.description,
        "tags": list(one.tags),
        "model": one.model or None,
        "version": one.version,
        "saved_at": one.saved_at.isoformat() if one.saved_at else None,
        "user": one.user,
        "starter": one.starter,
    }


def _show(options: argparse.Namespace) -> None:
    with _store() as store:
        stored = _found(store, options.name, options.version)
        versions = store.presets.versions(stored.preset_id)
    try:
        built, missing = _built(stored.preset, options), None
    except PresetError as error:
        built, missing = None, str(error)
    if options.json:
        _print_json(
            {
                **_identity(stored),
                "preset": preset_to_json(stored.preset),
                "versions": [
                    {
                        "version": one.version,
                        "saved_at": one.saved_at.isoformat(),
                        "user": one.user,
                        "change": one.change,
                    }
                    for one in versions
                ],
                "request": request_as_json(built.request) if built else None,
                "missing": missing,
                "refusals": list(built.refusals) if built else [],
            }
        )
        return
    _print(yaml_text.dump(preset_to_json(stored.preset)).rstrip())
    kind = "starter set" if stored.starter else f"version {stored.version} of {versions[0].version}"
    _print(f"\n# {stored.preset_id}, {kind}\n# The request that it makes:")
    _print(
        json.dumps(request_as_json(built.request), indent=2, ensure_ascii=False) if built else f"# {missing}"
    )
    for refusal in built.refusals if built else ():
        _print(f"# It cannot be sent: {refusal}")


def _identity(stored: StoredPreset) -> dict[str, Any]:
    return {
        "preset_id": stored.preset_id,
        "version": stored.version,
        "saved_at": stored.saved_at.isoformat() if stored.saved_at else None,
        "user": stored.user,
        "starter": stored.starter,
    }


def _built(preset: Preset, options: argparse.Namespace) -> BuiltRequest:
    """The request that a preset makes with its examples and what is set instead."""
    if options.model:
        preset = replace(preset, variant=replace(preset.variant, model=options.model.strip()))
    known = {one.name: one for one in variables_of((preset.system, preset.prompt), preset.variables)}
    values: dict[str, Value] = {
        name: value for name, value in example_values(preset).items() if name in known
    }
    for name, text in _pairs(options.values, "--set"):
        values[name] = read_value(known.get(name, Variable(name=name)), text)
    return request_of(preset, values, resolve(preset.variant.model, load_models()))


def _pairs(given: Sequence[str] | None, option: str) -> Iterator[tuple[str, str]]:
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise BadArguments(f"{option} {text!r} has no value. Example: {option} name=value.")
        yield name.strip(), value


# save, import


def _save(options: argparse.Namespace) -> None:
    with _store() as store:
        preset, notes = _of_run(store, options) if options.run_id else (_of_arguments(options), ())
        shelf = store.presets
        there = shelf.named(options.name)
        if there is not None and not there.starter:
            stored = shelf.save(there.preset_id, _kept(preset, there.preset, options))
        else:
            stored = shelf.add(preset)
    if options.json:
        _print_json({**_identity(stored), "name": stored.preset.name, "notes": list(notes)})
        return
    for note in notes:
        _say("save", note)
    _print(f"{stored.preset.name}: version {stored.version} ({stored.preset_id})")


def _kept(preset: Preset, before: Preset, options: argparse.Namespace) -> Preset:
    """The next version: what is said of a preset and not given anew stays."""
    return replace(
        preset,
        description=before.description if options.description is None else preset.description,
        tags=before.tags if options.tag is None else preset.tags,
        notes=before.notes if options.notes is None else preset.notes,
    )


def _of_run(store: RunStore, options: argparse.Namespace) -> tuple[Preset, tuple[str, ...]]:
    record = store.get(options.run_id)
    if record is None:
        raise _NotDone(f"There is no run {options.run_id!r} in the history.")
    resolution = resolve(record.request.model_id, load_models())
    preset, notes = preset_of(record.request, resolution, name=options.name)
    return _described(preset, options), notes


def _of_arguments(options: argparse.Namespace) -> Preset:
    variant, inputs = variant_of(options), inputs_of(options)
    return _described(
        Preset(
            name=options.name,
            variant=variant,
            system=inputs.system,
            prompt=inputs.prompt,
            output_schema=inputs.output_schema,
            tools=inputs.tools,
            tool_choice=inputs.tool_choice,
        ),
        options,
    )


def _described(preset: Preset, options: argparse.Namespace) -> Preset:
    examples = dict(_pairs(options.example, "--example"))
    names = names_in(preset.system, preset.prompt)
    unknown = [name for name in examples if name not in names]
    if unknown:
        raise BadArguments(f"--example {unknown[0]}: the prompt has no variable {{{{{unknown[0]}}}}}.")
    return replace(
        preset,
        description=options.description or "",
        tags=tuple(options.tag or ()),
        notes=options.notes or "",
        variables=tuple(_variable(name, examples.get(name)) for name in names),
    )


def _variable(name: str, example: str | None) -> Variable:
    """A variable that takes what its example is."""
    if example is None:
        return Variable(name=name)
    for kind in ("boolean", "integer", "number"):
        variable = Variable(name=name, type=kind)
        try:
            return replace(variable, example=read_value(variable, example))
        except PresetError:
            continue
    return Variable(name=name, example=example)


def _import(options: argparse.Namespace) -> None:
    try:
        data = options.file.read_bytes()
    except OSError as error:
        raise _NotDone(f"{options.file} cannot be read: {error.strerror}.") from error
    try:
        imported = read_file(options.file.name, data)
    except FileRefused as error:
        raise _NotDone(f"Nothing was imported. {options.file}: {error}") from error
    with _store() as store:
        outcome = store.presets.bring_in(imported.presets, on_conflict=options.on_conflict)
    if options.json:
        _print_json({**_outcome(outcome), "notes": list(imported.notes)})
        return
    for note in imported.notes:
        _say("import", note)
    for key, names in _outcome(outcome).items():
        for name in names:
            _print(f"{key}: {name if isinstance(name, str) else ' is now '.join(name)}")


def _outcome(outcome: ImportOutcome) -> dict[str, list[Any]]:
    return {
        "added": [one.preset.name for one in outcome.added],
        "updated": [one.preset.name for one in outcome.updated],
        "renamed": [list(pair) for pair in outcome.renamed],
        "unchanged": list(outcome.unchanged),
        "skipped": list(outcome.skipped),
    }


# export, schema


def _export(options: argparse.Namespace) -> None:
    if options.format == "list":
        _list_formats(options)
        return
    form = find_format(options.format)
    if bool(options.names) == options.all:
        raise BadArguments("Name the presets to export, or give --all.")
    with _store() as store:
        chosen = [_found(store, name).preset for name in options.names]
        if options.all:
            summaries = store.presets.find(PresetFilter(starters=False))
            chosen = [_found(store, one.preset_id).preset for one in summaries]
    if not chosen:
        raise _NotDone("No preset was saved here yet.")
    if isinstance(form, FileFormat):
        exported = form.write(chosen)
    else:
        if len(chosen) != 1:
            raise BadArguments(f"--format {form.name} says one request; name one preset.")
        (preset,) = chosen
        built = _built(preset, options)
        if built.refusals:
            raise _NotDone(f"It cannot be sent. {' '.join(built.refusals)}")
        source = RequestSource(request=built.request, name=preset.name, region=options.region, preset=preset)
        exported = form.write_request(source)
    stem = file_stem(chosen[0].name) if len(chosen) == 1 else "presets"
    _hand_over(exported, options, suggested=f"{stem}{form.suffix}")


def _list_formats(options: argparse.Namespace) -> None:
    formats = [find_format(name) for name in format_names()]
    if options.json:
        for form in formats:
            _print_json({"format": form.name, "label": form.label, "about": form.about}, indent=None)
        return
    for form in formats:
        _print(f"{form.name:<16} {form.about}")


def _hand_over(exported: Exported, options: argparse.Namespace, *, suggested: str) -> None:
    if options.output is not None:
        _write(options.output, exported.text.encode())
        for file in exported.beside:
            _write(options.output.with_name(file.name), file.data)
    if options.json:
        told: dict[str, Any] = {"format": options.format, "notes": list(exported.notes)}
        if options.output is not None:
            told["file"] = str(options.output)
        else:
            told |= {"file_name": suggested, "text": exported.text}
        if exported.beside:
            # Presets have no attachments: what lies beside is text.
            told["beside"] = {file.name: file.data.decode() for file in exported.beside}
        _print_json(told)
        return
    for note in exported.notes:
        _say("export", note)
    if exported.beside and options.output is None:
        names = ", ".join(file.name for file in exported.beside)
        _say("export", f"It reads {names}, which is not printed here: with --output it is written beside it.")
    if options.output is None:
        # As it is, whatever the terminal: this may be redirected to a file.
        sys.stdout.flush()
        sys.stdout.buffer.write(exported.text.encode())


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise _NotDone(f"{path} cannot be written: {error.strerror}.") from error


def _schema(_options: argparse.Namespace) -> None:
    print(schema_text(), end="")


def _print_json(value: object, *, indent: int | None = 2) -> None:
    # ASCII says everything, whatever the terminal's encoding is.
    print(json.dumps(value, indent=indent))


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    shown = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    print(shown.encode(encoding, "replace").decode(encoding))


def _say(command: str, text: str) -> None:
    print(f"bedrock-playground presets {command}: {_CONTROL.sub('?', text)}", file=sys.stderr)
