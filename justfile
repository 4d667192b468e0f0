# Shortcuts for the commands of the README; each works without just too.

# Lists the recipes.
default:
    @just --list

# Serves on http://127.0.0.1:8080 with everything embedded.
run *arguments:
    cargo run -- {{ arguments }}

# Runs the test suite with the services it needs.
test *arguments:
    scripts/test {{ arguments }}

# Kills the program 500 times on each lane under load, and holds it to every answer that it gave.
crash *arguments:
    scripts/crash {{ arguments }}

# Uploads 1 GiB on each lane while connections are cut and the program is killed.
resume *arguments:
    scripts/resume {{ arguments }}

# Moves 10,000 files from a folder to an S3 server under load, while the command is killed and run again.
move *arguments:
    scripts/move {{ arguments }}

# Runs the program of an older commit beside this one through an upgrade; `just upgrade v0.1.0` names the commit.
upgrade *arguments:
    scripts/upgrade {{ arguments }}

# Runs the S3 tests on three nodes of Garage, which it builds first; `just garage crash` kills one node after another.
garage *arguments:
    scripts/garage {{ arguments }}

# Runs everything that continuous integration runs.
ci:
    .ci/run

# Holds the running program to its OpenAPI document; `just schemathesis 500` tries more.
schemathesis *arguments:
    scripts/schemathesis {{ arguments }}

# Tries every property on 100,000 hostile inputs; `just fuzz 2000 picture` on fewer, and those of this name.
fuzz *arguments:
    scripts/fuzz {{ arguments }}

# Checks the console, and builds it again to compare it with what is committed; needs Node, which it finds or installs.
console:
    scripts/console

# Measures the console in Chromium: first view, scrolling, sizes.
console-speed:
    scripts/console-speed

# Makes the pictures of the console in README.md.
picture:
    scripts/picture

# Checks licences, bans, sources and advisories of the dependencies.
deny:
    scripts/deny

# Measures against floors in the same run; `just bench me` measures one line alone.
bench *arguments:
    scripts/bench {{ arguments }}

# Builds the documentation of the crates.
docs:
    cargo doc --workspace --no-deps --open

# Formats the code.
fmt:
    cargo fmt --all

# Checks format, lints and the rules of the repository.
lint:
    cargo fmt --all --check
    cargo xtask check
    cargo clippy --workspace --all-targets -- -D warnings
