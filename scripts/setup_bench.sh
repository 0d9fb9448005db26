#!/bin/sh
# What benchmarks measure beside us, in an environment of its own. Nothing of it is needed to run or to test the app.
set -eu
home=.cache/bench
mkdir -p "$home"
if ! cmp -s requirements/bench.lock "$home/installed.lock"; then
    printf '%s\n' "Installing what benchmarks measure beside (once, about 50 MB) …" >&2
    .venv/bin/uv venv -q --clear --python .venv/bin/python "$home/venv"
    .venv/bin/uv pip install -q --require-hashes --python "$home/venv/bin/python" -r requirements/bench.lock
    cp requirements/bench.lock "$home/installed.lock"
fi
