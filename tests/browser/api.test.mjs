// The API of a demonstration as any program meets it: the document is valid OpenAPI, every answer is as the
// document says, judged by validators that are not ours, and the README's example works.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';

import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { startDemo } from './support.mjs';

const ROOT = '/api/v1';

let demo;
let description;
let ajv;

before(async () => {
  demo = await startDemo();
  description = await (await fetch(`${demo.address}${ROOT}/openapi.json`)).json();
  ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
  ajv.addSchema(description, 'document');
});

after(() => demo?.stop());

/** A program that is logged in, or nobody without a login; each answer is held against the document. */
async function program(login) {
  const headers = {};
  if (login) {
    const { password } = demo.person(login);
    const body = new URLSearchParams({ account: login, password });
    const answer = await fetch(`${demo.address}/login`, { method: 'POST', body, redirect: 'manual' });
    headers.cookie = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
  }
  const ask = async (method, template, values = {}, body = undefined, query = '') => {
    const path = template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    const sent = body ? { ...headers, 'content-type': 'application/json' } : headers;
    const address = demo.address + ROOT + path + query;
    const answer = await fetch(address, { method, headers: sent, body: body && JSON.stringify(body) });
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, bytes, ...fitting(method, template, answer, bytes) };
  };
  ask.send = (path, fields) =>
    fetch(demo.address + path, { method: 'POST', headers, body: new URLSearchParams(fields), redirect: 'manual' });
  return ask;
}

/** The JSON of an answer, which the document describes for this status. */
function fitting(method, template, answer, bytes) {
  const type = answer.headers.get('content-type').split(';')[0];
  const operation = description.paths[ROOT + template][method.toLowerCase()];
  const what = `${method} ${template}: ${answer.status} ${type}`;
  const response = operation.responses[answer.status];
  assert.ok(response, `${what} isn't described`);
  if (!type.endsWith('json')) return {};
  assert.ok(response.content[type], `${what} isn't described`);
  const steps = ['paths', ROOT + template, method.toLowerCase(), 'responses', answer.status, 'content', type, 'schema'];
  const pointer = steps.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
  const validate = ajv.getSchema(`document#/${pointer}`);
  const json = JSON.parse(bytes);
  assert.ok(validate(json), `${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(json).slice(0, 2000)}`);
  return { json };
}

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(description));
  assert.ok(valid, JSON.stringify(errors, null, 1));
  assert.equal(validator.version, '3.1');
});

test('what people read is as the document says', async () => {
  let read = 0;
  for (const login of ['counsellor', 'manager', 'supervisor', 'psychologist', 'archivist', 'admin']) {
    const ask = await program(login);
    assert.equal((await ask('GET', '/services')).status, 200);
    const { json: list } = await ask('GET', '/cases', {}, undefined, '?limit=100');
    for (const { number } of list.cases) {
      for (const below of ['', '/flow', '/choices']) {
        assert.equal((await ask('GET', `/cases/{number}${below}`, { number })).status, 200);
      }
      const { json: documents } = await ask('GET', '/cases/{number}/documents', { number });
      // Archivists say for what, before anything goes out.
      if (login === 'archivist' && documents.length > 0) {
        const first = { number, digest: documents[0].digest };
        const refused = await ask('GET', '/cases/{number}/documents/{digest}', first);
        assert.deepEqual([refused.status, refused.json.type], [403, 'urn:casebind:problem:purpose-needed']);
        assert.equal((await ask.send(`/retrieval/${number}`, { purpose: '核對文件' })).status, 303);
      }
      for (const { digest } of documents) {
        const { bytes } = await ask('GET', '/cases/{number}/documents/{digest}', { number, digest });
        assert.equal(createHash('sha256').update(bytes).digest('hex'), digest);
        read += 1;
      }
    }
  }
  assert.ok(read > 10, `${read} originals`);
});

test('a list is read to its end, page by page', async () => {
  const ask = await program('counsellor');
  const { json: whole } = await ask('GET', '/cases', {}, undefined, '?limit=100');
  const numbers = [];
  for (let after = ''; after !== undefined; ) {
    const { json: page } = await ask('GET', '/cases', {}, undefined, `?limit=2&after=${after}`);
    assert.equal(page.total, whole.total);
    numbers.push(...page.cases.map((one) => one.number));
    after = page.after;
  }
  assert.deepEqual(numbers, whole.cases.map((one) => one.number));
  assert.ok(numbers.length > 2);
});

test('a case is opened, filled in and withdrawn, and refusals are told', async () => {
  const ask = await program('counsellor');
  const content = { phone: '07-1234567', phone_alt: '0912345678', problem: '經常請假', needs: ['心理師'], expectation: '穩定就學' };
  const opened = await ask('POST', '/cases', {}, { service: 'referral', content });
  assert.equal(opened.status, 201);
  const { number } = opened.json;
  const wrong = await ask('PUT', '/cases/{number}/content', { number }, { version: 1, content: { phone: '' } });
  assert.deepEqual([wrong.status, wrong.json.type], [422, 'urn:casebind:problem:invalid-fields']);
  const saved = await ask('PUT', '/cases/{number}/content', { number }, { version: 1, content: { ...content, note: '請電洽' } });
  assert.equal(saved.json.version, 2);
  const refused = await ask('POST', '/cases/{number}/events', { number }, { event: 'print' });
  assert.deepEqual([refused.status, refused.json.state, refused.json.event, refused.json.reason], [409, 'draft', 'print', 'no-subject']);
  const unread = await ask('POST', '/cases/{number}/events', { number }, { event: 'fly' });
  assert.equal(unread.status, 422);
  const foreign = await (await program('archivist'))('GET', '/cases/{number}', { number });
  assert.equal(foreign.status, 404);
  const nobody = await (await program())('GET', '/cases/{number}', { number });
  assert.equal(nobody.status, 401);
  const withdrawn = await ask('POST', '/cases/{number}/events', { number }, { event: 'withdraw', version: 2, reason: '家長不同意' });
  assert.equal(withdrawn.json.state.label, '撤案');
});
