#!/bin/sh
# What the tests run exports with: the AWS CLI, LangChain, Strands and the parsers of templates in an environment
# of their own, and the AWS SDK for JavaScript where there is node. Nothing of it is needed to run the app.
set -eu
home=.cache/exports
say() { printf '%s\n' "$*" >&2; }
mkdir -p "$home/node"

sh scripts/setup_apart.sh exports "what exports are tested with (once, about 400 MB)"

if ! command -v npm >/dev/null 2>&1; then
    say "There is no node here: the tests that run JavaScript are skipped."
elif ! cmp -s requirements/node/package-lock.json "$home/node/installed.json"; then
    cp requirements/node/package.json requirements/node/package-lock.json "$home/node/"
    (cd "$home/node" && npm ci --silent --ignore-scripts --no-audit --no-fund)
    cp requirements/node/package-lock.json "$home/node/installed.json"
fi
