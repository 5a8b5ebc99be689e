#!/bin/sh
# What the commands make is taken up by a running gateway at once, and what they
# revoke stops at once; nothing is printed twice that is secret, and nothing is
# readable by others.
# usage: admin_test.sh BIN SOURCE
set -eu
gateway=$1/lasthop-gateway
source=$2
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
run 2 org set clinic
said "nothing is to be set"
run 2 org add second --transport-security on
said "off, tls, pkix or dane, not .on."
run 2 account add a@clinic.example extra
said "account add: too much: .extra."
run 2 org list --two-factor
said "two-factor does not belong here"
run 1 account add ann
said "is no mail address"
run 1 account list --organization nobody
said "there is no organization .nobody."
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
said "user .hospital-app. exists already"
! grep -q "$password" "$dir/state/directory.yaml" || fail "kept in clear"
[ "$(stat -c %a "$dir/state/directory.yaml")" = 600 ] || fail "its mode"

# A secret is shown only with a change that holds, and such a change holds only
# with its secret shown.
! grep -q password "$dir/out.txt" || fail "a password of nothing was shown"
got=0
"$gateway" credential add "hospital \"A\"" unseen --config "$dir/gateway.yaml" \
    >/dev/full 2>"$dir/error.txt" || got=$?
[ "$got" = 3 ] || fail "nobody saw the password: exit $got"
said "standard output: .*nothing was changed"
run 0 credential list
! grep -q unseen "$dir/out.txt" || fail "a credential that nobody can use"
for password_line in "" "$(printf %3000s x)"; do
    got=0
    printf '%s' "$password_line" |
        "$gateway" account password bob@hospital.example --stdin \
            --config "$dir/gateway.yaml" 2>"$dir/error.txt" || got=$?
    [ "$got" = 2 ] || fail "a password of ${#password_line}: exit $got"
done

# A name is the same in whatever spelling.
run 0 domain add "hospital \"A\"" Bücher.example.
run 1 domain add "hospital \"A\"" xn--bcher-kva.EXAMPLE
said "domain .xn--bcher-kva.example. exists already"
run 0 account add Ann@bücher.example
run 0 account suspend ann@xn--bcher-kva.example
run 0 org add Zörg
run 0 org list
columns=$(sed -n 's/ö/o/; s/ \(off\|pkix\) .*//p' "$dir/out.txt" |
    awk '{ print length($0) }' | sort -u | wc -l)
[ "$columns" = 1 ] || fail "columns do not stand in line"
run 0 org remove Zörg
run 0 account remove ANN@Bücher.Example
run 0 domain remove bücher.EXAMPLE

# What root makes is the gateway's to read.
if [ "$(id -u)" = 0 ]; then
    "$gateway" org add mine --config "$dir/first.yaml"
    chown 65534:65534 "$dir/first"
    "$gateway" org add theirs --config "$dir/first.yaml"
    for file in directory.yaml directory.yaml.lock; do
        [ "$(stat -c %u:%g:%a "$dir/first/$file")" = 65534:65534:600 ] ||
            fail "$file is not the gateway's"
    done
fi

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
got=0
"$gateway" check --config "$dir/gateway.yaml" >/dev/full 2>&1 || got=$?
[ "$got" = 3 ] || fail "check to a full disk: exit $got"
echo nothing >"$dir/bad.pem"
for spoilt in 'portal: {listen: "127.0.0.1:0", certificate: certificate.pem, key: bad.pem}' \
    "outbound: {trust: bad.pem}" \
    "dkim: [{domain: clinic.example, selector: s1, key: bad.pem}]"; do
    {
        cat "$dir/gateway.yaml"
        echo "$spoilt"
    } >"$dir/spoilt.yaml"
    got=0
    "$gateway" check --config "$dir/spoilt.yaml" >"$dir/out.txt" \
        2>"$dir/error.txt" || got=$?
    [ "$got" = 2 ] || fail "check: exit $got: $spoilt"
    said "spoilt.yaml: .*bad.pem"
done
sed "s/^dns:.*/dns: {resolver: \"$address@5399\", trust-anchor: bad.pem}/" \
    "$dir/gateway.yaml" >"$dir/spoilt.yaml"
! "$gateway" check --config "$dir/spoilt.yaml" >"$dir/out.txt" \
    2>"$dir/error.txt" || fail "a trust anchor of nothing is good"
said "bad.pem: no trust anchor"

# A key may be a domain's that was made by command.
openssl genpkey -algorithm ed25519 -out "$dir/dkim.pem" 2>"$dir/openssl.txt"
cp "$dir/gateway.yaml" "$dir/kept.yaml"
for domain in hospital.example nobody.example; do
    {
        cat "$dir/kept.yaml"
        echo "dkim: [{domain: $domain, selector: s1, key: dkim.pem}]"
    } >"$dir/gateway.yaml"
    if [ "$domain" != nobody.example ]; then
        run 0 check
        run 3 preflight "$domain"
        said "unknown *dkim: s1._domainkey.$domain"
    fi
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
said 'note lab.example: server failure'
said 'waits until 20.*: look-up failed'
run 0 conversations --json
conversation=$(sed -n 's/.*"conversation": "\(.*\)".*/\1/p' "$dir/out.txt")
run 0 explain "$conversation"
said "message $message from bob@hospital.example"
run 0 explain "$message" --json
said '"latest": {'
# Each word that explain may say is told in the manual.
"$gateway" decide --words >"$dir/words.txt"
while read -r word; do
    grep -qF -- "$word" "$source/gateway/app/lasthop-gateway.8" ||
        fail "the manual does not tell what is meant by: $word"
done <"$dir/words.txt"
run 0 explain "$message" EVE@lab.example
run 1 explain "$message" ann@lab.example
run 1 explain nothing

# What cannot be looked up is told from what is not there.
run 1 preflight HOSPITAL.example.
said "unknown *spf: hospital.example"
said "the look-up failed: server failure"
said "missing *dkim: .*"
! grep -q "missing *dmarc" "$dir/out.txt" || fail "a failed look-up is absence"
run 1 preflight gateway.test
run 2 preflight nobody.example
said "is no organization.s domain, nor"
run 2 preflight "not a domain"

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
