# shellcheck shell=bash
# PgBouncer, the connection pooler: found, or installed as Debian's pgbouncer. Needs common.sh, packages.sh and tools.sh.

# find_pgbouncer: sets and exports TEST_PGBOUNCER and TEST_PGBOUNCER_LIBRARIES. The tests start poolers of their own with it.
find_pgbouncer() {
    if [ -n "${TEST_PGBOUNCER:-}" ]; then
        say "using the PgBouncer of TEST_PGBOUNCER"
        return
    fi
    TEST_PGBOUNCER=$(find_program pgbouncer) || TEST_PGBOUNCER=
    if [ -z "$TEST_PGBOUNCER" ]; then
        # Its package would start a pooler for the whole machine.
        RUNLEVEL=1 install_packages pgbouncer
        TEST_PGBOUNCER=$(find_program pgbouncer) || fail "pgbouncer was installed, but is nowhere"
    fi
    TEST_PGBOUNCER_LIBRARIES=${LD_LIBRARY_PATH-}
    case $TEST_PGBOUNCER in
    "$unpacked"/*) TEST_PGBOUNCER_LIBRARIES=$(unpacked_libraries) ;;
    esac
    export TEST_PGBOUNCER TEST_PGBOUNCER_LIBRARIES
    say "PgBouncer is $TEST_PGBOUNCER"
}
