"""Taking one preset away: in every format that there is, with what a format cannot hold."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.catalog.variant import BuiltRequest
from bedrock_playground.history import StoredPreset
from bedrock_playground.presets import FileRefused
from bedrock_playground.presets.files import file_stem
from bedrock_playground.presets.formats import (
    Exported,
    FileFormat,
    Format,
    RequestSource,
    find_format,
    format_names,
)
from components.words import plain


def export_view(
    stored: StoredPreset, built: BuiltRequest | None, *, region: str | None, endpoint_url: str | None
) -> None:
    """Draw the choice of a format, what it makes, and the button that takes it away.

    Args:
        stored: The preset.
        built: The request that it makes with the values of now; ``None`` where it makes none.
        region: The Region called.
        endpoint_url: An endpoint other than AWS's own.
    """
    labels = {name: find_format(name).label for name in format_names()}
    name = st.selectbox(
        "Format", list(labels), format_func=labels.__getitem__, key="preset_export_format", width=360
    )
    form = find_format(name)
    st.caption(form.about)
    source = None
    if built is not None:
        source = RequestSource(
            request=built.request,
            name=stored.preset.name,
            region=region,
            endpoint_url=endpoint_url,
            preset=stored.preset,
        )
    try:
        exported = _written(form, stored, source)
    except FileRefused as refused:
        st.error(plain(str(refused)), icon=":material/block:")
        return
    if exported is None:
        st.info("Fill in the variables on the Request tab first: this format says one request.")
        return
    for words in exported.notes:
        st.caption(f":orange[:material/info: {plain(words)}]")
    st.download_button(
        f"Download {labels[name]}",
        exported.text,
        f"{file_stem(stored.preset.name)}{form.suffix}",
        form.mime,
        key=f"preset_download_{name}",
        icon=":material/download:",
        on_click="ignore",
    )
    st.code(exported.text, language=form.language, wrap_lines=True, height=420)
    for file in exported.beside:
        text = file.data.decode()
        st.caption(f"It reads `{file.name}`, beside it:")
        st.code(text, language=file.language, wrap_lines=True)
        st.download_button(
            f"Download {file.name}",
            text,
            file.name,
            key=f"preset_beside_{name}_{file.name}",
            icon=":material/download:",
            on_click="ignore",
        )


def _written(form: Format, stored: StoredPreset, source: RequestSource | None) -> Exported | None:
    if isinstance(form, FileFormat):
        return form.write([stored.preset])
    return form.write_request(source) if source is not None else None
