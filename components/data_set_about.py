"""What goes with cases: prompt template, system prompt, scorers, task, words; shown, and in fields."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from bedrock_playground.evaluation.values import DataSet
from bedrock_playground.history import StoredDataSet
from bedrock_playground.presets.template import names_in
from components.data_set_words import TASKS, task_words
from components.scorer_picker import scorer_help, scorer_picker, scorer_title
from components.words import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What goes with cases, as the fields say it."""

    task: str
    prompt: str
    system: str
    scorers: tuple[str, ...]
    description: str
    origin: str
    output_schema: str
    problems: tuple[str, ...]
    """Why it cannot be saved so."""

    def put_on(self, data_set: DataSet) -> DataSet:
        """The data set with this."""
        return replace(
            data_set,
            task=self.task,
            prompt=self.prompt,
            system=self.system or None,
            scorers=self.scorers,
            description=self.description.strip(),
            origin=self.origin.strip(),
            output_schema=self.output_schema.strip() or None,
        )


def about_view(one: StoredDataSet) -> None:
    """Show what goes with a data set's cases."""
    texts, words = st.columns([3, 2], gap="medium")
    with texts:
        for label, text in (("Prompt template", one.prompt), ("System prompt", one.system)):
            if text:
                st.caption(label)
                st.code(text, language=None, wrap_lines=True)
        if not one.prompt:
            st.caption("It has no prompt template; Evaluate asks for one.")
        if one.output_schema:
            with st.expander("JSON schema for the answers"):
                st.code(one.output_schema, language="json", wrap_lines=True)
    with words:
        st.caption("Scorers that fit")
        for text in one.scorers:
            st.markdown(f"**{plain(scorer_title(text))}**  \n:small[{plain(scorer_help(text))}]")
        if not one.scorers:
            st.markdown(":gray[None named yet.]")
        st.caption("Where it comes from")
        st.markdown(plain(one.origin) or ":gray[Nobody said.]")


def about_fields(key: str, start: DataSet) -> About:
    """Draw the fields of what goes with cases.

    Args:
        key: What the fields' keys begin with; another one begins anew.
        start: What the fields say first.
    """
    variables = tuple(dict.fromkeys(name for case in start.cases[:50] for name in case.inputs))
    names = ", ".join(f"`{{{{{name}}}}}`" for name in variables)
    prompt = st.text_area(
        "Prompt template",
        start.prompt,
        key=f"{key}_prompt",
        height=110,
        help=f"What each case is asked; its inputs are put in: {names}" if names else None,
    )
    problems = _unfilled(prompt, variables) if variables else []
    scorers, wrong = scorer_picker(f"{key}_scorers", suggested=start.scorers)
    with st.expander("More: system prompt, task, description, origin, JSON schema"):
        system = st.text_area("System prompt", start.system or "", key=f"{key}_system", height=80)
        task = st.selectbox(
            "Task",
            list(dict.fromkeys([*TASKS, start.task])),
            format_func=task_words,
            index=list(dict.fromkeys([*TASKS, start.task])).index(start.task),
            key=f"{key}_task",
            width=300,
        )
        description = st.text_input("What it is for", start.description, key=f"{key}_description")
        origin = st.text_input(
            "Where it comes from",
            start.origin,
            key=f"{key}_origin",
            placeholder="Who wrote it, under which terms",
        )
        schema = st.text_area(
            "JSON schema for the answers", start.output_schema or "", key=f"{key}_schema", height=80
        )
    problems += _unfilled(system, variables) if variables else []
    for problem in dict.fromkeys(problems):
        st.caption(f":red[:material/error: {plain(problem)}]")
    return About(
        task=task,
        prompt=prompt,
        system=system,
        scorers=scorers,
        description=description,
        origin=origin,
        output_schema=schema,
        problems=(*dict.fromkeys(problems), *wrong),
    )


def _unfilled(template: str, variables: tuple[str, ...]) -> list[str]:
    missing = [name for name in names_in(template) if name not in variables]
    return [f"“{{{{{name}}}}}” is no input of these cases." for name in missing]
