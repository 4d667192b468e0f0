# shellcheck shell=bash
# The browser that tests look at pages with: found, or installed as Debian's Chromium.
# Needs common.sh and packages.sh.

# find_browser: sets and exports TEST_BROWSER, a program that takes Chromium's arguments.
find_browser() {
    if [ -n "${TEST_BROWSER:-}" ]; then
        say "using the browser of TEST_BROWSER"
        return
    fi
    if ! locate_browser; then
        install_packages chromium
        locate_browser || fail "Chromium was installed, but nothing of it runs"
    fi
    export TEST_BROWSER
    say "the browser is $TEST_BROWSER"
}

# Looks in PATH, and where it was unpacked.
locate_browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        TEST_BROWSER=$(command -v "$name") && return
    done
    [ -x "$unpacked/usr/lib/chromium/chromium" ] || return 1
    TEST_BROWSER=$services_cache/chromium
    write_unpacked_browser "$TEST_BROWSER"
    # An interrupted installation leaves it without its libraries.
    "$TEST_BROWSER" --version >/dev/null 2>&1
}

# The packaged start script knows only where root would have put things. This one hands the unpacked libraries (those of
# PulseAudio have a folder of their own) to Chromium alone, not to the tests; where the machine has no fonts, it finds the
# unpacked ones.
write_unpacked_browser() {
    local -a private=("$unpacked"/usr/lib/*-linux-gnu/pulseaudio)
    {
        echo '#!/usr/bin/env bash'
        printf 'export LD_LIBRARY_PATH=%q\n' "$(unpacked_libraries):${private[0]}"
        if [ ! -e /etc/fonts/fonts.conf ]; then
            printf 'export FONTCONFIG_FILE=%q XDG_DATA_HOME=%q\n' "$unpacked/etc/fonts/fonts.conf" "$unpacked/usr/share"
        fi
        printf 'exec %q "$@"\n' "$unpacked/usr/lib/chromium/chromium"
    } >"$1"
    chmod +x "$1"
}
