// validate.js SCHEMA FILE... - holds JSON files against a JSON Schema with ajv;
// a line and exit 1 for each that does not fit.
'use strict';
const fs = require('fs');
const Ajv = require(process.env.AJV_FOLDER + '/ajv/dist/2020');
const read = (path) => JSON.parse(fs.readFileSync(path, 'utf8'));
const [schema, ...files] = process.argv.slice(2);
// A word may be of several types to a YAML reader, so patterns stand beside them.
const ajv = new Ajv({allErrors: true, strict: true, allowUnionTypes: true,
                     strictTypes: false});
const fits = ajv.compile(read(schema));
for (const file of files) {
  if (fits(read(file))) continue;
  process.exitCode = 1;
  for (const error of fits.errors.filter((e) => e.keyword !== 'anyOf'))
    console.log(`${file}${error.instancePath}: ${error.message} ` +
                JSON.stringify(error.params));
}
