#!/bin/sh
# Make .venv hold exactly what requirements/$1.lock pins, plus this checkout. Needs Python 3.11+ alone.
set -eu
kind=$1
say() { printf '%s\n' "$*" >&2; }

find_python() {
    # A name on the PATH may be a shim that runs nothing, so each candidate has to answer.
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14 python; do
        [ -n "$name" ] || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s' "$name"
            return
        fi
    done
    say "No Python 3.11 or newer was found. Install one, or name it: make $kind PYTHON=/path/to/python3"
    exit 1
}

make_venv() {
    python=$(find_python)
    "$python" -m venv --clear .venv >/dev/null 2>&1 && return
    # Debian and Ubuntu keep venv's pip in a package of its own.
    if command -v apt-get >/dev/null 2>&1; then
        sudo=""
        [ "$(id -u)" = 0 ] || sudo="sudo"
        say "Installing python3-venv, which this system keeps apart from Python …"
        if $sudo apt-get update -qq && $sudo apt-get install -y -qq python3-venv >/dev/null; then
            "$python" -m venv --clear .venv && return
        fi
    fi
    say "Python's venv module does not work here. Install your system's python3-venv package and try again."
    exit 1
}

[ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || make_venv
if ! .venv/bin/uv --version >/dev/null 2>&1; then
    say "Setting up (once) …"
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
fi
# --inexact: the environment may hold the other kind's packages too; what is pinned is pinned alike.
VIRTUAL_ENV=$PWD/.venv
export VIRTUAL_ENV
.venv/bin/uv pip install -q --require-hashes -r "requirements/$kind.lock"
.venv/bin/uv pip install -q --no-deps -e .
touch ".venv/.$kind"
# What tests need is a superset of what running needs.
[ "$kind" = run ] || touch .venv/.run
