#!/bin/sh
# The DNS settings of sending domains, asked of a served world: those that are
# ready, one that is not there, and how the kit hands over to the gateway.
# usage: preflight_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
. "$source/checker/app/served.sh"

# preflight EXIT-STATUS ARGUMENT...
preflight() {
    want=$1
    shift
    code=0
    "$bin/lasthop" preflight "$@" >"$dir/preflight.txt" 2>&1 || code=$?
    [ "$code" -eq "$want" ] || fail "preflight $*: exit $code, expected $want"
}
shows() {
    grep -qF -- "$1" "$dir/preflight.txt" || fail "preflight does not say $1"
}

serve nothing
config=$LASTHOP_WORK/gateway.yaml
preflight 0 clinic.example --config "$config"
shows "ok       spf: clinic.example"
shows "ok       dkim: lasthop1._domainkey.clinic.example"
shows "ok       dkim: lasthop2._domainkey.clinic.example"
shows "ok       dmarc: _dmarc.clinic.example"
shows "ok       zivverbounce: zivverbounce.clinic.example"
shows "clinic.example: mail sent directly is aligned for DMARC"
preflight 0 clinic.example --config "$config" --json
shows '"alignment": "aligned"'

# A key that nobody publishes.
"$bin/lasthop-gateway" dkim generate --domain clinic.example --selector new \
    --algorithm rsa --out "$LASTHOP_WORK/new.pem" >"$dir/record.txt" 2>&1
[ "$(stat -c %a "$LASTHOP_WORK/new.pem")" = 600 ] || fail "the key is readable"
sed 's/^dkim:$/&\n  - {domain: clinic.example, selector: new, key: new.pem}/
    s/transport-security: .*/transport-security: tls/' \
    "$config" >"$LASTHOP_WORK/new.yaml"
preflight 1 clinic.example --config "$LASTHOP_WORK/new.yaml"
shows "missing  dkim: new._domainkey.clinic.example"
shows 'new._domainkey.clinic.example. IN TXT "v=DKIM1; '
shows "POLICY-1"
"$bin/lasthop-gateway" dkim show --config "$LASTHOP_WORK/new.yaml" \
    --domain clinic.example >"$dir/show.txt"
for line in $(grep -o 'p=[^"]*' "$dir/record.txt"); do
    grep -qF -- "$line" "$dir/show.txt" || fail "show has another record"
done

preflight 2 nowhere.example --config "$config"
preflight 2 --config "$config"
preflight 2 clinic.example
judged 0 "nothing arrives"
