// The helpers themselves: what they read from the demo's start, and that they fail when they should.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { assertAccessible, DemoOutput, newPage, screenshot, startBrowser } from './support.mjs';

let browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser?.close());

test('the demo tells its address and its people', () => {
  const output = new DemoOutput();
  for (const line of [
    'Casebind demo, data in /tmp/casebind',
    '',
    '  role           login        password',
    '  applicant      counsellor   k7q2-9xbd-0g5t',
    '  manager        desk         m3r8-2wcf-5h1v',
    '',
    'Try first:',
    '  1. Open http://127.0.0.1:43210 and log in as counsellor: cases in several states.',
    '  2. Log in',
    '',
    'http://127.0.0.1:43210',
  ]) {
    output.line(line);
  }
  assert.equal(output.address, 'http://127.0.0.1:43210');
  assert.deepEqual(output.person('applicant'), { role: 'applicant', login: 'counsellor', password: 'k7q2-9xbd-0g5t' });
  assert.equal(output.person('desk').role, 'manager');
  assert.equal(output.people.length, 2);
  assert.throws(() => output.person('archivist'), /no archivist, only applicant, manager/);
});

test('a page that cannot be used by everyone fails, a good one passes', async () => {
  const page = await newPage(browser);
  await page.setContent(
    '<!doctype html><html lang="zh-Hant"><title>好</title><main><h1>好</h1><label>姓名 <input></label></main></html>',
  );
  await assertAccessible(page, 'the good page');
  await page.setContent('<!doctype html><html lang="zh-Hant"><title>壞</title><main><h1>壞</h1><input></main></html>');
  await assert.rejects(assertAccessible(page, 'the bad page'), /the bad page can't be used by everyone:\n {2}label/);
  assert.ok(existsSync(await screenshot(page, 'support')));
  await page.context().close();
});

test('what the console complains about fails the test', async () => {
  const page = await newPage(browser);
  await page.setContent('<!doctype html><p>');
  page.assertQuiet();
  await page.evaluate(() => console.error('broken'));
  assert.throws(() => page.assertQuiet(), /broken/);
  await page.context().close();
});
