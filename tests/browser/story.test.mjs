// One case and six people, from 新增 to the archivist: what each of them sees and does, and that those whom it
// doesn't concern are told that it isn't there. Every page on the way is photographed and checked by axe.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { attachment, choose, CONTENT, fill, pictures, printForm, save, sealAgain, SUBJECT } from './papers.mjs';
import { tryScan, uploadScan } from './papers.mjs';
import { look, newPage, signIn, startBrowser, startDemo } from './support.mjs';

const samples = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'samples');

let demo;
let browser;
let folder;
const people = new Map();

before(async () => {
  [demo, browser, folder] = await Promise.all([
    startDemo(),
    startBrowser(),
    mkdtemp(join(tmpdir(), 'casebind-story-')),
  ]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** This person's page, in a browser of their own; they sign in once. */
async function as(login) {
  if (!people.has(login)) {
    const page = await newPage(browser, { address: demo.address });
    // Papers are read and drawn on the way, which takes a busy machine its time.
    page.context().setDefaultTimeout(90_000);
    await signIn(page, demo, login);
    await page.locator('.top__account').waitFor();
    people.set(login, page);
  }
  return people.get(login);
}

/** Whoever the case concerns now gets its page, and everybody else the same answer as for one that isn't there. */
async function onlySeenBy(number, ...seen) {
  const all = ['counsellor', 'teacher', 'manager', 'supervisor', 'supervisor2', 'psychologist', 'worker', 'archivist', 'admin'];
  for (const login of all) {
    const answer = await (await as(login)).context().request.get(`/cases/${number}`);
    assert.equal(answer.status(), seen.includes(login) ? 200 : 404, `${login} and the case`);
  }
}

/** The answer to an address that this person types. */
const status = async (page, address) => (await page.context().request.get(address, { maxRedirects: 0 })).status();

let number;

test('the applicant opens a case, prints, signs, scans and submits', async () => {
  const page = await as('counsellor');
  await page.goto('/cases/new');
  await page.getByRole('radio', { name: /轉介申請/ }).check();
  await page.getByRole('button').filter({ hasText: /確定|下一步/ }).click();
  await fill(page, CONTENT);
  await page.locator('[name="needs"][value="心理師"]').check();
  await page.getByRole('button', { name: '新增', exact: true }).click();
  await page.getByText('案件暫存完成，請繼續新增服務對象').first().waitFor();
  number = new URL(page.url()).pathname.split('/')[2];
  await onlySeenBy(number, 'counsellor', 'manager');

  await page.goto(`/cases/${number}/subject`);
  await fill(page, { ...SUBJECT, name: '林小安', id_number: 'A123456789' });
  await page.getByRole('button', { name: '新增', exact: true }).click();
  await page.getByText('服務對象新增完成，請繼續新增檢附資料').first().waitFor();
  for (const [category, name] of [['consent', '家長同意書.pdf'], ['summary', '輔導紀錄摘要.pdf']]) {
    await page.goto(`/cases/${number}/attachments`);
    await choose(page, 'category', category);
    const file = { name, mimeType: 'application/pdf', buffer: attachment(`story ${category}`) };
    await page.locator('input[type="file"]').first().setInputFiles(file);
    await page.getByRole('button', { name: /^上傳/ }).click();
    await page.locator('.attachment').filter({ hasText: name }).waitFor();
  }
  await page.goto(`/cases/${number}`);
  await look(page, '80-story-ready');
  const form = await save(page, await printForm(page), join(folder, 'form.pdf'));
  await uploadScan(page, number, await tryScan(demo, form, join(folder, 'scan.pdf')));
  await page.getByText('核章欄皆有核章').first().waitFor();
  await page.getByRole('button', { name: '送件' }).click();
  await page.getByText('申請完成，等待審核確認中').first().waitFor();
  await onlySeenBy(number, 'counsellor', 'manager', 'supervisor', 'archivist');
});

test('the manager returns it, and the applicant scans again', async () => {
  const manager = await as('manager');
  await manager.goto(`/cases/${number}/review`);
  await manager.getByRole('link', { name: '退回核章' }).first().click();
  await manager.locator('[name="reason"]').fill('「校長」的印文太淡，請重新核章。');
  await manager.getByRole('button', { name: '退回核章' }).click();
  await manager.getByText('已退回核章').first().waitFor();
  await onlySeenBy(number, 'counsellor', 'manager');

  const page = await as('counsellor');
  await page.goto('/notices');
  await page.getByText('簽核申請單已退回').first().waitFor();
  await look(page, '81-story-notices');
  await page.goto(`/cases/${number}`);
  await page.locator('#wanted').getByText('印文太淡').waitFor();
  await sealAgain(page, demo, folder, number, 'again', false);
  await page.getByRole('button', { name: '送件' }).click();
  await page.getByText('申請完成，等待審核確認中').first().waitFor();
});

test('the manager asks for a supplement, the applicant answers, and the manager receives by keys', async () => {
  const manager = await as('manager');
  await manager.goto(`/cases/${number}/supplement`);
  await look(manager, '82-story-ask-supplement');
  await manager.locator('input[value="content:phone"]').check();
  await manager.locator('input[value="attachment:consent"]').check();
  await manager.locator('[name="reason"]').fill('電話打不通，請更正；同意書請確認是否為最新版。');
  await manager.getByRole('button', { name: '請申請人補件' }).click();
  await manager.getByText('已請申請人補件').first().waitFor();

  const page = await as('counsellor');
  await page.goto(`/cases/${number}`);
  await page.getByRole('link', { name: '修改「連絡電話」' }).click();
  await page.locator('[name="phone"]').fill('07-7654321');
  await page.getByRole('button', { name: '儲存' }).click();
  await page.getByText('已修改').first().waitFor();
  // What is closed stays closed, whatever address is typed.
  assert.equal(await page.locator('[name="problem"]').count(), 0);
  await page.getByText('不需要修改，我要說明').last().click();
  await page.locator('[name="answer"]').last().fill('已向家長確認，就是最新版。');
  await page.getByRole('button', { name: /^儲存說明/ }).last().click();
  await page.getByText('說明').first().waitFor();
  await look(page, '83-story-supplement');
  await sealAgain(page, demo, folder, number, 'supplemented', true);
  await page.getByRole('button', { name: '送出審核' }).click();
  await page.getByRole('heading', { name: '已送出審核' }).waitFor();
  await look(page, '84-story-receipt');

  await manager.goto(`/cases/${number}/review`);
  await pictures(manager);
  await look(manager, '85-story-desk');
  await manager.keyboard.press('a');
  await manager.locator('form[data-receive] .button--primary').waitFor();
  await manager.keyboard.press('Enter');
  await manager.getByText('已收件').first().waitFor();
});

test('the supervisor dispatches, and the professional serves and proposes closing', async () => {
  const supervisor = await as('supervisor');
  await supervisor.goto('/dispatch');
  await look(supervisor, '86-story-dispatch');
  await supervisor.goto(`/cases/${number}/dispatch`);
  await supervisor.locator('.person', { hasText: '張心理' }).getByRole('checkbox').check();
  await supervisor.getByRole('button', { name: '派案' }).click();
  await supervisor.getByText('已派案，服務人員現在看得到這個案件').waitFor();
  await onlySeenBy(number, 'counsellor', 'manager', 'supervisor', 'psychologist', 'archivist');

  const page = await as('psychologist');
  await page.goto(`/cases/${number}`);
  await look(page, '87-story-served');
  await page.goto(`/cases/${number}/records/new`);
  await fill(page, { minutes: '50', kind: 'individual', participants: '學生、輔導老師', summary: '初談，建立關係；說明保密與界限。' });
  await page.getByRole('button', { name: '新增紀錄' }).click();
  await page.getByText('服務紀錄已新增').waitFor();
  await page.locator('.record-card a').first().click();
  await page.locator('#f-file').setInputFiles(join(samples, 'form.pdf'));
  await page.getByRole('button', { name: '上傳檔案' }).click();
  await page.getByText('檔案已加入服務紀錄').waitFor();
  const record = new URL(page.url()).pathname;
  const file = await page.getByRole('link', { name: 'form.pdf' }).getAttribute('href');
  await look(page, '88-story-record');

  await page.goto(`/cases/${number}/close`);
  await page.getByLabel('症狀緩解回歸學校').check();
  await page.getByRole('textbox', { name: /結案摘要/ }).fill('情緒穩定，規律到校；請導師持續關懷。');
  await page.getByRole('button', { name: '送出結案申請' }).click();
  await page.getByText('已申請結案，等待分區督導核准').first().waitFor();

  // What was written in confidence is read by those who serve the case, its supervisor and the managers.
  for (const [login, code] of [['psychologist', 200], ['supervisor', 200], ['manager', 200], ['counsellor', 404], ['archivist', 404], ['worker', 404]]) {
    const other = await as(login);
    for (const address of [record, file, `/cases/${number}/closing`]) {
      assert.equal(await status(other, address), code, `${login} ${address}`);
    }
  }
});

test('the supervisor approves the closing', async () => {
  const page = await as('supervisor');
  await page.goto('/dispatch?show=closings');
  await page.getByText('林小安').first().waitFor();
  await page.goto(`/cases/${number}/closing`);
  await look(page, '89-story-closing');
  await page.getByRole('button', { name: '核准結案' }).click();
  await page.getByText('已核准結案').waitFor();
  await onlySeenBy(number, 'counsellor', 'manager', 'supervisor', 'psychologist', 'archivist');
  const applicant = await as('counsellor');
  await applicant.goto(`/cases/${number}`);
  await applicant.getByText('結案').first().waitFor();
  await look(applicant, '90-story-closed');
});

test('the archivist finds the case, its digests and who saw it, and changes nothing', async () => {
  const page = await as('archivist');
  await page.goto(`/cases?scope=all&q=${number}`);
  await page.getByText('共 1 筆').first().waitFor();
  await look(page, '91-story-found');
  await page.locator('.card .card__title a').first().click();
  await pictures(page);
  await look(page, '92-story-archived');
  for (const event of ['編輯', '列印申請單', '退回核章', '改派', '重新開案']) {
    assert.equal(await page.getByRole('link', { name: event, exact: true }).count(), 0, event);
    assert.equal(await page.getByRole('button', { name: event, exact: true }).count(), 0, event);
  }
  await page.goto(`/cases/${number}?tab=flow`);
  const flow = await page.locator('.flow').innerText();
  // From the newest to the oldest: each stands below the one before it.
  let at = -1;
  for (const event of ['結案', '申請結案', '派案', '收件', '送出審核', '補件', '送件', '退回核章', '暫存']) {
    const found = flow.indexOf(event, at + 1);
    assert.ok(found > at, `${event} in the flow, in its place`);
    at = found;
  }
  await look(page, '93-story-flow');

  // The scan that the case rests on comes back byte by byte, under the digest that the pages show.
  const original = await page.locator('a[href$="/original"]').first().getAttribute('href');
  assert.equal(await status(page, original), 303, 'nothing goes out before a purpose is stated');
  await page.goto('/retrieval');
  await page.locator('[name="number"]').fill(number);
  await page.getByRole('button', { name: '尋找' }).click();
  await page.locator('.told__case').first().waitFor();
  await look(page, '95-story-retrieval');
  await page.locator('.told__case').first().click();
  await page.locator('[name="purpose"]').fill('年度抽查');
  await page.getByRole('button', { name: '記錄目的，開始調閱' }).click();
  await page.getByRole('link', { name: /^下載原件/ }).first().waitFor();
  await look(page, '96-story-purpose');
  await page.goto('/fixity');
  await look(page, '97-story-fixity');
  await page.goto(`/cases/${number}?tab=flow`);
  const kept = await readFile(await save(page, original, join(folder, 'kept.pdf')));
  assert.deepEqual(kept, await readFile(join(folder, 'supplemented-scan.pdf')));
  const digest = createHash('sha256').update(kept).digest('hex');
  const shown = (await page.locator('main').innerText()).replace(/[\s\u00a0]/g, '');
  assert.ok(shown.includes(digest.slice(0, 12)), `${digest.slice(0, 12)} on the page`);

  await page.goto(`/cases/${number}/traces`);
  const looked = (await page.locator('select[name="person"]').innerText()).split('\n');
  for (const name of ['王輔導', '陳個管', '李督導', '張心理', '吳檔案']) {
    assert.ok(looked.some((person) => person.includes(name)), `${name} among those who saw it: ${looked}`);
  }
  await look(page, '94-story-traces');
  assert.equal(await status(await as('counsellor'), `/cases/${number}/traces`), 404);
  for (const below of ['/review', '/correct', '/dispatch', '/records/new', '/reopen']) {
    const code = await status(page, `/cases/${number}${below}`);
    assert.ok([404, 409].includes(code), `the archivist at ${below}: ${code}`);
  }
  for (const each of people.values()) each.assertQuiet();
});
