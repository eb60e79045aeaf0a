// What archivists and administrators do on the demonstration, and the pages that nobody's walk leads past: periods of
// retention, a hold, a disposal by two people, retrieval, the custody chain, deletion questions, what was interrupted, the
// way out. Photographed at both widths and in the dark, and usable by everyone.
//
// The demonstration has no case of years ago and one archivist: the test makes one case old, and a case manager an
// archivist too, in the database itself.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { look, newPage, screenshot, signIn, startBrowser, startDemo } from './support.mjs';

const run = promisify(execFile);
const samples = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'samples');
const SUBMITTED = '1150000002';

let demo;
let browser;
const people = new Map();

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  await sql("INSERT INTO roles (person_id, role, granted_at) SELECT id, 'archivist', 0 FROM people WHERE login = 'manager'");
  await sql("UPDATE cases SET opened_at = 946684800000, state_at = 959817600000 WHERE state = 'withdrawn'");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Runs a statement on the demonstration's database and returns the first column of the first row. */
async function sql(statement) {
  const program = 'import sqlite3,sys\nwith sqlite3.connect(sys.argv[1],timeout=20) as db:\n  print((db.execute(sys.argv[2]).fetchone() or [""])[0])';
  const { stdout } = await run('python3', ['-c', program, join(demo.dataDir, 'casebind.sqlite'), statement]);
  return stdout.trim();
}

/** This person's page, in a browser of their own; they sign in once. */
async function as(login) {
  if (!people.has(login)) {
    const page = await newPage(browser, { address: demo.address });
    await signIn(page, demo, login);
    await page.locator('.top__account').waitFor();
    people.set(login, page);
  }
  return people.get(login);
}

