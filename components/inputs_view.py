"""What goes to every variant beside the prompt: files, a JSON schema for the answer, tools."""

from __future__ import annotations

from io import BytesIO

import streamlit as st

from bedrock_playground.invocation.attachments import (
    DOCUMENT_EXTENSIONS,
    IMAGE_EXTENSIONS,
    AttachmentRefused,
    attachment_of,
    attachment_words,
)
from bedrock_playground.invocation.values import ImageBlock
from components import inputs_state
from components.inputs_examples import SCHEMAS, TOOLS
from components.words import plain

_PROBLEMS = "attachment_problems"
_ROUND = "attachment_round"
_MAX_UPLOAD_MB = 5
_THUMBNAIL = 64
_WIDTH = 440
_CHOICES = {
    "": "Left to the model (nothing is sent)",
    "auto": "auto: the model chooses",
    "any": "any: it must call one",
}


def input_popovers() -> None:
    """Draw the buttons that open the three editors."""
    files = len(inputs_state.attachments())
    label = f"Files · {files}" if files else "Files"
    with st.popover(label, icon=":material/attach_file:", key="files_popover"), st.container(width=_WIDTH):
        _files()
    label = "JSON ✓" if st.session_state.get(inputs_state.SCHEMA_ON) else "JSON"
    with st.popover(label, icon=":material/data_object:", key="schema_popover"), st.container(width=_WIDTH):
        _schema()
    tools = len(inputs_state.tool_ids())
    label = f"Tools · {tools}" if tools else "Tools"
    with st.popover(label, icon=":material/build:", key="tools_popover"), st.container(width=_WIDTH):
        _tools()


# Files


def _files() -> None:
    key = f"files_{st.session_state.get(_ROUND, 0)}"
    st.file_uploader(
        "Images and documents for all variants",
        [*IMAGE_EXTENSIONS, *DOCUMENT_EXTENSIONS],
        accept_multiple_files=True,
        key=key,
        max_upload_size=_MAX_UPLOAD_MB,
        on_change=_take_files,
        args=(key,),
        help="Up to 20 images of 3.75 MB (PNG, JPEG, GIF, WebP) and 5 documents of 4.5 MB. A model that "
        "cannot take them sits out.",
    )
    for problem in st.session_state.get(_PROBLEMS, ()):
        st.error(plain(problem), icon=":material/block:")
    for place, block in enumerate(inputs_state.attachments()):
        with st.container(horizontal=True, vertical_alignment="center", key=f"attachment_{place}"):
            picture = _thumbnail(block.data) if isinstance(block, ImageBlock) else None
            if picture is not None:
                st.image(picture, width=_THUMBNAIL, alt="The attached image")
            else:
                st.markdown(":material/draft:", width="content")
            st.text(attachment_words(block))
            st.button(
                "Remove",
                key=f"remove_attachment_{place}",
                icon=":material/close:",
                type="tertiary",
                on_click=_remove_file,
                args=(place,),
            )


def _take_files(key: str) -> None:
    """Keep what was uploaded; what cannot be sent says so, and the rest stays."""
    kept = list(inputs_state.attachments())
    problems = []
    for file in st.session_state.get(key) or ():
        try:
            kept.append(attachment_of(file.name, file.getvalue(), beside=kept))
        except AttachmentRefused as refused:
            problems.append(str(refused))
    inputs_state.set_attachments(kept)
    st.session_state[_PROBLEMS] = tuple(problems)
    # A new uploader, and an empty one: the files are kept by us now, so that they outlive a page switch.
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _remove_file(place: int) -> None:
    blocks = inputs_state.attachments()
    inputs_state.set_attachments([*blocks[:place], *blocks[place + 1 :]])
    st.session_state[_PROBLEMS] = ()


