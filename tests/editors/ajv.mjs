// Runs Ajv and the language servers' own glob code for test_schemastore.py: one JSON request on standard input,
// one JSON answer on standard output. Documents come as values, or as YAML text to be read as SchemaStore reads it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const request = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(join(request.modules, 'index.js'));
const { Ajv } = require('ajv');
const YAML = require('yaml');

function compiled(schema, options, keywords) {
  const complaints = [];
  const note = (...parts) => complaints.push(parts.join(' '));
  const ajv = new Ajv({ ...options, logger: { log: note, warn: note, error: note } });
  keywords.forEach((keyword) => ajv.addKeyword(keyword));
  return { validate: ajv.compile(schema), complaints };
}

function violations(validate, value) {
  return validate(value) ? [] : validate.errors.map(({ instancePath, keyword }) => [instancePath, keyword]);
}

async function matched({ modules, globs, paths }) {
  const inside = 'languageservice/services/yamlSchemaService.js';
  const first = require(`./yaml-language-server-1/out/server/src/${inside}`);
  const second = await import(pathToFileURL(join(modules, 'yaml-language-server-2/out/src', inside)).href);
  return [first, second].map(({ FilePatternAssociation }) => {
    const association = new FilePatternAssociation(globs, undefined, []);
    return paths.map((path) => association.matchesPattern(pathToFileURL(path).href));
  });
}

const answer = {
  compiled: request.schemas.map(({ schema, options, keywords, values = [], texts = [] }) => {
    const { validate, complaints } = compiled(schema, options, keywords);
    return {
      complaints,
      values: values.map((value) => violations(validate, value)),
      texts: texts.map((text) => violations(validate, YAML.parse(text))),
    };
  }),
  matched: request.globs ? await matched(request) : [],
};
process.stdout.write(JSON.stringify(answer));
