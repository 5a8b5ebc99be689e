#!/bin/sh
# What the commands make is taken up by a running gateway at once, and what they
# revoke stops at once; nothing is printed twice that is secret, and nothing is
# readable by others.
# usage: admin_test.sh BIN SOURCE
set -eu
gateway=$1/lasthop-gateway
dir=$(mktemp -d)
pid=
dns=
done_with() {
    for job in $pid $dns; do
        kill -KILL "$job" 2>/dev/null || true
    done
    rm -rf -- "$dir"
}
trap done_with EXIT
fail() {
    echo "$*" >&2
    sed 's/^/  | /' "$dir"/*.txt >&2
    exit 1
}
for program in curl openssl socat; do
    command -v "$program" >/dev/null || exit 77
done

# A resolver that fails at once: whoever is sent to must wait.
address=127.77.$(($$ / 250 % 250)).$(($$ % 250 + 1))
cat >"$dir/servfail" <<'END_OF_FILE'
#!/bin/sh
{ head -c 2; head -c 2 >/dev/null; printf '\201\202'; cat; } |
    dd bs=512 iflag=fullblock 2>/dev/null
END_OF_FILE
chmod +x "$dir/servfail"
socat "UDP4-RECVFROM:5399,bind=$address,fork" "EXEC:$dir/servfail,pipes" \
    2>"$dir/socat.txt" &
dns=$!

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=gateway.test -addext subjectAltName=DNS:gateway.test \
    -keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>"$dir/openssl.txt"
cat >"$dir/gateway.yaml" <<END_OF_FILE
lasthop-gateway: 1
host-name: gateway.test
submission: {listen: "127.0.0.1:0", certificate: certificate.pem, key: key.pem}
dns: {resolver: "$address@5399"}
state: state
journal: {file: journal}
notification: {from: no-reply@gateway.test, portal: "https://portal.test"}
settings: {auth_pause_first_ms: 1}
organizations:
  - name: clinic
    uuid: 6f0c2c1e-8f5d-4c5c-9d0e-0f6a5b1c2d3e
    domains: [clinic.example]
END_OF_FILE
# The first command, before the gateway ever ran and without organizations of
# the configuration's own.
sed '/^organizations:/,$d; s/^state:.*/state: first/' "$dir/gateway.yaml" \
    >"$dir/first.yaml"
"$gateway" org add --config "$dir/first.yaml" acme --domain acme.example \
    2>"$dir/first.txt" || fail "no organization before the first start"
"$gateway" check --config "$dir/first.yaml" >"$dir/first.txt" 2>&1 ||
    fail "no gateway without organizations in its file"
[ "$(stat -c %a "$dir/first")" = 700 ] || fail "the state folder's mode"

cat >"$dir/message.eml" <<'END_OF_FILE'
From: bob@hospital.example
To: eve@lab.example
Subject: Made by command

Text.
END_OF_FILE

# run STATUS ARGUMENT...: the output is in $dir/out.txt
run() {
    want=$1
    shift
    got=0
    "$gateway" "$@" --config "$dir/gateway.yaml" \
        >"$dir/out.txt" 2>"$dir/error.txt" || got=$?
    [ "$got" = "$want" ] || fail "$*: exit $got, expected $want"
}
said() {
    grep -q -e "$1" "$dir/out.txt" "$dir/error.txt" || fail "not said: $1"
}
value() {
    sed -n "s/^$1: //p" "$dir/out.txt"
}

mkfifo "$dir/journal"
"$gateway" --config "$dir/gateway.yaml" 2>"$dir/gateway.txt" &
pid=$!
exec 3<"$dir/journal"
# A line of the journal that has the word; the gateway's end ends it, too.
await() {
    while read -r line <&3; do
        case $line in *"$1"*) return ;; esac
    done
    fail "never journalled: $1"
}
await '"listening"'
port=$(echo "$line" | sed 's/.*"address":"[^"]*:\([0-9]*\)".*/\1/')

# submit USER PASSWORD
submit() {
    curl --silent --show-error --max-time 20 "smtp://gateway.test:$port" \
        --resolve "gateway.test:$port:127.0.0.1" --ssl-reqd \
        --cacert "$dir/certificate.pem" --user "$1:$2" \
        --mail-from bob@hospital.example --mail-rcpt eve@lab.example --crlf \
        --upload-file "$dir/message.eml" >"$dir/curl.txt" 2>&1
}

# Nothing that stands in the configuration already, nothing malformed.
run 1 org add clinic
said 'organization `clinic` stands in the configuration already'
run 1 org add second --domain clinic.example
said 'domain `clinic.example` stands in the configuration already'
run 1 org add second --domain 'not a domain'
run 1 account add ann@clinic.example
said "is the configuration file's: change it there"
run 2 org add
run 2 org list --domain x.example
run 2 org nothing
[ ! -e "$dir/state/directory.yaml" ] || fail "a refused change was kept"

