#!/bin/sh
# Pin every dependency, for every platform and Python that we support, with hashes and without naming an index.
set -eu
compile() {
    .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$@"
}
echo uv | compile --upgrade -o requirements/bootstrap.lock -
compile --upgrade --extra local -o requirements/run.lock pyproject.toml
compile --upgrade --all-extras -c requirements/run.lock -o requirements/dev.lock pyproject.toml
# The catalogue's sources, in an environment of their own; their versions are chosen by hand.
compile --upgrade -o requirements/catalog.lock requirements/catalog.in
compile --upgrade --no-deps -o requirements/catalog-data.lock requirements/catalog-data.in
# What exported code is tested with, in an environment of its own as well.
compile --upgrade -o requirements/exports.lock requirements/exports.in
# What we are measured beside, likewise.
compile --upgrade -o requirements/bench.lock requirements/bench.in
if command -v npm >/dev/null 2>&1; then
    # Without the registry's addresses: they say where this machine gets its packages.
    (cd requirements/node && npm update --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund)
fi
