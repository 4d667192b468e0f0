# shellcheck shell=bash
# A distributed S3 store: three nodes of Garage on loopback, each of which has every object. Needs common.sh.

garage_version=2.5.0
garage_nodes=(0 1 2)
garage_home=      # the temporary folder of the nodes
garage_s3=()      # their ports
garage_ids=()     # their names
garage_killer= # the process that kills them
garage_kills=0    # how often it did

# find_garage: sets TEST_GARAGE, the program; builds it if it is nowhere (about ten minutes on two cores).
find_garage() {
    TEST_GARAGE=${TEST_GARAGE:-$(command -v garage || true)}
    [ -n "$TEST_GARAGE" ] || TEST_GARAGE=$services_cache/garage/bin/garage
    if [ ! -x "$TEST_GARAGE" ]; then
        [ "$TEST_GARAGE" = "$services_cache/garage/bin/garage" ] || fail "TEST_GARAGE=$TEST_GARAGE is no program"
        say "building Garage $garage_version"
        cargo install garage --version "$garage_version" --locked --root "$services_cache/garage" >&2 ||
            fail "Garage can't be built: see above"
    fi
    say "Garage is $TEST_GARAGE ($("$TEST_GARAGE" --version | head -n 1))"
}

# start_garage: starts the nodes with replication 3, makes a key that may make buckets, and exports the variables S3_* that
# lead tests and program to the first node.
start_garage() {
    local node attempt ready
    find_garage
    garage_home=$(mktemp -d "${TMPDIR:-/tmp}/file-manager-garage.XXXXXX")
    at_exit stop_garage
    for attempt in 1 2 3 4 5; do
        write_garage_settings
        for node in "${garage_nodes[@]}"; do start_garage_node "$node"; done
        ready=yes
        for node in "${garage_nodes[@]}"; do wait_for_garage "$node" || ready=; done
        [ -z "$ready" ] || break
        # Another program took a port.
        for node in "${garage_nodes[@]}"; do kill_garage_node "$node"; done
        [ "$attempt" -lt 5 ] || fail "Garage does not start: $(tail -n 20 "$garage_home"/*/log)"
    done
    join_garage_nodes
    make_garage_key
    say "Garage serves S3 at $S3_ENDPOINT, on ${#garage_nodes[@]} nodes"
}

