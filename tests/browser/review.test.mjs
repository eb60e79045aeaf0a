// From 送件 to 收件 in a real browser: the manager returns, the applicant scans again; the manager asks for a
// supplement of something printed, the applicant changes, prints, scans and hands in again; the manager judges
// by keys alone and receives. Every page on the way is photographed and checked by axe.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { pictures, sealAgain } from './papers.mjs';
import { look, newPage, screenshot, signIn, startBrowser, startDemo } from './support.mjs';

let demo;
let browser;
let folder;

before(async () => {
  [demo, browser, folder] = await Promise.all([
    startDemo(),
    startBrowser(),
    mkdtemp(join(tmpdir(), 'casebind-review-')),
  ]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Presses keys one by one, and counts them. */
class Keys {
  pressed = [];

  constructor(page) {
    this.page = page;
  }

  async press(...keys) {
    for (const key of keys) {
      this.pressed.push(key);
      await this.page.keyboard.press(key);
    }
  }
}

test('a case goes back, is supplemented, and is received by keys alone', async () => {
  const manager = await newPage(browser, { address: demo.address });
  await signIn(manager, demo, 'manager');
  await manager.getByRole('heading', { name: '待審核', exact: true }).waitFor();
  await look(manager, '40-queue');
  await manager.getByRole('link', { name: '開始審核' }).click();
  await manager.waitForURL(/\/review/);
  const number = new URL(manager.url()).pathname.split('/')[2];
  await pictures(manager);
  await look(manager, '41-desk');

  // The outlines, the printed form, zoom and turn follow their controls.
  await manager.keyboard.press('f');
  assert.equal(await manager.locator('.leaf__print').first().evaluate((e) => getComputedStyle(e).visibility), 'visible');
  await screenshot(manager, '42-desk-printed');
  await manager.keyboard.press('f');
  await manager.keyboard.press('+');
  await manager.keyboard.press('t');
  await screenshot(manager, '43-desk-turned');
  await manager.keyboard.press('t');
  await manager.keyboard.press('t');
  await manager.keyboard.press('t');
  await manager.keyboard.press('-');
  await manager.keyboard.press('?');
  await manager.getByRole('dialog', { name: '快速鍵' }).waitFor();
  await look(manager, '44-desk-keys');
  await manager.keyboard.press('Escape');

  // A verdict is taken back by a key.
  await manager.keyboard.press('1');
  await manager.locator('.items > [data-item]:first-child[data-now="reviewed"]').waitFor();
  await manager.keyboard.press('u');
  await manager.locator('.items > [data-item]:first-child[data-now="unreviewed"]').waitFor();

  // The third box is wanting: its remark becomes the reason.
  await manager.keyboard.press('j');
  await manager.keyboard.press('j');
  await manager.keyboard.press('2');
  await manager.locator('#item-seal-principal input[name="remark"]:focus').waitFor();
  await manager.keyboard.type('印文不清');
  await manager.keyboard.press('Enter');
  await manager.locator('#item-seal-principal [data-who]').getByText('陳個管').waitFor();
  await look(manager, '45-desk-wanting');
  await manager.keyboard.press('b');
  await manager.waitForURL(/\/return/);
  assert.equal(await manager.locator('[name="reason"]').inputValue(), '「校長」核章欄：印文不清。');
  await look(manager, '46-return');
  await manager.getByRole('button', { name: '退回核章' }).click();
  await manager.getByText('已退回核章').first().waitFor();

  const applicant = await newPage(browser, { address: demo.address });
  await signIn(applicant, demo, 'counsellor');
  await applicant.goto(`/cases/${number}`);
  await applicant.locator('#wanted').getByText('印文不清').waitFor();
  await pictures(applicant);
  await look(applicant, '47-case-returned');
  await sealAgain(applicant, demo, folder, number, 'again', false);
  await applicant.getByRole('button', { name: '送件' }).click();
  await applicant.getByText('申請完成，等待審核確認中').first().waitFor();

  await manager.goto(`/cases/${number}/review`);
  await manager.keyboard.press('s');
  await manager.waitForURL(/\/supplement/);
  await manager.locator('input[value="content:phone"]').check();
  await manager.locator('[name="reason"]').fill('連絡電話打不通，請更正。');
  await look(manager, '48-supplement');
  await manager.getByRole('button', { name: '請申請人補件' }).click();
  await manager.getByText('已請申請人補件').first().waitFor();

  await applicant.goto(`/cases/${number}`);
  await applicant.getByRole('heading', { name: '補件說明' }).waitFor();
  await pictures(applicant);
  await look(applicant, '49-case-supplement');
  await applicant.getByRole('link', { name: '修改「連絡電話」' }).click();
  await look(applicant, '50-supplement-form');
  assert.equal(await applicant.locator('form.record .field').count(), 1);
  await applicant.locator('[name="phone"]').fill('07-7654321');
  await applicant.getByRole('button', { name: '儲存' }).click();
  await applicant.getByText('已修改').first().waitFor();
  await sealAgain(applicant, demo, folder, number, 'changed', true);
  await look(applicant, '51-supplement-check');
  await applicant.getByRole('button', { name: '送出審核' }).click();
  await applicant.getByRole('heading', { name: '已送出審核' }).waitFor();
  await look(applicant, '52-receipt');

  // Judging a clean case: everything good, received.
  await manager.goto('/queue');
  await manager.getByText('有更新').first().waitFor();
  await manager.getByRole('link', { name: '開始審核' }).click();
  await manager.waitForURL(/\/review/);
  await pictures(manager);
  await look(manager, '53-desk-supplemented');

  // Second thoughts on a slow line: Enter right after 2 waits for the verdict, and nothing is received.
  const verdicts = '**/review/verdicts';
  await manager.keyboard.press('a');
  await manager.locator('form[data-receive] .button--primary').waitFor();
  await manager.route(verdicts, async (route) => {
    await new Promise((later) => setTimeout(later, 1000));
    await route.continue();
  });
  await manager.keyboard.press('2');
  await manager.keyboard.press('Enter');
  await manager.locator('[data-item][data-now="wanting"] input[name="remark"]:focus').waitFor();
  await manager.unroute(verdicts);
  assert.match(manager.url(), /\/review/);
  assert.equal(await manager.locator('form[data-receive] .button--primary').count(), 0);
  await manager.keyboard.press('Escape');
  await manager.keyboard.press('3');
  await manager.locator('[data-item][data-now="wanting"]').waitFor({ state: 'detached' });
  await manager.locator('form[data-all] input[name="target"]').first().waitFor({ state: 'attached' });

  const keys = new Keys(manager);
  const began = Date.now();
  await keys.press('a');
  await manager.locator('form[data-receive] .button--primary').waitFor();
  await keys.press('Enter');
  await manager.getByText('已收件').first().waitFor();
  const took = Date.now() - began;
  assert.ok(keys.pressed.length <= 2, `a clean case takes ${keys.pressed.length} keys`);
  assert.ok(took < 30_000, `judging a clean case took ${took} ms`);
  console.log(`a clean case: ${keys.pressed.length} keys, ${took} ms from the first key to the next page`);

  await applicant.goto(`/cases/${number}?tab=flow`);
  await pictures(applicant);
  await look(applicant, '54-case-received');
  await applicant.getByRole('link', { name: '收據' }).first().click();
  await look(applicant, '55-receipt-received');
  for (const [name, below] of [['56-correct', '/correct?part=content'], ['57-decline', '/decline'], ['58-hand-over', '/hand-over']]) {
    await manager.goto(`/cases/${number}${below}`);
    await look(manager, name);
  }
  manager.assertQuiet();
  applicant.assertQuiet();
});

test('verdicts are judged one by one, each with one key, and the second person is told', async () => {
  const manager = await newPage(browser, { address: demo.address });
  await signIn(manager, demo, 'manager');
  await manager.getByRole('heading', { name: '待審核', exact: true }).waitFor();
  // Received by the first test: verdicts can still be given there.
  await manager.goto('/queue?state=received');
  await manager.getByRole('link', { name: /開啟/ }).first().click();
  await manager.waitForURL(/\/review/);
  const items = await manager.locator('[data-item]').count();
  await manager.locator('[data-item]').first().focus();
  for (let at = 0; at < items; at += 1) {
    await manager.keyboard.press('3');
    await manager.keyboard.press('j');
  }
  await manager.locator('[data-progress]').getByText(`已核閱 0／${items}`).waitFor();
  await manager.locator('[data-item]').first().focus();
  for (let at = 1; at <= items; at += 1) {
    // The next item is chosen when the verdict is written down.
    await manager.keyboard.press('1');
    await manager.locator('[data-progress]').getByText(`已核閱 ${at}／${items}`).waitFor();
  }

  // A page that is older than the case: the verdict isn't lost.
  const old = await manager.context().newPage();
  await old.goto(manager.url());
  await manager.locator('[data-item]').first().focus();
  await manager.keyboard.press('3');
  await manager.locator('[data-progress]').getByText(`已核閱 ${items - 1}／${items}`).waitFor();
  await old.locator('[data-item]').nth(1).focus();
  await old.keyboard.press('2');
  await old.getByRole('heading', { name: '這個案件剛才有了變動' }).waitFor();
  await look(old, '59-conflict');
  await old.getByRole('button', { name: '仍以我的核閱儲存' }).click();
  await old.locator('[data-item][data-now="wanting"]').waitFor();
  manager.assertQuiet();
});

test('a remark is kept when it is left, and the next page waits for it', async () => {
  const manager = await newPage(browser, { address: demo.address });
  await signIn(manager, demo, 'manager');
  await manager.goto('/queue?state=received');
  await manager.getByRole('link', { name: /開啟/ }).first().click();
  await manager.waitForURL(/\/review/);
  const desk = new URL(manager.url()).pathname;
  const remark = (at) => manager.locator('[data-item]').nth(at).locator('input[name="remark"]');

  // Left without Enter and without a verdict.
  const verdict = await manager.locator('[data-item]').first().getAttribute('data-now');
  await remark(0).fill('');
  await remark(0).pressSequentially('左下角有摺痕');
  const kept = manager.waitForResponse('**/review/verdicts');
  await remark(1).focus();
  assert.equal((await kept).status(), 200);
  await manager.locator('#live').getByText('備註已儲存').waitFor({ state: 'attached' });
  assert.ok(await remark(1).evaluate((field) => field === document.activeElement), 'whoever typed stays where they went');
  await manager.goto(desk);
  assert.equal(await remark(0).inputValue(), '左下角有摺痕');
  assert.equal(await manager.locator('[data-item]').first().getAttribute('data-now'), verdict, 'the verdict stands');

  // On a slow line a link waits until the remark is written down: it is part of the next page.
  await manager.locator('[data-item]').nth(1).focus();
  await manager.keyboard.press('2');
  await manager.locator('.items > [data-item]:nth-child(2)[data-now="wanting"]').waitFor();
  const verdicts = '**/review/verdicts';
  await manager.route(verdicts, async (route) => {
    await new Promise((later) => setTimeout(later, 1000));
    await route.continue();
  });
  await remark(1).fill('');
  await remark(1).pressSequentially('第二頁印文模糊');
  await manager.locator('[data-end="s"] a').click();
  await manager.waitForURL(/\/supplement/);
  assert.match(await manager.locator('[name="reason"]').inputValue(), /第二頁印文模糊/);
  await manager.unroute(verdicts);
  await manager.goto(desk);
  assert.equal(await remark(1).inputValue(), '第二頁印文模糊');

  // A remark takes the verdict that stands when its turn comes, not the one that stood when it was left.
  await manager.route(verdicts, async (route) => {
    await new Promise((later) => setTimeout(later, 500));
    await route.continue();
  });
  const first = manager.locator('[data-item]').first();
  await first.focus();
  await manager.keyboard.press('3');
  await manager.keyboard.press('a');
  await remark(0).fill('印文清楚');
  await remark(1).focus();
  await manager.locator('#live').getByText('備註已儲存').waitFor({ state: 'attached' });
  await manager.unroute(verdicts);
  await manager.goto(desk);
  assert.equal(await first.getAttribute('data-now'), 'reviewed', 'what came between stands');
  assert.equal(await remark(0).inputValue(), '印文清楚');
  manager.assertQuiet();

  // Where it can't be written down, whoever types the next one isn't led away from it, and it is tried again.
  const cut = await manager.context().newPage();
  await cut.goto(desk);
  const field = (at) => cut.locator('[data-item]').nth(at).locator('input[name="remark"]');
  await cut.route(verdicts, (route) => route.abort());
  await field(0).fill('印文偏左');
  await field(1).focus();
  const unsaved = cut.locator('[data-item]').first().getByText('備註還沒有儲存');
  await unsaved.waitFor();
  await field(1).fill('寫到一半');
  assert.equal(new URL(cut.url()).pathname, desk);
  await cut.unroute(verdicts);
  await field(0).focus();
  await field(1).focus();
  await unsaved.waitFor({ state: 'detached' });
  await cut.goto(desk);
  assert.equal(await field(0).inputValue(), '印文偏左');
  assert.equal(await field(1).inputValue(), '寫到一半');
  await cut.close();
});

test('a browser that keeps nothing still has its keys, and a script that fails says so', async () => {
  const manager = await newPage(browser, { address: demo.address });
  await signIn(manager, demo, 'manager');
  await manager.goto('/queue?state=received');
  const href = await manager.getByRole('link', { name: /開啟/ }).first().getAttribute('href');
  await manager.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } });
  });
  await manager.goto(href);
  await manager.locator('[data-item][aria-current]').waitFor();
  await manager.keyboard.press('?');
  await manager.getByRole('dialog', { name: '快速鍵' }).waitFor();
  await manager.locator('[data-keys-switch] input').uncheck();
  await manager.keyboard.press('Escape');
  await manager.getByRole('dialog', { name: '快速鍵' }).waitFor({ state: 'hidden' });
  await manager.keyboard.press('f');
  assert.equal(await manager.locator('#flicker').isChecked(), false, 'keys are off for this page');
  manager.assertQuiet();

  await manager.route('**/desk.js', (route) => route.fulfill({ contentType: 'text/javascript', body: 'export default () => { throw new Error("it fails"); };' }));
  await manager.goto(href);
  await manager.locator('[data-item]').first().waitFor();
  await manager.waitForTimeout(200);
  assert.throws(() => manager.assertQuiet(), /it fails/);
});
