#!/bin/sh
# A validator that is not ours (ajv) holds every shipped scenario, posture and
# organization against the schema that `lasthop schema` prints, and refuses
# scenarios with a slip.
# usage: schema_test.sh BIN SOURCE
set -eu
bin=$1
source=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm=$bin/../npm
if [ ! -e "$npm/node_modules/ajv" ]; then
    mkdir -p "$npm"
    cp "$source/.ci/npm/package.json" "$source/.ci/npm/package-lock.json" "$npm"
    (cd "$npm" && npm ci --no-audit --no-fund >"$dir/npm.txt" 2>&1) ||
        { cat "$dir/npm.txt" >&2; exit 1; }
fi
AJV_FOLDER=$(cd "$npm/node_modules" && pwd -P)
export AJV_FOLDER

# validate KIND FILE... - as YAML files of that kind
validate() {
    kind=$1
    shift
    "$bin/lasthop" schema --of "$kind" >"$dir/$kind.schema"
    "$bin/lasthop" schema --as-json "$@" >"$dir/documents"
    node "$source/.ci/npm/validate.js" "$dir/$kind.schema" "$dir/documents" "$@"
}

validate scenario "$source"/scenarios/*/*.yaml "$source"/fixtures/kinds/*.yaml
validate posture "$source"/fixtures/postures/*.yaml
validate organization "$source"/fixtures/organizations/*.yaml

for slip in 's/delivery:/delivry:/' 's/^title: .*//' 's/to: \[.*/to: bob/' \
    's/method: email/method: mail/' 's/^clock: .*/clock: noon/' 's/^  columns:/  column:/'; do
    sed "$slip" "$source/scenarios/order/nothing-else-is-email.yaml" \
        >"$dir/slip.yaml"
    if validate scenario "$dir/slip.yaml" >"$dir/said.txt" ||
        ! grep -q "slip.yaml" "$dir/said.txt"; then
        echo "schema_test: the schema lets through $slip" >&2
        exit 1
    fi
done
