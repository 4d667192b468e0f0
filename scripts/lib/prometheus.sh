# shellcheck shell=bash
# Prometheus and promtool, which check metrics and alerts: found, or installed as Debian's prometheus. Needs common.sh, packages.sh
# and tools.sh.

# find_prometheus: sets and exports TEST_PROMETHEUS and TEST_PROMTOOL. The tests start servers of their own.
find_prometheus() {
    if [ -n "${TEST_PROMETHEUS:-}" ]; then
        say "using the Prometheus of TEST_PROMETHEUS"
        return
    fi
    if ! locate_prometheus; then
        # Its package would start a server for the whole machine.
        RUNLEVEL=1 install_packages prometheus
        locate_prometheus || fail "prometheus was installed, but it or promtool is nowhere"
    fi
    export TEST_PROMETHEUS TEST_PROMTOOL
    say "Prometheus is $TEST_PROMETHEUS"
}

locate_prometheus() {
    TEST_PROMETHEUS=$(find_program prometheus) && TEST_PROMTOOL=$(find_program promtool)
}
