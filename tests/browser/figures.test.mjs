// 統計 and 查閱紀錄 in a real browser: usable by everyone at both widths, in light and dark, and without scripts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { look, newPage, signIn, startBrowser, startDemo } from './support.mjs';

let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

for (const colorScheme of ['light', 'dark']) {
  test(`a case manager reads the figures and who saw a case (${colorScheme})`, async () => {
    const page = await newPage(browser, { address: demo.address, colorScheme });
    await signIn(page, demo, 'case-manager');
    await page.goto('/statistics');
    await page.getByRole('heading', { level: 1, name: '統計' }).waitFor();
    await look(page, `statistics-${colorScheme}`);
    const plots = page.getByRole('img');
    assert.ok((await plots.count()) >= 1);
    for (const plot of await plots.all()) assert.ok(await plot.getAttribute('aria-label'));

    // What is narrowed down stays in the address.
    await page.getByLabel('從').fill('2026-01');
    await page.getByRole('button', { name: '更新' }).click();
    await page.waitForURL(/from=2026-01/);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /^下載 CSV.*各月件數/ }).click();
    assert.match((await download).suggestedFilename(), /^統計-各月件數-.*\.csv$/);

    await page.goto('/cases?scope=all');
    await page.locator('.card__title a').first().click();
    await page.locator('summary', { hasText: '的選單' }).first().click();
    await page.getByRole('link', { name: '查閱紀錄' }).first().click();
    await page.getByRole('heading', { level: 1, name: '查閱紀錄' }).waitFor();
    await look(page, `traces-${colorScheme}`);
    await page.getByLabel('動作').selectOption({ label: '檢視案件' });
    await page.getByRole('button', { name: '篩選' }).click();
    await page.waitForURL(/action=view-case/);
    page.assertQuiet();
    await page.context().close();
  });
}

test('without scripts the figures are all there', async () => {
  const page = await newPage(browser, { address: demo.address, javaScriptEnabled: false });
  await signIn(page, demo, 'case-manager');
  await page.goto('/statistics');
  assert.ok((await page.getByRole('table').count()) >= 2);
  await page.context().close();
});