/** The same, and a picture in the dark. */
async function lookTwice(page, name) {
  await look(page, name);
  await page.emulateMedia({ colorScheme: 'dark' });
  await screenshot(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** What the navigation counts behind an address. */
const counted = (page, href) => page.locator(`nav a[href="${href}"] .count`).allTextContents();

test('a case is held, let go, and destroyed by two archivists', async () => {
  const number = await sql("SELECT number FROM cases WHERE state = 'withdrawn'");
  const page = await as('archivist');
  await page.goto('/retention/disposed');
  await look(page, '100-disposed-empty');
  await page.goto('/retention');
  await page.getByText('已屆滿').first().waitFor();
  await lookTwice(page, '101-retention');
  await page.locator('[name="number"]').last().fill(number);
  await page.locator('[name="reason"]').fill('訴訟進行中，依法院函文保留。');
  await page.getByRole('button', { name: '保留', exact: true }).click();
  await page.getByText('案件已保留').first().waitFor();
  await look(page, '102-retention-held');
  await page.locator('summary', { hasText: '解除保留' }).click();
  await page.locator('[name^="reason-"]').fill('訴訟已終結。');
  await page.getByRole('button', { name: '解除保留', exact: true }).click();
  await page.getByText('已解除保留').first().waitFor();
  await page.getByRole('button', { name: `提請銷毀 ${number}` }).click();
  await page.getByRole('heading', { level: 1, name: `提請銷毀 ${number}` }).waitFor();
  await look(page, '103-disposal-own');
  assert.deepEqual(await counted(page, '/retention'), [], 'nobody decides their own');

  const second = await as('manager');
  await second.goto('/notices');
  assert.deepEqual(await counted(second, '/retention'), ['1']);
  await second.getByText('提請銷毀').first().waitFor();
  await lookTwice(second, '104-disposal-told');
  await second.locator('.told a[href="/retention"]').click();
  await second.getByRole('link', { name: /^查看並決定/ }).click();
  await lookTwice(second, '105-disposal-decide');
  await second.getByRole('button', { name: '核准銷毀' }).click();
  await second.getByText('案件已銷毀').first().waitFor();
  await look(second, '106-disposal-gone');
  assert.deepEqual(await counted(second, '/retention'), []);
  await second.goto('/retention/disposed');
  await second.getByText(number).first().waitFor();
  await look(second, '107-disposed');
  await second.goto(`/cases/${number}`);
  await look(second, '108-disposed-case');
});

test('the archivist retrieves, examines a file, and reads the custody chain', async () => {
  const page = await as('archivist');
  await page.goto('/retrieval');
  await look(page, '109-retrieval');
  await page.goto('/retrieval/check');
  await look(page, '110-examine');
  await page.locator('input[type="file"]').setInputFiles(join(samples, 'form.pdf'));
  await page.getByRole('button', { name: '查驗' }).click();
  await page.getByRole('heading', { name: '不是登記在案的原件' }).waitFor();
  await look(page, '111-examine-unknown');
  const print = await (await as('counsellor')).context().request.get(`/cases/${SUBMITTED}/prints/1/form.pdf`);
  assert.equal(print.status(), 200);
  await page.locator('input[type="file"]').setInputFiles({ name: '申請單.pdf', mimeType: 'application/pdf', buffer: await print.body() });
  await page.getByRole('button', { name: '查驗' }).click();
  await page.getByRole('heading', { name: '是登記在案的原件', exact: true }).waitFor();
  await lookTwice(page, '112-examine-known');

  await page.goto(`/cases/${SUBMITTED}/custody`);
  await page.getByRole('heading', { level: 1, name: /保管鏈/ }).waitFor();
  await lookTwice(page, '113-custody');
  await page.getByRole('link', { name: /^查看證明/ }).first().click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await lookTwice(page, '114-custody-proof');
  await page.goto('/fixity');
  await look(page, '115-fixity');
});

test('the applicant is asked before anything is deleted', async () => {
  const page = await as('counsellor');
  const about = "FROM subjects s JOIN cases c ON c.id = s.case_id WHERE c.state IN ('draft', 'sealing') AND s.deleted_at IS NULL ORDER BY c.number LIMIT 1";
  const number = await sql(`SELECT c.number ${about}`);
  const subject = await sql(`SELECT s.id ${about}`);
  await page.goto(`/cases/${number}/subject/${subject}/delete`);
  await look(page, '116-subject-delete');
  const attachment = await sql(`SELECT a.id FROM attachments a JOIN cases c ON c.id = a.case_id WHERE c.number = '${number}' LIMIT 1`);
  await page.goto(`/cases/${number}/attachments/${attachment}/delete`);
  await look(page, '117-attachment-delete');
  await page.getByRole('link', { name: '取消，回上一頁' }).click();
  assert.equal(await sql(`SELECT COUNT(*) FROM attachments WHERE id = '${attachment}' AND deleted_at IS NULL`), '1', 'asking deletes nothing');
});

test('what was interrupted says what is safe and goes on', async () => {
  const page = await as('counsellor');
  await page.goto('/cases');
  // The case that was destroyed is listed still, and can't be ticked.
  await page.getByText('共 5 筆').first().waitFor();
  assert.equal(await page.locator('.pick input').count(), 4);
  await page.getByLabel('全選本頁').check();
  await page.getByText('已選取 4 件').first().waitFor();
  await page.getByRole('button', { name: '列印所選案件' }).click();
  await page.getByRole('button', { name: /^列印 \d+ 件/ }).waitFor();
  const address = new URL(page.url()).pathname;
  await sql(`UPDATE bulk_prints SET state = 'stopped' WHERE id = '${address.split('/').at(-1)}'`);
  await page.goto(address);
  await page.getByText('印到一半停下來了').waitFor();
  await lookTwice(page, '118-bulk-stopped');
  const digest = await sql('SELECT digest FROM documents LIMIT 1');
  await sql(`INSERT INTO stacks (id, person_id, file_name, digest, pages, state, created_at, beat_at) SELECT 'stopped', id, '整疊.pdf', '${digest}', 4, 'stopped', ${Date.now()}, ${Date.now()} FROM people WHERE login = 'counsellor'`);
  await page.goto('/stacks/stopped');
  await page.getByRole('heading', { name: '處理到一半停下來了' }).waitFor();
  await look(page, '119-stack-stopped');
});

test('the administrator adds a school and removes an empty zone', async () => {
  const page = await as('admin');
  await page.goto('/admin/schools');
  await page.getByRole('link', { name: '新增一所學校' }).click();
  await page.getByRole('button', { name: '新增學校' }).click();
  await page.getByRole('alert').waitFor();
  await lookTwice(page, '120-school-refused');
  await page.locator('[name="code"]').fill('00139x');
  await page.locator('[name="name"]').fill('示範共學機構');
  await page.locator('[name="district"]').fill('三民區');
  await page.locator('[name="stage"]').selectOption({ label: '非學校型態實驗教育' });
  await page.getByRole('button', { name: '新增學校' }).click();
  await page.getByText('學校已新增').first().waitFor();
  await look(page, '121-schools');
  await page.getByRole('link', { name: '修改 示範共學機構' }).click();
  await look(page, '122-school-edit');
  await page.locator('[name="district"]').fill('左營區');
  await page.getByRole('button', { name: '儲存' }).click();
  await page.getByRole('row', { name: /00139X/ }).getByText('左營區').waitFor();

  await page.goto('/zones');
  await page.locator('.zone--new [name="name"]').fill('第三區');
  await page.getByRole('button', { name: '新增分區' }).click();
  await page.getByRole('button', { name: '移除 第三區' }).waitFor();
  await look(page, '123-zones');
  await page.getByRole('button', { name: '移除 第三區' }).click();
  await page.getByText('分區已移除').first().waitFor();
  await page.goto('/admin/changes');
  await page.getByText('第三區').first().waitFor();
});

test('archivists and administrators are told of a finding, and it is counted', async () => {
  await sql(`INSERT INTO fixity_findings (id, kind, place, digest, expected, actual, repair, named_by, first_at, last_at) VALUES ('empty-000000000000', 'empty', 'original-0', NULL, '1,024 bytes', '0 bytes', 'Restore the file from a backup.', '[]', ${Date.now()}, ${Date.now()})`);
  for (const login of ['archivist', 'admin']) {
    await sql(`INSERT INTO notices (id, person_id, topic, audience, at) SELECT 'f-${login}', id, 'fixity', '${login === 'admin' ? 'administrators' : 'archivists'}', ${Date.now()} FROM people WHERE login = '${login}'`);
    const page = await as(login);
    await page.goto('/notices');
    await page.locator('.told a[href="/fixity"]').waitFor();
    assert.deepEqual(await counted(page, '/fixity'), ['1']);
    await look(page, `124-${login}-told`);
    await page.goto('/fixity');
    await page.getByText('待處理').first().waitFor();
    await look(page, `125-${login}-fixity`);
  }
});

test('whoever signs out is told so', async () => {
  const page = await as('archivist');
  await page.locator('.menu--account summary').click();
  await page.getByRole('button', { name: '登出' }).click();
  await page.waitForURL(/\/login/);
  await lookTwice(page, '126-signed-out');
  for (const each of people.values()) each.assertQuiet();
});
