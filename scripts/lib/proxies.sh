# shellcheck shell=bash
# Caddy, which the tests start with deploy/Caddyfile as they start nginx with deploy/nginx.conf: found, or installed as Debian's caddy.
# Needs common.sh, packages.sh and tools.sh.

# find_caddy: sets and exports TEST_CADDY.
find_caddy() {
    if [ -n "${TEST_CADDY:-}" ]; then
        say "using the Caddy of TEST_CADDY"
        return
    fi
    if ! TEST_CADDY=$(find_program caddy); then
        # Its package would start a server for the whole machine.
        RUNLEVEL=1 install_packages caddy
        TEST_CADDY=$(find_program caddy) || fail "caddy was installed, but is nowhere"
    fi
    export TEST_CADDY
    say "Caddy is $TEST_CADDY"
}
