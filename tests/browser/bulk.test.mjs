// 列印所選案件 on the demonstration: tick, look, print, open the PDF. Photographed at both widths.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  assertAccessible, look, newPage, PHONE, screenshot, signIn, startBrowser, startDemo,
} from './support.mjs';


let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('ticked cases are looked through, printed, and come as one PDF', async () => {
  const page = await newPage(browser, { address: demo.address });
  await signIn(page, demo, 'counsellor');
  await page.getByText('共 5 筆').first().waitFor();
  await look(page, '50-bulk-list');
  await page.locator('.pick input').first().check();
  await page.locator('main').getByText('已選取 1 件').first().waitFor();
  await page.getByLabel('全選本頁').check();
  await page.getByText('已選取 5 件').first().waitFor();
  await look(page, '51-bulk-ticked');
  await page.getByRole('button', { name: '列印所選案件' }).click();

  await page.getByRole('heading', { name: '列印所選案件' }).waitFor();
  await page.getByText('2 件可以列印').first().waitFor();
  await page.getByText('第 2 版（新印）').first().waitFor();
  await page.getByText('第 1 版（先前已印，內容相同）').first().waitFor();
  await page.getByText('狀態為「送件」，不能再列印新的申請單').first().waitFor();
  await page.getByText('尚未新增服務對象').first().waitFor();
  await look(page, '52-bulk-chosen');
  await page.getByRole('button', { name: '列印 2 件' }).dblclick();

  await page.getByRole('heading', { name: '2 件申請單已可列印' }).waitFor();
  await look(page, '54-bulk-done');
  const address = await page.getByRole('link', { name: /^開啟 PDF/ }).getAttribute('href');
  const pdf = await page.context().request.get(address);
  assert.equal(pdf.status(), 200);
  assert.match(pdf.headers()['content-type'], /application\/pdf/);
  assert.equal(pdf.headers()['content-encoding'], undefined, 'a packed PDF is not packed again');
  const bytes = await pdf.body();
  assert.equal(bytes.subarray(0, 5).toString(), '%PDF-');
  assert.ok(bytes.subarray(-6).toString().includes('%%EOF'), 'whole to its end');
  page.assertQuiet();
});

// The bar's own words: screen readers are told the same in a place of their own, now and then.
const barSays = (page, words) => page.locator('[data-follow-words]', { hasText: words }).waitFor();

test('the bar moves while it prints, and the page goes on by itself when it has ended', async () => {
  const page = await newPage(browser, { address: demo.address });
  await signIn(page, demo, 'counsellor');
  await page.getByText('共 5 筆').first().waitFor();
  await page.getByLabel('全選本頁').check();
  await page.getByRole('button', { name: '列印所選案件' }).click();
  await page.getByRole('button', { name: /^列印 \d+ 件/ }).waitFor();
  const address = new URL(page.url()).pathname;
  // The server's page of a printing under way, with progress as a long one reports it.
  const going = await (await page.context().request.get(address)).text();
  let state = { done: 240, total: 1000, going: true, words: '已列印 240／1000 件' };
  await page.route(`**${address}/progress`, (route) => route.fulfill({ json: state }));
  await page.route(`**${address}`, (route) => {
    const box = `<section class="sheet stack bulk__progress" data-follow="${address}/progress"><div class="bulk__meter"><progress max="1000" value="0" aria-label="列印進度"></progress><p class="bulk__words" data-follow-words>0／1000 件</p></div><p>可以離開這一頁，列印會繼續；回到這個網址就能看到結果。每印好一件就已存入案件，不會重複列印。</p><p class="none" data-follow-lost hidden>暫時連不上，恢復連線後會自動更新。</p></section>`;
    const body = state.going ? going.replace(/<p class="lead">[\s\S]*<\/main>/, `${box}</main>`) : going;
    return route.fulfill({ body, contentType: 'text/html; charset=utf-8' });
  });
  await page.goto(address);
  await barSays(page, '240／1000 件');
  assert.equal(await page.locator('progress').getAttribute('value'), '240');
  await screenshot(page, '53-bulk-printing');
  await page.setViewportSize(PHONE);
  await screenshot(page, '53-bulk-printing-390');
  await assertAccessible(page, '53-bulk-printing');
  state = { ...state, done: 720, words: '已列印 720／1000 件' };
  await barSays(page, '720／1000 件');
  state = { ...state, going: false };
  await page.getByRole('button', { name: /^列印 \d+ 件/ }).waitFor();
  page.assertQuiet();
});

test('without scripts the same steps lead to the PDF', async () => {
  const page = await newPage(browser, { address: demo.address, javaScriptEnabled: false });
  await signIn(page, demo, 'counsellor');
  await page.getByText('共 5 筆').first().waitFor();
  await page.locator('.card:has(.card__names .badge--seal) .pick input').first().check();
  await page.getByRole('button', { name: '列印所選案件' }).click();
  await page.getByRole('button', { name: '列印 1 件' }).click();
  await page.getByRole('heading', { name: '1 件申請單已可列印' }).waitFor();
});
