// validate.js SCHEMA DOCUMENTS FILE... - holds JSON documents, a line for each
// FILE, against a JSON Schema with ajv; exit 1 after a line for each that does
// not fit.
'use strict';
const fs = require('fs');
const Ajv = require(process.env.AJV_FOLDER + '/ajv/dist/2020');
const [schema, documents, ...files] = process.argv.slice(2);
// A word may be of several types to a YAML reader, so patterns stand beside them.
const ajv = new Ajv({allErrors: true, strict: true, allowUnionTypes: true,
                     strictTypes: false});
const fits = ajv.compile(JSON.parse(fs.readFileSync(schema, 'utf8')));
const lines = fs.readFileSync(documents, 'utf8').trim().split('\n');
if (lines.length !== files.length) throw new Error('a line for each file');
lines.forEach((line, i) => {
  if (fits(JSON.parse(line))) return;
  process.exitCode = 1;
  for (const error of fits.errors.filter((e) => e.keyword !== 'anyOf'))
    console.log(`${files[i]}${error.instancePath}: ${error.message} ` +
                JSON.stringify(error.params));
});
