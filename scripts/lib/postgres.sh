# shellcheck shell=bash
# A private PostgreSQL: found or installed, started on a free port of 127.0.0.1, removed at the end.
# Needs common.sh and packages.sh.

postgres_bin=     # the folder of initdb, pg_ctl, postgres, psql and pgbench
postgres_user=    # the account it runs as when we are root, whom PostgreSQL refuses
postgres_home=    # its temporary folder
postgres_port=

# start_postgres SETTING…: sets postgres_port. Settings are those of postgresql.conf, as name=value.
start_postgres() {
    find_postgres
    choose_postgres_user
    make_postgres_home
    at_exit stop_postgres
    as_postgres initdb --pgdata="$postgres_home/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C \
        --no-sync >"$postgres_home/initdb.log" 2>&1 || fail "initdb: $(cat "$postgres_home/initdb.log")"
    # PostgreSQL's own defaults would be too narrow for many tests at once; sockets in folders have a length limit.
    printf '%s\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" 'max_connections = 300' \
        'jit = off' "timezone = 'GMT'" "log_timezone = 'GMT'" "$@" |
        as_postgres_shell "cat >> '$postgres_home/data/postgresql.conf'"
    local attempt
    for attempt in 1 2 3 4 5; do
        postgres_port=$(free_port)
        if as_postgres pg_ctl start --pgdata="$postgres_home/data" --wait --timeout=60 --silent \
            --log="$postgres_home/data/server.log" --options="-p $postgres_port" >/dev/null 2>&1; then
            say "PostgreSQL listens on 127.0.0.1:$postgres_port"
            return
        fi
        [ "$attempt" -lt 5 ] || fail "PostgreSQL does not start: $(tail -n 20 "$postgres_home/data/server.log" 2>&1)"
    done
}

# find_postgres: sets postgres_bin; installs PostgreSQL if it is nowhere.
find_postgres() {
    [ -n "$postgres_bin" ] && return
    locate_postgres || install_packages postgresql
    [ -n "$postgres_bin" ] || locate_postgres || fail "PostgreSQL was installed, but initdb and pg_ctl are nowhere"
}

stop_postgres() {
    [ -z "$postgres_home" ] && return
    as_postgres pg_ctl stop --pgdata="$postgres_home/data" --mode=immediate --silent >/dev/null 2>&1
    rm -rf "$postgres_home"
}

# Looks in PATH, where Debian puts it (the newest version first), and where it was unpacked.
locate_postgres() {
    local folder
    local -a folders=()
    folder=$(command -v initdb) && folders+=("$(dirname "$(readlink -f "$folder")")")
    while IFS= read -r folder; do
        folders+=("$folder")
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin "$unpacked"/usr/lib/postgresql/*/bin | sort -t/ -k5 -Vr)
    for folder in "${folders[@]}"; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ]; then
            postgres_bin=$folder
            return 0
        fi
    done
    return 1
}

choose_postgres_user() {
    is_root || return 0
    command -v runuser >/dev/null || fail "runuser is missing (package util-linux): PostgreSQL refuses to run as root"
    postgres_user=nobody
    if id postgres >/dev/null 2>&1; then postgres_user=postgres; fi
}

# A folder that the account can reach: root's own temporary folder may be closed to it.
make_postgres_home() {
    local base
    for base in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
        postgres_home=$(mktemp -d "$base/file-manager-postgres.XXXXXX" 2>/dev/null) || continue
        [ -z "$postgres_user" ] && return
        chown "$postgres_user" "$postgres_home"
        as_postgres_shell "test -w '$postgres_home'" && return
        rm -rf "$postgres_home"
    done
    fail "there is no temporary folder that the account ${postgres_user:-$(id -un)} can write to"
}

# as_postgres PROGRAM ARGUMENT…: one of PostgreSQL's programs, as the account it runs as.
as_postgres() {
    local program=$1
    shift
    # An empty entry in LD_LIBRARY_PATH would mean the current folder.
    local -a command=(env -C / "LD_LIBRARY_PATH=$(postgres_libraries)" "$postgres_bin/$program" "$@")
    if [ -n "$postgres_user" ]; then
        runuser -u "$postgres_user" -- "${command[@]}"
    else
        "${command[@]}"
    fi
}

as_postgres_shell() {
    if [ -n "$postgres_user" ]; then
        (cd / && runuser -u "$postgres_user" -- sh -c "$1")
    else
        sh -c "$1"
    fi
}

postgres_libraries() {
    case $postgres_bin in
    "$unpacked"/*) unpacked_libraries ;;
    *) printf '%s' "${LD_LIBRARY_PATH-}" ;;
    esac
}
