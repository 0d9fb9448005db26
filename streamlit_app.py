"""The app's entry, twice over: the router in a script run, the ASGI app for `streamlit run`.

`streamlit run` serves a script that defines ``app = st.App(…)``; the routes of the live view and the
Content-Security-Policy need one. In a script run (a browser's, or AppTest's) the same file is the router.
"""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def router() -> None:
    """Set the page up, and run the one that the address names."""
    from bedrock_playground.settings import SettingsError
    from components import connection
    from components.resources import get_settings

    assets = Path(__file__).parent / "components" / "assets"
    # Files of our own: Streamlit's icon names are fetched from a font host, which our policy forbids.
    st.set_page_config(page_title="Bedrock Playground", page_icon=str(assets / "icon.svg"), layout="wide")
    st.logo(str(assets / "logo.svg"), icon_image=str(assets / "icon.svg"), size="large")
    # Lanes and tables want the width that Streamlit's wide layout leaves empty.
    css = "[data-testid='stMainBlockContainer'] { padding-inline: clamp(1rem, 1.4vw, 2rem); }"
    if st.context.theme.type == "dark":
        # White stands on the primary colour, which is too dark for words on a dark page: what is chosen is
        # written in the links' colour.
        chosen = "[data-variant][data-selected=true], [data-testid=stTab][aria-selected=true]"
        css += f" :is({chosen}) p {{ color: {st.get_option('theme.dark.linkColor')}; }}"
    st.html(f"<style>{css}</style>")
    page = st.navigation({
        "Playground": [
            st.Page(
                "pages/playground/compare.py",
                title="Compare",
                icon=":material/compare:",
                default=True,
                help="One prompt, up to eight variants, side by side and live.",
            ),
            st.Page(
                "pages/playground/patterns.py",
                title="Patterns",
                icon=":material/account_tree:",
                help="Several calls that answer as one: routing, cascades, votes, fallbacks, chains.",
            ),
            st.Page(
                "pages/playground/evaluate.py",
                title="Evaluate",
                icon=":material/leaderboard:",
                help="Contenders on labelled cases: cost, latency and accuracy, measured.",
            ),
        ],
        "Choose": [
            st.Page(
                "pages/choose/models.py",
                title="Models",
                icon=":material/view_list:",
                help="Every model there is: what it takes, what it costs, how it compares.",
            ),
            st.Page(
                "pages/choose/which_model.py",
                title="Which model?",
                icon=":material/rule:",
                help="Describe the job: see which models fit it, and why.",
            ),
            st.Page(
                "pages/choose/planner.py",
                title="Planner",
                icon=":material/calculate:",
                help="What your traffic costs a month, by model and mode; break-evens, mixes, quotas.",
            ),
        ],
        "Workspace": [
            st.Page(
                "pages/workspace/presets.py",
                title="Presets",
                icon=":material/bookmarks:",
                help="Settings and prompts worth keeping: open, share, take away.",
            ),
            st.Page(
                "pages/workspace/data_sets.py",
                title="Data sets",
                icon=":material/dataset:",
                help="Questions with known answers: what models are measured on.",
            ),
            st.Page(
                "pages/workspace/history.py",
                title="History",
                icon=":material/history:",
                help="Every run that was made: find it, open it, take it away.",
            ),
            st.Page(
                "pages/workspace/analytics.py",
                title="Analytics",
                icon=":material/monitoring:",
                help="All runs together: cost, speed, errors, caches, votes and settings.",
            ),
            st.Page(
                "pages/workspace/connection.py",
                title="Connection",
                icon=":material/cable:",
                help="Where calls go, as whom, and what they may do there.",
            ),
        ],
    })  # fmt: skip
    try:
        get_settings()
    except SettingsError as error:
        st.error(f"**A setting cannot be used.** {error} Change it and restart.", icon=":material/error:")
        st.stop()
    connection.sidebar()
    page.run()


if get_script_run_ctx(suppress_warning=True) is not None:
    router()
else:
    from streamlit.runtime.pages_manager import PagesManager

    from components.asgi import middleware, routes
    from components.warm_up import lifespan

    # A folder named "pages" makes Streamlit 1.67 look for pages there until the router has run once: the
    # first address opened after a start is not found, unless it is home. st.navigation sets the same.
    PagesManager.uses_pages_directory = False
    app = st.App(__file__, routes=routes(), middleware=middleware(), lifespan=lifespan)
