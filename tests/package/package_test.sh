#!/usr/bin/env bash
# Installs the libraries, builds the example against the installed package as a stranger would, and runs it.
#   package_test.sh BUILD_DIR FLEETSIM [SANITIZERS]
set -euo pipefail
build=$1 fleetsim=$2 sanitizers=${3:-}
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../docs/examples" && pwd)
work=$(mktemp -d)
fleet_pid=
finish() {
  [ -z "$fleet_pid" ] || kill "$fleet_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

cmake --install "$build" --prefix "$work/prefix" --component library >"$work/install.log"
cmake -S "$examples" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release \
  ${sanitizers:+-DCMAKE_CXX_FLAGS=-fsanitize=$sanitizers} >"$work/configure.log" || { cat "$work/configure.log"; exit 1; }
cmake --build "$work/build" >"$work/build.log" || { cat "$work/build.log"; exit 1; }

expect() {
  local wanted=$1 said
  shift
  said=$("$work/build/embed" "$@" || true)
  [ "$said" = "$wanted" ] || { echo "embed $*: said '$said', wanted '$wanted'"; exit 1; }
}

"$fleetsim" --demo --base-port 0 --ca-out "$work/ca.pem" >"$work/ready" &
fleet_pid=$!
for _ in $(seq 300); do
  grep -q ready "$work/ready" && break
  sleep 0.1
done
base=$(sed -n 's/.*base_port=\([0-9]*\).*/\1/p' "$work/ready")
port_of() { "$fleetsim" --list --base-port "$base" | awk -v name="$1" '$1 == name { print $2 }'; }

expect "down connection_refused" 127.0.0.1 "$(port_of closed)"
expect "up none CN=p256.fleet.test,O=Fleet Simulator" 127.0.0.1 "$(port_of tls-p256)" "$work/ca.pem"
expect "down certificate_untrusted_issuer CN=p256.fleet.test,O=Fleet Simulator" 127.0.0.1 "$(port_of tls-p256)"
