"""From the arguments of `bedrock-playground evaluate` to what is run, or to what is wrong with them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from bedrock_playground.catalog.embeddings import is_embedding_model
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.cli.compare_requests import BadArguments, dollars
from bedrock_playground.evaluation.asking import missing_inputs
from bedrock_playground.evaluation.builtin import builtin_sets
from bedrock_playground.evaluation.datasets import DataSetRefused, Problems, guess, prepare, read_file
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec, SpecRefused
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history import RunStore
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.patterns.codec import MemberRefused, member_from_json
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.patterns.ranking import Ranking
from bedrock_playground.presets.template import names_in

BUILTIN = "builtin:"
"""What the name of a data set begins with that comes with the program."""
_TOLD = 5
Say = Callable[[str], None]
"""Tells the user something that is worth knowing."""


def read_data_set(options: argparse.Namespace, say: Say) -> DataSet:
    """Read the data set.

    Raises:
        BadArguments: It cannot be read, or has no case.
    """
    name = str(options.file)
    if name.startswith(BUILTIN):
        return _builtin(name.removeprefix(BUILTIN))
    path = Path(name)
    try:
        table = read_file(path.name, path.read_bytes())
        made = prepare(table, guess(table.columns))
    except OSError as error:
        raise BadArguments(f"{name} cannot be read: {error.strerror or error}.") from error
    except DataSetRefused as error:
        raise BadArguments(f"{name}: {error}") from error
    for problem in _told(made.problems):
        say(problem)
    if not made.cases:
        raise BadArguments(f"{name} has no case that can be asked.")
    return DataSet(data_set_id="", name=path.stem[:120], cases=made.cases)


def _builtin(name: str) -> DataSet:
    known = {one.name: one for one in builtin_sets().values()}
    wanted = _plain(name)
    for title, one in known.items():
        if wanted in {_plain(title), _plain(one.task)}:
            return one
    raise BadArguments(f"There is no data set {name!r}. There are: {', '.join(known)}.")


def _plain(name: str) -> str:
    return " ".join(name.replace("-", " ").replace("_", " ").split()).casefold()


def _told(problems: Problems) -> Iterator[str]:
    for problem in problems.listed[:_TOLD]:
        place = problem.place("row")
        yield f"{place}: {problem.message}" if place else problem.message
    if len(problems) > _TOLD:
        yield f"{len(problems) - _TOLD:,} more like these."


def read_spec(
    options: argparse.Namespace, data_set: DataSet, *, data_set_id: str, store: RunStore
) -> EvaluationSpec:
    """Make what is run.

    Raises:
        BadArguments: It cannot be run.
    """
    first = data_set.cases[0]
    members = [_contender(text, options, first=first, store=store) for text in options.contender or ()]
    if not members:
        raise BadArguments("--contender is missing. Give a model id, a preset's name or a pattern's file.")
    scorers = options.scorer if options.scorer is not None else _usual_scorers(data_set)
    try:
        spec = EvaluationSpec(
            name=options.name or data_set.name,
            data_set_id=data_set_id,
            contenders=_lettered(members),
            scorers=tuple(scorers),
            prompt=options.prompt or data_set.prompt or _usual_prompt(first),
            system=options.system if options.system is not None else data_set.system,
            output_schema=data_set.output_schema,
            repeat=options.repeat,
            seed=options.seed,
            sample=options.sample,
            concurrency=options.concurrency,
            requests_per_minute=options.requests_per_minute,
            tokens_per_minute=options.tokens_per_minute,
            max_cost=read_dollars(options.max_cost),
            stream=not options.no_stream,
        )
    except SpecRefused as error:
        raise BadArguments(str(error)) from error
    for name, missing in missing_inputs(spec, first).items():
        inputs = ", ".join(first.inputs)
        raise BadArguments(
            f"{name}: the prompt names {', '.join(missing)}, which the cases lack. They have: {inputs}."
        )
    return spec


def read_dollars(text: str | None) -> Decimal | None:
    """Read ``--max-cost``.

    Raises:
        BadArguments: It is no amount.
    """
    if text is None:
        return None
    amount = dollars(text)
    if amount is None:
        raise BadArguments("--max-cost must be an amount of US dollars of at least 0. Example: 0.50.")
    return amount


def _contender(text: str, options: argparse.Namespace, *, first: Case, store: RunStore) -> Contender:
    """A contender without its letter."""
    path = Path(text)
    if path.suffix == ".json":
        member = _pattern(path)
        return Contender(label="-", name=member.title, member=member)
    stored = store.presets.named(text)
    if stored is None and is_embedding_model(text):
        # It writes nothing, so that every answer would be wrong: it ranks the passages of a case.
        return Contender(label="-", name=text, member=Ranking(embedding_model=text))
    if stored is None:
        variant = Variant(model=text, temperature=options.temperature, max_tokens=options.max_tokens)
        return Contender(label="-", name=text, member=Solo(variant=variant))
    preset = stored.preset
    # Its own templates, as far as the cases can fill them.
    fits = preset.prompt and set(names_in(preset.prompt, preset.system)) <= set(first.inputs)
    return Contender(
        label="-",
        name=preset.name,
        member=Solo(variant=preset.variant, name=preset.name),
        prompt=preset.prompt if fits and options.prompt is None else None,
        system=preset.system if fits and options.system is None else None,
        preset_id=stored.preset_id,
        preset_version=stored.version,
    )


def _pattern(path: Path) -> Member:
    try:
        return member_from_json(strict_json(path.read_bytes()))
    except OSError as error:
        raise BadArguments(f"{path} cannot be read: {error.strerror or error}.") from error
    except (MemberRefused, ValueError) as error:
        raise BadArguments(f"{path}: {error}") from error


def _lettered(contenders: Sequence[Contender]) -> tuple[Contender, ...]:
    """Give each its letter, and a name of its own where two have one."""
    names = [one.name for one in contenders]
    made = []
    for index, one in enumerate(contenders):
        label = chr(ord("A") + index) if index < 26 else f"Z{index}"
        name = f"{one.name} ({label})" if names.count(one.name) > 1 else one.name
        made.append(replace(one, label=label, name=name))
    return tuple(made)


def _usual_prompt(first: Case) -> str:
    """The prompt of a set that has none: its only input, or one that is called so."""
    if len(first.inputs) == 1:
        return "{{" + next(iter(first.inputs)) + "}}"
    for name in ("prompt", "question", "input"):
        if name in first.inputs:
            return "{{" + name + "}}"
    raise BadArguments(
        f"--prompt is missing: the cases have {', '.join(first.inputs)}. Example: '{{{{text}}}}'."
    )


def _usual_scorers(data_set: DataSet) -> tuple[str, ...]:
    if data_set.scorers:
        return data_set.scorers
    labelled = any(case.accepted for case in data_set.cases)
    return ("normalised",) if labelled else ()
