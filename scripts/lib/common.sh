# shellcheck shell=bash
# What every script needs: where the repository is, messages, folders and ports that are free.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-$repository/target}")
# What is downloaded without root is kept here, so that `cargo clean` takes it along.
services_cache=$target_dir/services

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# Commands to run when the script ends, however it ends; the latest first.
cleanup_commands=()

# at_exit COMMAND ARGUMENT…
at_exit() { cleanup_commands=("$(printf '%q ' "$@")" "${cleanup_commands[@]}"); }

run_cleanup() {
    local status=$? command
    # What ends the script once must not cut its cleaning short.
    trap '' INT TERM HUP
    trap - EXIT
    for command in "${cleanup_commands[@]}"; do
        eval "$command" || true
    done
    exit "$status"
}

# A signal ends the script through `exit`, so that the cleaning runs in every case.
clean_up_at_exit() {
    trap run_cleanup EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# interruptible COMMAND ARGUMENT…: runs it so that a signal to the script alone ends it too. In a terminal the foreground is
# what Ctrl-C reaches; elsewhere bash would see a signal only after the command's end, were it not in the background.
interruptible() {
    if [ -t 0 ]; then
        "$@"
        return
    fi
    local child status=0
    set -m
    "$@" &
    child=$!
    set +m
    at_exit kill_group "$child"
    wait "$child" || status=$?
    return "$status"
}

# kill_group LEADER: ends a process group and waits for its leader.
kill_group() {
    kill -TERM -- "-$1" 2>/dev/null || return 0
    wait "$1" 2>/dev/null
}

# A port of 127.0.0.1 on which nothing listens. Another program may take it before it is used: callers try again.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s\n' "$port"
            return
        fi
    done
}
