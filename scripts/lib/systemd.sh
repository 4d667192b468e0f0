# shellcheck shell=bash
# systemd-analyze, which checks the units of deploy: found, or installed as Debian's systemd. Needs common.sh, packages.sh and tools.sh.

# find_systemd_analyze: sets and exports TEST_SYSTEMD_ANALYZE and TEST_SYSTEMD_LIBRARIES. Nothing of systemd is started.
find_systemd_analyze() {
    if [ -n "${TEST_SYSTEMD_ANALYZE:-}" ]; then
        say "using the systemd-analyze of TEST_SYSTEMD_ANALYZE"
        return
    fi
    if ! TEST_SYSTEMD_ANALYZE=$(find_program systemd-analyze); then
        install_packages systemd
        TEST_SYSTEMD_ANALYZE=$(find_program systemd-analyze) || fail "systemd was installed, but systemd-analyze is nowhere"
    fi
    TEST_SYSTEMD_LIBRARIES=${LD_LIBRARY_PATH-}
    case $TEST_SYSTEMD_ANALYZE in
    "$unpacked"/*) TEST_SYSTEMD_LIBRARIES=$(unpacked_libraries):$(echo "$unpacked"/usr/lib/*-linux-gnu/systemd "$unpacked"/lib/systemd | tr ' ' ':') ;;
    esac
    export TEST_SYSTEMD_ANALYZE TEST_SYSTEMD_LIBRARIES
    say "systemd-analyze is $TEST_SYSTEMD_ANALYZE"
}
