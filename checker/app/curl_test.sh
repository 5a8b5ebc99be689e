#!/bin/sh
# An unmodified curl submits to a served world; with a foreign CA, a stripped
# STARTTLS or a wrong password it says that it failed, and nothing arrives.
# usage: curl_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
. "$source/checker/app/served.sh"
want curl
want socat

cat >"$dir/message.eml" <<'END'
From: Anna Jansen <jansen@clinic.example>
To: bob@hospital.example
Cc: eve@lab.example
Subject: From curl
Date: Mon, 02 Mar 2026 09:00:00 +0100
Message-ID: <curl@clinic.example>

What only Bob may read.
END

# submit CA PASSWORD ADDRESS
submit() {
    curl --silent --show-error --max-time 20 \
        "smtp://$LASTHOP_HOST:$LASTHOP_PORT" \
        --resolve "$LASTHOP_HOST:$LASTHOP_PORT:$3" --ssl-reqd --cacert "$1" \
        --user "$LASTHOP_USER:$2" --mail-from jansen@clinic.example \
        --mail-rcpt bob@hospital.example --mail-rcpt eve@lab.example \
        --mail-rcpt ann@practice.example --crlf \
        --upload-file "$dir/message.eml" >"$dir/curl.txt" 2>&1
}

serve to-cc-bcc
submit "$dir/ca.pem" "$LASTHOP_PASSWORD" "$LASTHOP_ADDRESS" ||
    fail "curl failed"
judged 0 "To, Cc and Bcc"

serve nothing
foreign_ca
! submit "$dir/foreign.pem" "$LASTHOP_PASSWORD" "$LASTHOP_ADDRESS" ||
    fail "curl took the certificate of a CA that it does not know"
! submit "$dir/ca.pem" wrong "$LASTHOP_ADDRESS" ||
    fail "curl called a wrong password a success"
stripper
! submit "$dir/ca.pem" "$LASTHOP_PASSWORD" "$front" ||
    fail "curl went on without TLS"
grep -q STARTTLS "$dir/curl.txt" || fail "it failed for another reason"
strip_no_more
judged 0 "nothing arrives"
said 'user name or password is wrong' || fail "a wrong password is not told"
said 'does not trust the CA' || fail "a foreign CA is not told"
