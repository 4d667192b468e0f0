# shellcheck shell=bash
# Python packages in a folder of their own beside the build. Needs common.sh, packages.sh and tools.sh.

# python_packages FOLDER REQUIREMENTS: the packages that the file names, in a virtual environment, unless they are there
# already.
python_packages() {
    if cmp -s "$2" "$1/installed.txt"; then return; fi
    find_program python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || install_python
    say "installing the Python packages of $2"
    rm -rf "$1"
    mkdir -p "$(dirname "$1")"
    python3 -m venv "$1" || fail "python3 can't make a virtual environment: see above"
    "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2" >&2 ||
        fail "pip can't install the packages: see above"
    cp "$2" "$1/installed.txt"
}

# Debian's Python makes virtual environments only where its packages belong.
install_python() {
    is_root || fail "python3 with venv is missing: run \`apt-get install python3-venv\` as root"
    install_packages python3-venv
}
