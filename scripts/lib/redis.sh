# shellcheck shell=bash
# The Redis of the tests: found, or installed as Debian's redis-server. Needs common.sh, packages.sh and
# tools.sh.

# find_redis: sets and exports TEST_REDIS_SERVER. The tests start servers of their own with it, each on a socket in a
# temporary folder: they take them away, too.
find_redis() {
    if [ -n "${TEST_REDIS_SERVER:-}" ]; then
        say "using the Redis of TEST_REDIS_SERVER"
        return
    fi
    TEST_REDIS_SERVER=$(find_program redis-server) || TEST_REDIS_SERVER=
    if [ -z "$TEST_REDIS_SERVER" ]; then
        # Its package would start a server for the whole machine.
        RUNLEVEL=1 install_packages redis-server
        TEST_REDIS_SERVER=$(find_program redis-server) || fail "redis-server was installed, but is nowhere"
    fi
    case $TEST_REDIS_SERVER in
    "$unpacked"/*) write_unpacked_redis ;;
    esac
    export TEST_REDIS_SERVER
    say "Redis is $TEST_REDIS_SERVER"
}

# Hands the unpacked libraries to Redis alone, not to the tests.
write_unpacked_redis() {
    local program=$TEST_REDIS_SERVER
    TEST_REDIS_SERVER=$services_cache/redis-server
    {
        echo '#!/usr/bin/env bash'
        printf 'export LD_LIBRARY_PATH=%q\n' "$(unpacked_libraries)"
        printf 'exec %q "$@"\n' "$program"
    } >"$TEST_REDIS_SERVER"
    chmod +x "$TEST_REDIS_SERVER"
}