@st.cache_data(show_spinner=False, max_entries=100)
def _thumbnail(data: bytes) -> bytes | None:
    """Draw an image small; ``None`` where it cannot be read: the model may still be able to."""
    from PIL import Image  # noqa: PLC0415 - only where there is an image

    try:
        with Image.open(BytesIO(data)) as image:
            image.thumbnail((2 * _THUMBNAIL, 2 * _THUMBNAIL))
            small = BytesIO()
            image.convert("RGBA").save(small, "PNG")
    except Exception:  # noqa: BLE001 - a broken or enormous image has no thumbnail, whatever its defect
        return None
    return small.getvalue()


# JSON schema


def _schema() -> None:
    st.session_state.setdefault(
        inputs_state.SCHEMA, inputs_state.schema_as_text(next(iter(SCHEMAS.values())))
    )
    st.toggle(
        "Answer in JSON that follows a schema",
        key=inputs_state.SCHEMA_ON,
        persist_state="session",
        help="Sent as outputConfig.textFormat. The answer is held against the schema and shown as a tree.",
    )
    st.text_area(
        "JSON schema",
        key=inputs_state.SCHEMA,
        height=260,
        persist_state="session",
        disabled=not st.session_state.get(inputs_state.SCHEMA_ON),
    )
    problem = inputs_state.schema_problem(inputs_state.read_inputs())
    if problem:
        st.error(plain(problem), icon=":material/block:")
    st.menu_button(
        "Example schemas",
        list(SCHEMAS),
        icon=":material/lightbulb:",
        key="schema_examples",
        on_click=_use_schema,
    )


def _use_schema() -> None:
    name = st.session_state["schema_examples"]
    if name in SCHEMAS:
        st.session_state[inputs_state.SCHEMA] = inputs_state.schema_as_text(SCHEMAS[name])
        st.session_state[inputs_state.SCHEMA_ON] = True


# Tools


def _tools() -> None:
    st.caption(
        "A model may ask for one of these to be called. You answer its call below the lane, and it goes on."
    )
    for number in inputs_state.tool_ids():
        _tool(number)
    st.menu_button("Add a tool", list(TOOLS), icon=":material/add:", key="add_tool", on_click=_add_tool)
    if inputs_state.tool_ids():
        names = [tool.name for tool in inputs_state.tool_definitions() if tool.name]
        choices = list(dict.fromkeys([*_CHOICES, *names]))
        if st.session_state.get(inputs_state.TOOL_CHOICE) not in choices:
            # The tool that was chosen has another name now, or is gone.
            st.session_state[inputs_state.TOOL_CHOICE] = ""
        st.selectbox(
            "Tool choice",
            choices,
            format_func=lambda choice: _CHOICES.get(choice, f"{choice}: it must call this one"),
            key=inputs_state.TOOL_CHOICE,
            persist_state="session",
            help="Not every model takes each of these: what is left out is shown before the run.",
        )


def _tool(number: int) -> None:
    definition = inputs_state.tool_definitions()[inputs_state.tool_ids().index(number)]
    with st.expander(plain(definition.name) or "A tool without a name", key=f"tool_{number}"):
        st.text_input(
            "Name", key=inputs_state.tool_key(number, "name"), persist_state="session", max_chars=64
        )
        st.text_area(
            "What it does, for the model",
            key=inputs_state.tool_key(number, "description"),
            persist_state="session",
            height=68,
        )
        st.text_area(
            "JSON schema of its arguments",
            key=inputs_state.tool_key(number, "schema"),
            persist_state="session",
            height=160,
        )
        if isinstance(definition.input_schema, str):
            st.error(
                "The schema is not a JSON object, so no variant can be sent it.", icon=":material/block:"
            )
        st.text_area(
            "Canned result (optional)",
            key=inputs_state.tool_key(number, "canned"),
            persist_state="session",
            height=68,
            help="Stands ready when the model calls the tool. Text or JSON; change it before you send it.",
        )
        st.button(
            "Remove this tool",
            key=f"remove_tool_{number}",
            icon=":material/delete:",
            on_click=inputs_state.remove_tool,
            args=(number,),
        )


def _add_tool() -> None:
    name = st.session_state["add_tool"]
    if name in TOOLS:
        inputs_state.add_tool(TOOLS[name])
