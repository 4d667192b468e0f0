# shellcheck shell=bash
# The tools of the benchmarks. Needs common.sh and packages.sh.

# program NAME PACKAGE: where it is; installs the package if it is nowhere.
program() {
    find_program "$1" || { install_packages "$2" && find_program "$1"; } || fail "$1 is missing (package $2)"
}

find_program() {
    local folder
    for folder in ${PATH//:/ } /usr/sbin "$unpacked/usr/bin" "$unpacked/usr/sbin"; do
        if [ -x "$folder/$1" ]; then
            printf '%s\n' "$folder/$1"
            return 0
        fi
    done
    return 1
}

# build_vips_floor OUTPUT: without the library's headers, so that only what runs must be installed.
build_vips_floor() {
    local name
    local -a libraries=()
    [ -n "$(find_library libvips.so.42)" ] || install_packages libvips42
    for name in libvips.so.42 libgobject-2.0.so.0 libglib-2.0.so.0; do
        libraries+=("$(find_library "$name")")
    done
    cc -O2 -Wl,--allow-shlib-undefined -o "$1" bench/load/vips_floor.c "${libraries[@]}"
}

find_library() {
    find /usr/lib/*-linux-gnu "$unpacked"/usr/lib/*-linux-gnu -name "$1" -print -quit 2>/dev/null || true
}

# build_tus_server FOLDER: the reference server of tus with the packages that its lock names.
build_tus_server() {
    command -v node >/dev/null && command -v npm >/dev/null || fail "node (20.19 or later) and npm are missing"
    cmp -s bench/tus-server/package-lock.json "$1/package-lock.json" && [ -d "$1/node_modules" ] && {
        cp bench/tus-server/server.js "$1"
        return 0
    }
    mkdir -p "$1"
    cp bench/tus-server/package.json bench/tus-server/package-lock.json bench/tus-server/server.js "$1"
    npm ci --prefix "$1" --ignore-scripts --omit=optional --no-fund --no-audit --silent >&2
}
