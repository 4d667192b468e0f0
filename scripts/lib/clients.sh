# shellcheck shell=bash
# The real clients that upload in tests, what checks pages for accessibility (axe-core), and the proxy before the nodes: found or
# installed.
# Needs common.sh, packages.sh and tools.sh.

# find_clients: sets and exports TEST_NGINX and TEST_NODE, programs, and TEST_CLIENTS, a folder with the npm packages that
# tests/clients/package.json names.
find_clients() {
    if [ -n "${TEST_CLIENTS:-}" ]; then
        say "using the clients of TEST_CLIENTS"
        return
    fi
    TEST_NGINX=$(program nginx nginx-light)
    TEST_NGINX_LIBRARIES=$(nginx_libraries)
    find_node
    TEST_NODE=$(program node nodejs)
    TEST_CLIENTS=$target_dir/clients
    install_clients "$TEST_CLIENTS"
    export TEST_NGINX TEST_NGINX_LIBRARIES TEST_NODE TEST_CLIENTS
}

# find_node: installs node and npm where they are nowhere. Debian's npm works only where the packages belong: unpacked elsewhere
# it does not find its own parts.
find_node() {
    if find_program node >/dev/null && find_program npm >/dev/null; then return; fi
    is_root || fail "node and npm are missing: run \`apt-get install nodejs npm\` as root, or put them in PATH"
    install_packages nodejs npm
}

nginx_libraries() {
    case $TEST_NGINX in
    "$unpacked"/*) unpacked_libraries ;;
    *) printf '%s' "${LD_LIBRARY_PATH-}" ;;
    esac
}

# install_clients FOLDER: exactly what the lock file says, unless it is there already.
install_clients() {
    local name
    if cmp -s tests/clients/package-lock.json "$1/installed.json"; then return; fi
    say "installing the npm packages of tests/clients"
    mkdir -p "$1"
    rm -f "$1/installed.json"
    for name in package.json package-lock.json; do cp "tests/clients/$name" "$1/"; done
    (cd "$1" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
        fail "npm can't install the clients: see above"
    cp "$1/package-lock.json" "$1/installed.json"
}