write_garage_settings() {
    local node secret rpc
    secret=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')
    for node in "${garage_nodes[@]}"; do
        mkdir -p "$garage_home/$node"
        rpc=$(free_port)
        garage_s3[node]=$(free_port)
        cat >"$garage_home/$node/garage.toml" <<SETTINGS
metadata_dir = "$garage_home/$node/meta"
data_dir = "$garage_home/$node/data"
db_engine = "sqlite"
replication_factor = ${#garage_nodes[@]}
rpc_bind_addr = "127.0.0.1:$rpc"
rpc_public_addr = "127.0.0.1:$rpc"
rpc_secret = "$secret"
[s3_api]
s3_region = "garage"
api_bind_addr = "127.0.0.1:${garage_s3[node]}"
SETTINGS
        chmod 600 "$garage_home/$node/garage.toml"
    done
}

# start_garage_node NODE: also after it was killed.
start_garage_node() {
    "$TEST_GARAGE" -c "$garage_home/$1/garage.toml" server >>"$garage_home/$1/log" 2>&1 &
    echo $! >"$garage_home/$1/pid"
    disown
}

# kill_garage_node NODE: without a chance to clean up.
kill_garage_node() { kill -KILL "$(cat "$garage_home/$1/pid")" 2>/dev/null || true; }

# garage_on NODE ARGUMENT…: a command of Garage, to one node.
garage_on() {
    local node=$1
    shift
    "$TEST_GARAGE" -c "$garage_home/$node/garage.toml" "$@" 2>>"$garage_home/$node/commands"
}

wait_for_garage() {
    local _
    for _ in {1..100}; do
        garage_on "$1" status >/dev/null && return
        sleep 0.2
    done
    return 1
}

# Until the first node speaks to the others.
wait_for_garage_peers() {
    local _
    for _ in {1..300}; do
        garage_on 0 status >"$garage_home/status" && ! grep -q 'FAILED NODES' "$garage_home/status" && return
        sleep 0.2
    done
    return 1
}

# Each node in a zone of its own.
join_garage_nodes() {
    local node id
    for node in "${garage_nodes[@]}"; do
        id=$(garage_on "$node" node id -q) || fail "Garage node $node has no id"
        [ "$node" -eq 0 ] || garage_on 0 node connect "$id" >/dev/null || fail "Garage node $node can't be reached"
        garage_ids[node]=${id%%@*}
    done
    for node in "${garage_nodes[@]}"; do
        garage_on 0 layout assign -z "zone$node" -c 10G "${garage_ids[node]}" >/dev/null ||
            fail "Garage takes no layout: $(tail -n 5 "$garage_home/0/commands")"
    done
    garage_on 0 layout apply --version 1 >/dev/null || fail "Garage applies no layout: $(tail -n 5 "$garage_home/0/commands")"
}

make_garage_key() {
    local _
    for _ in {1..50}; do
        if garage_on 0 key create tests >/dev/null; then break; fi
        sleep 0.2
    done
    garage_on 0 key allow --create-bucket tests >/dev/null || fail "Garage makes no key: $(tail -n 5 "$garage_home/0/commands")"
    garage_on 0 key info tests --show-secret >"$garage_home/key"
    S3_ACCESS_KEY_ID=$(awk '/^Key ID/ { print $NF }' "$garage_home/key")
    S3_SECRET_ACCESS_KEY=$(awk '/^Secret key/ { print $NF }' "$garage_home/key")
    [ -n "$S3_ACCESS_KEY_ID" ] && [ -n "$S3_SECRET_ACCESS_KEY" ] || fail "Garage tells no key"
    S3_ENDPOINT=http://127.0.0.1:${garage_s3[0]} S3_REGION=garage S3_FORCE_PATH_STYLE=1
    export S3_ENDPOINT S3_REGION S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY S3_FORCE_PATH_STYLE
}

# inject_node_kills: kills one node after another and starts each again, until the script ends. The first one stays: it is the
# one that the program speaks to.
inject_node_kills() {
    (
        trap - EXIT INT TERM HUP
        node=1 kills=0
        while :; do
            sleep "$((2 + RANDOM % 4))"
            kill_garage_node "$node"
            kills=$((kills + 1))
            echo "$kills" >"$garage_home/kills"
            sleep "$((2 + RANDOM % 4))"
            start_garage_node "$node"
            # What it missed is read from the others; the next one goes only when the first one speaks to this one again.
            wait_for_garage "$node" && wait_for_garage_peers || exit 1
            node=$((3 - node))
        done
    ) &
    garage_killer=$!
}

# calm_garage: ends that, with every node running, and sets garage_kills.
calm_garage() {
    local node
    [ -n "$garage_killer" ] || return 0
    kill "$garage_killer" 2>/dev/null || fail "a killed node of Garage did not come back: $(cat "$garage_home/status")"
    wait "$garage_killer" 2>/dev/null || true
    garage_killer=
    for node in "${garage_nodes[@]}"; do
        kill -0 "$(cat "$garage_home/$node/pid")" 2>/dev/null || start_garage_node "$node"
        wait_for_garage "$node" || fail "Garage node $node does not come back: $(tail -n 5 "$garage_home/$node/log")"
    done
    wait_for_garage_peers || fail "Garage's nodes do not find each other: $(cat "$garage_home/status")"
    # shellcheck disable=SC2034 # scripts/garage prints it
    garage_kills=$(cat "$garage_home/kills" 2>/dev/null || echo 0)
}

stop_garage() {
    local node
    [ -z "$garage_killer" ] || kill "$garage_killer" 2>/dev/null || true
    for node in "${garage_nodes[@]}"; do
        [ ! -e "$garage_home/$node/pid" ] || kill_garage_node "$node"
    done
    rm -rf "$garage_home"
}
