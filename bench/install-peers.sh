#!/usr/bin/env bash
# Installs the tools that brant is measured beside, into the folder $1 (default: /tmp/peers).
# From crates.io, npm and Debian; each is left out, with a message, if it can't be had. With low priority.
#
# goose itself is not on this list: it is distributed as a Go module and as prebuilt downloads, so it has to be put
# into FOLDER/bin by hand (as `goose`); then it is measured too. Debian's sql-migrate is of 2019.
# sqlx is built without TLS, which no measurement here uses.
set -u
peers=${1:-/tmp/peers}
mkdir -p "$peers/bin"
renice -n 15 $$ >/dev/null

tool() { # NAME COMMAND...: runs the command unless the tool is there
    local name=$1
    shift
    [ -x "$peers/bin/$name" ] && { echo "$name: there"; return; }
    if "$@" >"$peers/$name.log" 2>&1 && [ -x "$peers/bin/$name" ]; then echo "$name: installed"
    else echo "$name: NOT installed, see $peers/$name.log"; fi
}

dbmate() {
    npm install --prefix "$peers/npm" dbmate@2.36.0 &&
        ln -sf "$peers/npm/node_modules/@dbmate/linux-x64/bin/dbmate" "$peers/bin/dbmate"
}

sql_migrate() {
    command -v sql-migrate || apt-get install -y --no-install-recommends sql-migrate || return 1
    ln -sf "$(command -v sql-migrate)" "$peers/bin/sql-migrate"
}

from_crates() { # PACKAGE VERSION FEATURES
    CARGO_TARGET_DIR="$peers/target" \
        cargo install --locked "$1" --version "$2" --no-default-features --features "$3" --root "$peers"
}

tool dbmate dbmate
tool sql-migrate sql_migrate
tool refinery from_crates refinery_cli 0.10.0 postgresql,mysql,sqlite-bundled
tool sqlx from_crates sqlx-cli 0.9.0 postgres,mysql,sqlite
