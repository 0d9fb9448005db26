#!/bin/sh
# Install what is not needed to run the app in an environment of its own: .cache/NAME/venv, from
# requirements/NAME.lock. What is there already stays.
set -eu
name=$1
words=$2
home=.cache/$name
mkdir -p "$home"
if ! cmp -s "requirements/$name.lock" "$home/installed.lock"; then
    printf '%s\n' "Installing $words …" >&2
    .venv/bin/uv venv -q --clear --python .venv/bin/python "$home/venv"
    .venv/bin/uv pip install -q --require-hashes --python "$home/venv/bin/python" -r "requirements/$name.lock"
    cp "requirements/$name.lock" "$home/installed.lock"
fi
