#!/usr/bin/env bash
# Fetches MySQL's own server from Debian's development branch and unpacks it into a cache folder, without
# installing anything: Debian's releases have MariaDB only. Prints the folder. Its programs (`mysqld`, and MySQL's
# clients under the names of MariaDB's: `mariadb`, `mariadb-dump`) run through the loader and the libraries that
# came with them.
#
# usage: tests/mysql-server.sh [FOLDER]     default: brant-mysql-server in the user's cache folder
set -euo pipefail

folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/brant-mysql-server}
packages=(mysql-server-core mysql-client-core)

fail() {
    echo "$0: $*" >&2
    exit 1
}

for program in apt-get dpkg-deb flock; do
    type -P "$program" >/dev/null || fail "the program \`$program\` is needed"
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
exec 9>"$folder/lock"
flock 9
if [[ -e $folder/complete ]]; then
    echo "$folder"
    exit
fi

# --- an apt of our own, with nothing installed and one source ----------------------------------

apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,etc/none}
: >"$apt/state/status"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Component: main' 2>/dev/null | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -n $mirror && -e $keyring ]] || fail "this machine has no package source of Debian's (run apt-get update once)"
echo "deb [signed-by=$keyring] $mirror sid main" >"$apt/etc/sources.list"
cat >"$apt/apt.conf" <<CONF
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "$apt/etc/none";
Dir::Etc::preferencesparts "$apt/etc/none";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Debug::NoLocking "true";
CONF
export APT_CONFIG=$apt/apt.conf
apt-get update -qq >&2 || fail "cannot read the list of packages"
apt-get install -qq --yes --download-only "${packages[@]}" >&2 || fail "cannot fetch ${packages[*]}"

# --- unpacked, and a program to start each of them ---------------------------------------------

rm -rf "$folder/root"
mkdir "$folder/root"
for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$folder/root" || fail "cannot unpack ${package##*/}"
done
root=$folder/root
loader=$(find "$root" -name 'ld-linux*.so.*' -print -quit)
libraries=$(dirname "$(find "$root" -name 'libc.so.6' -print -quit)")
[[ -n $loader && -d $libraries ]] || fail "the packages hold no loader"
start() { # NAME PROGRAM FURTHER ARGUMENTS
    local name=$1 program=$2 path
    shift 2
    path=$(find "$root/usr" -name "$program" -type f -path '*bin/*' -print -quit)
    [[ -n $path ]] || fail "the packages hold no \`$program\`"
    printf '#!/bin/sh\nexec %q --library-path %q %q "$@"%s\n' "$loader" "$libraries" "$path" \
        "${*:+$(printf ' %q' "$@")}" >"$folder/$name"
    chmod +x "$folder/$name"
}
share=$root/usr/share/mysql
start mysqld mysqld "--lc-messages-dir=$share" "--character-sets-dir=$share/charsets" \
    "--plugin-dir=$root/usr/lib/mysql/plugin" --secure-file-priv=NULL
start mariadb mysql
start mariadb-dump mysqldump
chmod -R go+rX "$folder"
touch "$folder/complete"
echo "$folder"
