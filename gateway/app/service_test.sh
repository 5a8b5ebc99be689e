#!/bin/sh
# The service file is as tight as the documentation says: no worse figure than
# the one in gateway/README.md, and no directive that systemd does not know.
# usage: service_test.sh BIN SOURCE
set -eu
unit=$2/gateway/app/lasthop-gateway.service
command -v systemd-analyze >/dev/null || exit 77
systemd-analyze security --help 2>/dev/null | grep -q -e --offline || exit 77
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT

told=$(sed -n 's/.*systemd-analyze security`: \([0-9.]*\).*/\1/p' \
    "$2/gateway/README.md")
[ -n "$told" ] || {
    echo "service_test: gateway/README.md gives no figure" >&2
    exit 1
}
SYSTEMD_LOG_LEVEL=warning systemd-analyze security --offline=true --no-pager \
    --threshold="$(echo "$told" | tr -d .)" "$unit" >"$dir/figure" 2>"$dir/said" || {
    tail -n 1 "$dir/figure" >&2
    echo "service_test: that is more than $told" >&2
    exit 1
}
if grep -i 'unknown\|ignoring\|invalid\|failed to parse' "$dir/said" >&2; then
    exit 1
fi
