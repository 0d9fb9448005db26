#!/bin/sh
# Tests drive a real Chromium and a real PostgreSQL; here they come from the system's own packages.
set -eu
say() { printf '%s\n' "$*" >&2; }

have_chromium() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }
have_postgres() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

missing=""
have_chromium || missing="$missing chromium"
have_postgres || missing="$missing postgresql"
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    say "Installing$missing from the system's packages …"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086  # the words are package names
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq $missing fonts-noto-color-emoji >/dev/null
elif command -v brew >/dev/null 2>&1; then
    for package in $missing; do
        [ "$package" = chromium ] && brew install --cask chromium || brew install "$package"
    done
fi
if ! have_chromium || ! have_postgres; then
    say "The tests need$missing, and it could not be installed here. Install it by hand and try again."
    exit 1
fi
