#!/bin/sh
# Tests drive a real Chromium, a real PostgreSQL and curl; here they come from the system's own packages.
set -eu
say() { printf '%s\n' "$*" >&2; }

# On Ubuntu, chromium-browser may be a stub that only says that a snap is needed: ask it for its version.
answers() {
    command -v "$1" >/dev/null 2>&1 || return 1
    if command -v timeout >/dev/null 2>&1; then
        timeout 20 "$1" --version </dev/null >/dev/null 2>&1
    else
        "$1" --version </dev/null >/dev/null 2>&1
    fi
}
have_chromium() { answers chromium || answers chromium-browser || answers google-chrome; }
have_postgres() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
find_missing() {
    missing=""
    have_chromium || missing="$missing chromium"
    have_postgres || missing="$missing postgresql"
    # What is exported to curl is run by it.
    command -v curl >/dev/null 2>&1 || missing="$missing curl"
}

find_missing
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    say "Installing$missing from the system's packages …"
    $sudo apt-get update -qq
    # One by one: where there is no chromium (on Ubuntu it is a snap), PostgreSQL is still installed.
    for package in $missing fonts-noto-color-emoji; do
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null ||
            say "The package $package could not be installed."
    done
elif command -v brew >/dev/null 2>&1; then
    for package in $missing; do
        [ "$package" = chromium ] && brew install --cask chromium || brew install "$package"
    done
fi

find_missing
if [ -n "$missing" ]; then
    say "The tests need$missing, and it could not be installed here. Install it by hand and try again."
    case "$missing" in
    *chromium*) say "Where chromium is only a snap, as on Ubuntu, google-chrome does as well." ;;
    esac
    exit 1
fi
