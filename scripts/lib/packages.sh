# shellcheck shell=bash
# Debian packages for the services of tests and benchmarks: installed by root, unpacked beside the build by anyone else.

# Where packages are unpacked without root; programs are then under its usr/.
unpacked=$services_cache/root

# install_packages NAME…: the packages and what they depend on, wherever they can be put.
install_packages() {
    command -v apt-get >/dev/null || fail "no apt-get here: install $* yourself and put the programs in PATH"
    if is_root; then
        say "installing $*"
        apt-get update -qq >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
    else
        unpack_packages "$@"
    fi
}

# The same without root: apt keeps its lists and downloads in private folders, and dpkg only unpacks.
unpack_packages() {
    local state=$services_cache/apt name
    local -a apt names
    mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/downloads" "$unpacked"
    apt=(apt-get -qq
        -o "Dir::State=$state" -o "Dir::State::lists=$state/lists" -o Dir::State::status=/var/lib/dpkg/status
        -o "Dir::Cache=$state" -o "Dir::Cache::archives=$state/archives" -o Debug::NoLocking=1)
    say "downloading $* into $services_cache"
    # Hooks of the machine that clean up its own folders complain here, and mean nothing.
    "${apt[@]}" update >"$state/update.log" 2>&1 || fail "apt-get update: $(cat "$state/update.log")"
    # A dry run names every package that this machine lacks.
    mapfile -t names < <("${apt[@]}" install --simulate --no-install-recommends "$@" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
    mapfile -t names < <(printf '%s\n' ${names[@]+"${names[@]}"} | without_needless)
    [ "${#names[@]}" -gt 0 ] || fail "apt-get finds nothing to install for $*"
    (cd "$state/downloads" && "${apt[@]}" download "${names[@]}" >&2)
    for name in "$state"/downloads/*.deb; do
        dpkg -x "$name" "$unpacked"
        rm -f "$name"
    done
}

# Leaves out what only the packages' own installation scripts and PostgreSQL's just-in-time compiler (large, unused) need.
without_needless() { grep -Ev '^(libllvm|llvm|perl|libperl|ssl-cert|ucf|debconf|sensible-utils|netbase|lsb-base|$)' || true; }

# Where the unpacked shared libraries are, for LD_LIBRARY_PATH; empty when nothing was unpacked.
unpacked_libraries() {
    local folder
    local -a folders=()
    for folder in "$unpacked"/usr/lib/*-linux-gnu "$unpacked"/lib/*-linux-gnu; do
        [ -d "$folder" ] && folders+=("$folder")
    done
    (IFS=: && printf '%s' "${folders[*]-}")
}
