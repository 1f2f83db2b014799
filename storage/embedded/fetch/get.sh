#!/bin/sh
# Fetches the ClickHouse engine (libchdb) that Gatehound embeds, once, into the
# user's cache folder. Needs npm, tar and sha256sum (or shasum). Running it
# again does nothing. See README.md beside it.
set -eu

version=26.5.3
cache="${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/gatehound"
target="$cache/chdb-$version/libchdb.so"

say() { printf 'engine: %s\n' "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# The pinned package of each platform: SHA-256 of the tarball, its size, and the
# size of the library in it.
case "$(uname -s)/$(uname -m)" in
Linux/x86_64)
	package=@chdb/lib-linux-x64-gnu
	want=b874e449710950da3abd7e20376f7bb3387d9e03adcc7082f022be18dfdf316a
	size=166572008
	unpacked=559044752
	;;
*)
	die "chdb $version is not published for $(uname -s)/$(uname -m); set GATEHOUND_CHDB to a libchdb of your own, or use a ClickHouse server"
	;;
esac

if [ -f "$target" ] && [ "$(wc -c <"$target")" -eq "$unpacked" ]; then
	say "chdb $version is present: $target"
	exit 0
fi
for tool in npm tar mktemp; do
	command -v "$tool" >/dev/null || die "$tool is needed to fetch chdb and was not found on PATH"
done
if command -v sha256sum >/dev/null; then
	sum() { sha256sum "$1"; }
elif command -v shasum >/dev/null; then
	sum() { shasum -a 256 "$1"; }
else
	die "sha256sum or shasum is needed to check chdb and was not found on PATH"
fi
if ldd --version 2>&1 | grep -qi musl; then
	die "chdb needs glibc, and this system has musl; use a ClickHouse server instead"
fi

mkdir -p "$cache"
free=$(df -Pk "$cache" | awk 'NR == 2 { print $4 }')
[ "$free" -gt 1200000 ] || die "1.2 GB of free space are needed in $cache, and $((free / 1000)) MB are there"

# Everything happens in a folder beside the target, so that the last step is a
# rename; a run that is interrupted leaves nothing behind.
work=$(mktemp -d "$cache/fetch.XXXXXX")
watcher=
stop_watcher() {
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
	watcher=
}
cleanup() {
	stop_watcher
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# npm shows no progress of a single package, so the growth of its private cache
# is shown: in place on a terminal, else a line each ten seconds.
total=$((size / 1000000))
progress() {
	if [ -t 2 ]; then every=1 begin='\r' end=''; else every=10 begin='' end='\n'; fi
	# A sleep outlives the loop that is killed: it must not hold the output. The
	# loop ends by itself, too, once the folder is gone: a signal that comes
	# before a subshell has begun can be lost.
	while [ -d "$work" ] && sleep "$every" </dev/null >/dev/null 2>&1; do
		have=$(du -sk "$work/npm" 2>/dev/null | awk '{ print int($1 * 1.024 / 1000) }')
		[ "${have:-0}" -le "$total" ] || have=$total
		printf "${begin}engine: %3d of %d MB${end}" "${have:-0}" "$total" >&2
	done
}

say "fetching $package $version ($total MB) through npm"
progress &
watcher=$!
if ! (cd "$work" && npm pack "$package@$version" --cache "$work/npm" --silent >"$work/name" 2>"$work/log"); then
	cat "$work/log" >&2
	die "npm could not fetch $package@$version: is the registry of your npm reachable? (npm ping)"
fi
stop_watcher
[ ! -t 2 ] || printf '\r\033[K' >&2
tarball="$work/$(tail -n 1 "$work/name")"
[ -f "$tarball" ] || die "npm pack gave no file"

got=$(sum "$tarball" | awk '{ print $1 }')
[ "$got" = "$want" ] || die "the checksum of $package@$version is $got and must be $want; nothing was installed"

say "unpacking"
tar -xzf "$tarball" -C "$work" package/libchdb.so || die "the package holds no libchdb.so"
chmod 0644 "$work/package/libchdb.so"
mkdir -p "$cache/chdb-$version"
mv -f "$work/package/libchdb.so" "$target"
say "chdb $version is ready: $target"
