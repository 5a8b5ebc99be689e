#!/bin/sh
# A real browser walks the guest portal of a served gateway: each verification,
# by clicking, with the keyboard alone, without JavaScript, on a telephone and
# in the dark. Skipped where Chromium is not installed.
# usage: portal_browser_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
browser=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$browser" ] || ! command -v npm >/dev/null || ! command -v swaks >/dev/null; then
    echo "portal_browser_test: skipped: chromium, npm or swaks is missing"
    exit 77
fi
dir=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT

fail() {
    echo "portal_browser_test: $1" >&2
    sed 's/^/    /' "$dir"/*.txt >&2
    exit 1
}

npm=$bin/../npm-browser
if [ ! -e "$npm/node_modules/playwright-core" ]; then
    mkdir -p "$npm"
    cp "$source/.ci/npm/package.json" "$source/.ci/npm/package-lock.json" "$npm"
    (cd "$npm" && npm ci --no-audit --no-fund >"$dir/npm.txt" 2>&1) ||
        fail "npm could not get playwright-core"
fi
PLAYWRIGHT_FOLDER=$(cd "$npm/node_modules" && pwd -P)
export PLAYWRIGHT_FOLDER

cat >"$dir/world.yaml" <<'END'
lasthop: 1
title: A guest of each verification, for a real browser
clauses: [PORTAL-1]
clock: now
world:
  organizations:
    umc: {inbound-direct-delivery: no}
  domains: {hospital.example: tls13, lab.example: tls13}
session:
  - expect: "220"
END
mkfifo "$dir/ready" "$dir/inbox"
"$bin/lasthop" serve "$dir/world.yaml" --inbox "$dir/inbox" \
    --ready-file "$dir/ready" >"$dir/serve.txt" 2>&1 &
pid=$!
exec 3<>"$dir/inbox" # a fifo with both ends open never waits, and never ends
cat "$dir/ready" >"$dir/service" # waits until it is written
. "$dir/service"

echo 'what was attached' >"$dir/note.attached"
swaks --server "$LASTHOP_ADDRESS" --port "$LASTHOP_PORT" \
    --tls --tls-verify --tls-ca-path "$LASTHOP_CA" --tls-sni "$LASTHOP_HOST" \
    --auth PLAIN --auth-user "$LASTHOP_USER" --auth-password "$LASTHOP_PASSWORD" \
    --from jansen@clinic.example \
    --to bob@hospital.example,eve@lab.example,ann@hospital.example,tom@hospital.example,bakker@umc.example \
    --h-To 'bob@hospital.example, eve@lab.example, ann@hospital.example, tom@hospital.example, bakker@umc.example' \
    --header 'Subject: Your results' \
    --add-header 'zivver-access-right: bob@hospital.example sms +31612345678' \
    --add-header 'zivver-access-right: eve@lab.example access-code 135789' \
    --attach-type text/plain --attach-body 'Dear all, these are your results.' \
    --attach-type text/html --attach-body '<p>Your <b>results</b><img src="https://elsewhere.example/x.png"><script src="https://elsewhere.example/x.js"></script></p>' \
    --attach-type text/plain --attach-name note.txt --attach "@$dir/note.attached" \
    --timeout 20 >"$dir/swaks.txt" 2>&1 || fail "swaks was refused"

secret=$(sed -n 's/.*bakker@umc.example.*2FA \([A-Z2-7]*\).*/\1/p' "$dir/serve.txt")
node "$source/checker/app/portal_browser.js" "$LASTHOP_PORTAL" \
    "$LASTHOP_PORTAL_ADDRESS" "$secret" "$browser" <&3 \
    >"$dir/browser.txt" 2>&1 || fail "a walk went wrong"
cat "$dir/browser.txt"
kill -TERM "$LASTHOP_PID"
wait "$pid" || fail "what happened in the world was judged as wrong"
pid=
