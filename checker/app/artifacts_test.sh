#!/bin/sh
# What is left of a failure: its story and the evidence, as JSON and without
# secrets; of a pass nothing is left.
# usage: artifacts_test.sh BIN SOURCE
set -eu
lasthop=$1/lasthop
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

fail() {
    echo "artifacts_test: $1" >&2
    exit 1
}

"$lasthop" new mine --kind right >/dev/null
sed 's/^cases:/  journal: [{event: outcome, host: nowhere}]\n\ncases:/' mine.yaml >wrong.yaml
code=0
"$lasthop" run mine.yaml wrong.yaml -k sms --artifacts left >said || code=$?
[ "$code" = 1 ] || fail "exit code $code"
[ "$(ls left | wc -l)" = 1 ] || fail "not one folder: $(ls left)"
grep -q "no such event" left/*-wrong-sms/story.txt || fail "no story"
head -c 2 left/*-wrong-sms/evidence.json | grep -q '^{' || fail "no evidence"
grep -q '"journal": \[' left/*-wrong-sms/evidence.json || fail "no journal"
grep -q 'AUTH PLAIN \[redacted\]' left/*-wrong-sms/evidence.json ||
    fail "no transcript"
! grep -rq '31612345678' left || fail "a phone number is left"
