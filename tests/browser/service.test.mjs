// 派案, 服務紀錄, 結案 and 分區 on the demonstration: supervisor, professional, applicant and administrator, each
// on the own pages. Photographed at both widths.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { look, newPage, PHONE, screenshot, signIn, startBrowser, startDemo } from './support.mjs';

const samples = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'samples');

let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const as = async (login, options = {}) => {
  const page = await newPage(browser, { address: demo.address, ...options });
  await signIn(page, demo, login);
  return page;
};

/** The number of the case in this row of a list. */
const numberOf = async (row) => (await row.locator('.number').first().innerText()).replace(/\s/g, '');

test('a supervisor dispatches several cases at once, and one alone', async () => {
  const page = await as('supervisor');
  await page.getByRole('heading', { name: '派案' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/dispatch');
  assert.equal(await page.locator('.duty').count(), 3);
  await look(page, '60-dispatch');

  await page.locator('.duty .pick input').nth(0).check();
  await page.locator('.duty .pick input').nth(1).check();
  await page.getByText('符合所選 2 件中的 1 件').first().waitFor();
  await page.locator('.person', { hasText: '張心理' }).getByRole('checkbox').check();
  await page.getByText('已選 2 件案件、1 位人員').waitFor();
  await look(page, '61-dispatch-ticked');
  await page.getByRole('button', { name: '派案 2 件' }).click();
  await page.getByRole('heading', { name: '已派案 1 件，1 件沒有派案' }).waitFor();
  await page.getByText('轉介需求（社工師）不符').waitFor();
  await look(page, '62-dispatched');

  await page.getByRole('link', { name: '回派案' }).last().click();
  await page.locator('.duty', { hasText: '社工師' }).first().getByRole('link', { name: /單獨派案/ }).click();
  await page.getByRole('heading', { name: /^派案/ }).waitFor();
  await page.getByRole('button', { name: '派案' }).click();
  await page.getByText('請至少選擇一位專業輔導人員').first().waitFor();
  await look(page, '63-dispatch-one');
  await page.locator('.person', { hasText: '吳社工' }).getByRole('checkbox').check();
  await page.getByRole('button', { name: '派案' }).dblclick();
  await page.getByText('已派案，服務人員現在看得到這個案件').waitFor();
  await page.getByText('服務人員 吳社工 (社工師)').waitFor();
  await look(page, '64-dispatched-case');

  await page.getByRole('link', { name: '改派' }).click();
  await page.getByRole('heading', { name: /^改派/ }).waitFor();
  await look(page, '65-reassign');
  page.assertQuiet();
});

test('a professional writes, revises and adds a file', async () => {
  const page = await as('psychologist');
  await page.getByRole('heading', { name: '我的服務案件' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/served');
  await look(page, '66-served');
  const row = page.locator('.duty', { hasText: '最近一次' }).first();
  const number = await numberOf(row);
  await row.getByRole('link', { name: /新增紀錄/ }).click();
  await page.getByRole('heading', { name: '新增服務紀錄' }).waitFor();
  await page.getByLabel('服務時間').fill('60');
  await page.getByLabel('個別諮商／晤談').check();
  await page.getByRole('textbox', { name: /參與人員/ }).fill('學生、導師');
  await page.getByRole('textbox', { name: /紀錄摘要/ }).fill('邀請導師一起討論座位與分組，學生說出在意的事。');
  await page.getByText(/草稿已保留/).waitFor();
  await look(page, '67-record-form');
  await page.getByRole('button', { name: '新增紀錄' }).dblclick();
  await page.getByText('服務紀錄已新增').waitFor();
  assert.equal(await page.locator('.record-card', { hasText: '邀請導師一起討論座位' }).count(), 1);
  await look(page, '68-records');

  const card = page.locator('.record-card').first();
  await card.getByRole('link', { name: /^修改/ }).click();
  await page.getByRole('textbox', { name: /紀錄摘要/ }).fill('邀請導師一起討論座位與分組；下次邀請家長。');
  await page.getByRole('button', { name: '儲存' }).click();
  await page.getByText('先前的版本都保留').waitFor();
  await page.locator('#f-file').setInputFiles(join(samples, 'form.pdf'));
  await page.getByRole('button', { name: '上傳檔案' }).click();
  await page.getByText('檔案已加入服務紀錄').waitFor();
  await page.locator('.revision summary').click();
  await look(page, '69-record');
  const file = page.getByRole('link', { name: 'form.pdf' });
  const answer = await page.context().request.get(await file.getAttribute('href'));
  assert.match(answer.headers()['content-disposition'], /^attachment/);

  await page.goto(`/cases/${number}/close`);
  await page.getByRole('button', { name: '送出結案申請' }).click();
  await page.getByText('請選擇結案原因。').first().waitFor();
  await page.getByLabel('已連結資源').check();
  await page.getByRole('textbox', { name: /結案摘要/ }).fill('已連結社會局家庭服務中心，學生出席正常。');
  await look(page, '70-propose-closing');
  await page.getByRole('button', { name: '送出結案申請' }).click();
  await page.getByText('已申請結案，等待分區督導核准').first().waitFor();
  await look(page, '71-closing-proposed');
  await page.goto('/served?show=closed');
  await look(page, '71-served-closed');
  page.assertQuiet();
});

test('a supervisor approves a closing and opens the case again', async () => {
  const page = await as('supervisor');
  await page.getByRole('link', { name: /待核准結案/ }).click();
  await page.locator('.duty').first().waitFor();
  await look(page, '72-closings');
  await page.getByRole('link', { name: /查看結案申請/ }).first().click();
  await page.getByRole('heading', { name: /^結案申請/ }).waitFor();
  await look(page, '73-closing');
  await page.getByRole('button', { name: '核准結案' }).click();
  await page.getByText('已核准結案').waitFor();
  await look(page, '74-closed');
  await page.getByRole('link', { name: '重新開案' }).click();
  await page.getByRole('textbox', { name: /重新開案原因/ }).fill('症狀復發，學校再次求助。');
  await look(page, '75-reopen');
  await page.getByRole('button', { name: '重新開案' }).click();
  await page.getByText('已重新開案').waitFor();
  await look(page, '76-reopened');
  page.assertQuiet();
});

test('an applicant learns how many sessions there were, and not what was said', async () => {
  const page = await as('teacher');
  await page.goto('/cases?state=in_service');
  await page.locator('.card').first().waitFor();
  assert.match(await page.locator('.card').last().innerText(), /\((心理|社工)師\)/);
  await page.locator('.card .card__title a').last().click();
  await page.getByRole('link', { name: '紀錄', exact: true }).click();
  await page.getByText('內容不在這裡顯示').waitFor();
  assert.equal(await page.locator('.record-card').count(), 0);
  await look(page, '77-records-secret');
  page.assertQuiet();
});

test('the administrator moves a district, without scripts too', async () => {
  const page = await as('admin');
  await page.goto('/zones');
  await page.getByRole('heading', { name: '分區', exact: true }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/zones');
  await look(page, '78-zones');
  const plain = await as('admin', { javaScriptEnabled: false });
  await plain.goto('/zones');
  await plain.getByLabel(/^鳳山區/).selectOption({ label: '第一區' });
  await plain.getByRole('button', { name: '儲存行政區的分區' }).click();
  await plain.getByText('分區已儲存').waitFor();
  await plain.getByRole('searchbox', { name: /學校名稱/ }).fill('示範國中');
  await plain.getByRole('button', { name: '尋找學校' }).click();
  await plain.getByLabel(/^示範國中/).selectOption({ label: '第二區' });
  await plain.getByRole('button', { name: /示範國中的分區/ }).click();
  await plain.getByText('1 所單獨設定').first().waitFor();
  await plain.setViewportSize(PHONE);
  await screenshot(plain, '79-zones-school-390');
  page.assertQuiet();
});