run 0 org add "hospital \"A\"" --domain hospital.example \
    --transport-security pkix
run 0 domain add "hospital \"A\"" Ward.Hospital.example
run 1 domain add "hospital \"A\"" hospital.example
run 0 account add bob@hospital.example --name "Bob: 'x' \\ y" --two-factor
value two-factor | grep -qx 'otpauth://totp/gateway.test:bob@hospital.example?secret=[A-Z2-7]*&issuer=gateway.test' ||
    fail "no otpauth URI"
run 1 account add BOB@hospital.example
run 1 account add bob@nowhere.example
run 0 account password bob@hospital.example
password=$(value password)
[ ${#password} = 24 ] || fail "password: $password"
! grep -q "$password" "$dir/state/directory.yaml" || fail "kept in clear"
run 0 credential add "hospital \"A\"" hospital-app --description "the app"
password=$(value password)
run 1 credential add "hospital \"A\"" hospital-app
! grep -q "$password" "$dir/state/directory.yaml" || fail "kept in clear"
[ "$(stat -c %a "$dir/state/directory.yaml")" = 600 ] || fail "its mode"

run 0 account list
said 'bob@hospital.example .*active .*yes .*yes .*command'
run 0 account list --json
said '"two-factor": true'
! grep -q -e totp -e scrypt "$dir/out.txt" || fail "a secret is listed"
run 0 credential list
said 'hospital-app .*the app .*active'
run 0 domain list
said 'ward.hospital.example .*command'
run 0 org list --json
said '"name": "hospital \\"A\\""'
run 0 check

# A key may be a domain's that was made by command.
openssl genpkey -algorithm ed25519 -out "$dir/dkim.pem" 2>"$dir/openssl.txt"
cp "$dir/gateway.yaml" "$dir/kept.yaml"
for domain in hospital.example nobody.example; do
    {
        cat "$dir/kept.yaml"
        echo "dkim: [{domain: $domain, selector: s1, key: dkim.pem}]"
    } >"$dir/gateway.yaml"
    [ "$domain" = nobody.example ] || run 0 check
done
run 2 check
said "is no organization's"
mv "$dir/kept.yaml" "$dir/gateway.yaml"

# The gateway was not told of any of it.
submit hospital-app "$password" || fail "not taken up"
await '"accepted"'
message=$(echo "$line" | sed 's/.*"message":"\([^"]*\)".*/\1/')
await '"deferred"'
run 0 queue
said "$message .*bob@hospital.example .*eve@lab.example"
run 0 conversations --json
said '"recipient": "eve@lab.example"'
run 0 explain "$message"
said "message $message from bob@hospital.example (hospital \"A\")"
said 'eve@lab.example: not delivered yet'
said 'attempt 1 decided: none, nothing can be decided yet'
run 0 explain "$message" EVE@lab.example
run 1 explain "$message" ann@lab.example
run 1 explain nothing

run 0 account suspend bob@hospital.example
! submit hospital-app "$password" || fail "a suspended account submits"
await '"550 5.7.1'
run 0 account activate bob@hospital.example
submit hospital-app "$password" || fail "an active account does not"
run 0 credential revoke hospital-app
! submit hospital-app "$password" || fail "a revoked credential submits"
await '"535 5.7.8'
run 1 credential revoke nobody
run 1 domain remove hospital.example
said 'is in no domain of organization'
run 0 account two-factor bob@hospital.example off
run 0 account remove bob@hospital.example
run 0 domain remove hospital.example
run 0 org remove "hospital \"A\""
run 0 org list
! grep -q hospital "$dir/out.txt" || fail "it is still there"

# Changes at the same time are all kept.
run 0 org add many --domain many.example
for i in 1 2 3 4 5 6 7 8; do
    "$gateway" account add "u$i@many.example" --config "$dir/gateway.yaml" &
    jobs="${jobs:-} $!"
done
for job in $jobs; do
    wait "$job" || fail "one of eight failed"
done
run 0 account list --organization many
[ "$(grep -c '@many.example' "$dir/out.txt")" = 8 ] || fail "one is lost"

# What somebody broke by hand is told, and the gateway goes on with the last.
echo "organizations: {" >"$dir/state/directory.yaml"
run 2 org list
run 2 check
submit nobody x && fail "nobody submits" || true
kill -TERM "$pid"
wait "$pid" || fail "the gateway did not stop in order"
pid=
grep -q "not taken up" "$dir/gateway.txt" || fail "not logged"
