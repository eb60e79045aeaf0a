// The applicant's walk on the demonstration, in a real browser: from 新增 to 送件 with a scan made from the
// form just printed. Every page on the way is photographed at desktop and phone width, and checked by axe.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { attachment, choose, CONTENT, fill, printForm, save, SUBJECT, tryScan, uploadScan } from './papers.mjs';
import { look, newPage, screenshot, signIn, startBrowser, startDemo } from './support.mjs';

let demo;
let browser;
let folder;

before(async () => {
  [demo, browser, folder] = await Promise.all([
    startDemo(),
    startBrowser(),
    mkdtemp(join(tmpdir(), 'casebind-walk-')),
  ]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a newcomer walks from the first sign-in to 送件', async () => {
  const page = await newPage(browser, { address: demo.address });
  await page.goto('/');
  await look(page, '01-login');
  await page.getByRole('textbox', { name: '帳號' }).fill('newcomer');
  await page.locator('input[name="password"]').fill('not the password');
  await page.getByRole('button', { name: '登入' }).click();
  await look(page, '02-login-refused');

  await signIn(page, demo, 'newcomer');
  await page.getByRole('heading', { name: '選擇您服務的學校' }).waitFor();
  await look(page, '03-school');
  await page.getByText('示範國中').first().click();
  await page.getByRole('button', { name: '確定' }).click();

  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
  await page.getByText('共 0 筆').first().waitFor();
  await look(page, '04-list-empty');
  // What is typed before a script has come counts as well: these two come late.
  for (const late of ['glyphs', 'draft']) {
    await page.route(`**/${late}*.js*`, async (route) => {
      await new Promise((done) => setTimeout(done, 1500));
      await route.continue();
    });
  }
  await page.getByRole('link', { name: '新增' }).first().click();
  await look(page, '05-choose-service');
  await page.getByRole('radio', { name: /轉介申請/ }).check();
  await page.getByRole('button').filter({ hasText: /確定|下一步/ }).click();

  // A character without a glyph is named beside its field while it is typed, and goes when it is mended.
  await page.locator('[name="problem"]').pressSequentially('王\u{12000}');
  const said = page.locator('#problem-glyphs');
  await said.getByText('U+12000').first().waitFor();
  const described = await page.locator('[name="problem"]').getAttribute('aria-describedby');
  assert.ok(described.split(' ').includes('problem-glyphs'), described);
  assert.match(await page.locator('#live').textContent(), /U\+12000/);
  await page.getByText('草稿已保留').first().waitFor();
  await look(page, '05-glyph');
  await page.locator('[name="problem"]').fill('王小明');
  await said.waitFor({ state: 'hidden' });
  await page.unrouteAll({ behavior: 'wait' });

  // Each error stands next to its field, and nothing typed is lost.
  await fill(page, { ...CONTENT, phone_alt: '不知道' });
  await page.getByRole('button', { name: '新增', exact: true }).click();
  await page.locator('#phone_alt-error').waitFor();
  await look(page, '06-content-errors');
  assert.equal(await page.locator('[name="problem"]').inputValue(), CONTENT.problem);
  await fill(page, { phone_alt: CONTENT.phone_alt });
  await page.locator('[name="needs"][value="心理師"]').check();
  await look(page, '07-content');
  await page.getByRole('button', { name: '新增', exact: true }).dblclick();

  await page.getByText('案件暫存完成，請繼續新增服務對象').first().waitFor();
  const number = new URL(page.url()).pathname.split('/')[2];
  await look(page, '08-case-draft');
  await page.goto('/cases');
  await page.getByText('共 1 筆').first().waitFor();

  await page.goto(`/cases/${number}?tab=subject`);
  await page.getByRole('link', { name: /新增/ }).first().click();
  await look(page, '09-subject-form');
  await fill(page, SUBJECT);
  await page.getByRole('button', { name: '新增', exact: true }).click();
  await page.getByText('檢查碼不符').first().waitFor();
  await look(page, '10-subject-confirm');
  await page.getByLabel(/確認無誤/).check();
  await page.getByRole('button', { name: '新增', exact: true }).click();
  await page.getByText('服務對象新增完成，請繼續新增檢附資料').first().waitFor();
  await page.getByText('E12****789').first().waitFor();
  await look(page, '11-case-subject');

  await page.goto(`/cases/${number}/attachments`);
  await look(page, '12-attachments-empty');
  for (const [category, name] of [['consent', '家長同意書.pdf'], ['summary', '輔導紀錄摘要.pdf']]) {
    await page.locator(`[name="category"]`).first().waitFor();
    await choose(page, 'category', category);
    await page.locator('input[type="file"]').first().setInputFiles({
      name,
      mimeType: 'application/pdf',
      buffer: attachment(category),
    });
    await page.getByRole('button', { name: /^上傳/ }).click();
    await page.locator('.attachment').filter({ hasText: name }).waitFor();
  }
  await look(page, '13-attachments');

  await page.goto(`/cases/${number}`);
  const printed = await printForm(page);
  await page.goto(`/cases/${number}`);
  await page.getByRole('link', { name: '上傳簽核申請單' }).first().waitFor();
  await page.waitForFunction(() => [...document.images].every((image) => image.complete && image.naturalWidth > 0));
  await look(page, '14-case-sealing');

  // An edit makes the paper stale; the page says so, and the scan of the old print is refused.
  const first = await save(page, printed, join(folder, 'form-1.pdf'));
  await page.goto(`/cases/${number}/content`);
  await fill(page, { note: '請先電洽輔導室。' });
  await page.getByRole('button', { name: '儲存' }).click();
  await page.getByText('第 1 版申請單已過期').first().waitFor();
  await look(page, '15-case-stale');
  const second = await save(page, await printForm(page), join(folder, 'form-2.pdf'));

  const scan = (form, name, ...flags) => tryScan(demo, form, join(folder, name), ...flags);
  const upload = (path) => uploadScan(page, number, path);
  await page.goto(`/cases/${number}/scans/new`);
  await look(page, '16-upload');
  await upload(await scan(first, 'stale.pdf'));
  await page.getByText('這不是最新版的申請單').first().waitFor();
  await page.getByText('備註').first().waitFor();
  await look(page, '17-upload-stale');

  await upload(await scan(second, 'unsigned.pdf', '--unsigned'));
  await page.getByText('所有核章欄看起來都是空白的').first().waitFor();
  await look(page, '18-check-unsigned');

  const signed = await scan(second, 'signed.pdf');
  await upload(signed);
  await page.getByText('核章欄皆有核章').first().waitFor();
  await page.waitForFunction(() => [...document.images].every((image) => image.complete && image.naturalWidth > 0));
  await look(page, '19-check');
  await page.getByRole('button', { name: '送件' }).dblclick();

  await page.getByText('申請完成，等待審核確認中').first().waitFor();
  await look(page, '20-receipt');
  await page.goBack();
  await page.goto(`/cases/${number}`);
  assert.equal(await page.getByRole('link', { name: '編輯', exact: true }).count(), 0);
  await page.getByText('送件').first().waitFor();
  await look(page, '21-case-submitted');
  const refused = await page.goto(`/cases/${number}/content`);
  assert.equal(refused.status(), 409);
  await look(page, '22-refused');
  await page.goto(`/cases/${number}?tab=flow`);
  await look(page, '23-flow');

  // The original comes back byte by byte.
  const original = await page.locator('a[href$="/original"]').first().getAttribute('href');
  const kept = await save(page, original, join(folder, 'original.pdf'));
  assert.deepEqual(await readFile(kept), await readFile(signed));
  page.assertQuiet();
});

test('the applicant with cases sees them, and staff see what is theirs', async () => {
  const page = await newPage(browser, { address: demo.address });
  await signIn(page, demo, 'counsellor');
  await page.getByText('共 5 筆').first().waitFor();
  await look(page, '30-list');
  await page.getByText(/檢視另外\d+則流程/).first().click();
  await screenshot(page, '31-list-flow');
  await page.goto('/account');
  await look(page, '32-account');
  await page.goto('/cases/1159999999');
  await look(page, '33-not-found');
  await page.goto('/cases?q=沒有這個字');
  await look(page, '34-nothing-found');
  for (const [login, total] of [['manager', null], ['supervisor', null], ['psychologist', 3], ['archivist', null]]) {
    const staff = await newPage(browser, { address: demo.address });
    await signIn(staff, demo, login);
    await staff.locator('.top__account').waitFor();
    // Where their work begins differs; the list is the same for all.
    await staff.goto('/cases?scope=all');
    await staff.getByRole('heading', { name: '案件查詢' }).waitFor();
    if (total !== null) await staff.getByText(`共 ${total} 筆`).first().waitFor();
    await look(staff, `35-${login}`);
    if (login === 'manager') {
      await staff.getByText('進階搜尋', { exact: true }).click();
      await look(staff, '36-advanced-search');
      await staff.getByRole('link', { name: '表格', exact: true }).click();
      await staff.getByRole('region', { name: '案件表格' }).waitFor();
      await look(staff, '37-list-as-a-table');
    }
    staff.assertQuiet();
  }
  page.assertQuiet();
});
