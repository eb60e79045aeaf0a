// 註冊帳號 to the first log-in, the collection notice, and 忘記密碼, in a real browser: mails are read from the outbox
// folder, and the digits of captchas from the database, as no page gives them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { look, newPage, screenshot, startBrowser, startDemo } from './support.mjs';

const run = promisify(execFile);
const ADDRESS = 'director@kindergarten.example.org';
const PASSWORD = 'green apples on a blue table';
const OTHER = 'red pears under a white chair';

let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([startDemo({ args: ['--captcha'] }), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** What the database answers. */
async function sql(text) {
  const script = 'import sqlite3,sys;db=sqlite3.connect(sys.argv[1],timeout=20);rows=db.execute(sys.argv[2]).fetchall();db.commit();print("\\n".join(str(r[0]) for r in rows))';
  const { stdout } = await run('python3', ['-c', script, join(demo.dataDir, 'casebind.sqlite'), text]);
  return stdout.trim();
}

/** Types the digits that the page's picture shows. */
async function answer(page) {
  const id = await page.locator('[name="captcha_id"]').inputValue();
  await page.locator('.captcha img').evaluate((picture) => picture.decode());
  await page.locator('#f-captcha').fill(await sql(`SELECT answer FROM captchas WHERE id = '${id}'`));
}

/** The path of the link in the newest mail to this address that has one, once it is there. */
async function link(address, part) {
  const folder = join(demo.dataDir, 'outbox');
  for (let round = 0; round < 150; round += 1) {
    for (const name of (await readdir(folder).catch(() => [])).sort().reverse()) {
      const file = (await readFile(join(folder, name), 'utf8')).replaceAll('\r', '');
      const [head, body] = [file.slice(0, file.indexOf('\n\n')), file.slice(file.indexOf('\n\n') + 2)];
      const text = Buffer.from(body, 'base64').toString('utf8');
      const found = text.match(new RegExp(`http://[^/]+(${part}[A-Za-z0-9_-]*)`));
      if (head.includes(`To: ${address}`) && found) return found[1];
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no mail to ${address} with ${part}`);
}

test('a kindergarten registers, is activated, comes in, and forgets its password', async () => {
  const page = await newPage(browser, { address: demo.address });
  await page.goto('/login');
  await page.getByText('驗證碼').first().waitFor();
  await look(page, '90-login-captcha');
  await page.getByRole('link', { name: '註冊帳號' }).click();
  await page.getByRole('heading', { name: '註冊帳號' }).waitFor();
  await look(page, '91-register');

  await page.getByRole('button', { name: '註冊' }).click();
  await page.getByText('請選擇您服務的學校').first().waitFor();
  await look(page, '92-register-refused');
  await page.getByLabel(/帳號（信箱）/).fill(ADDRESS);
  await page.getByLabel(/姓名/).fill('許園長');
  await page.locator('#f-password').fill(PASSWORD);
  await page.locator('#f-again').fill(PASSWORD);
  await page.getByLabel('行政區').selectOption('新興區');
  assert.equal(await page.locator('#f-school optgroup').count(), 1);
  await page.locator('#f-school').selectOption({ label: '示範幼兒園（幼兒園）' });
  await page.getByText('閱讀六項告知事項').click();
  await page.getByLabel(/我已閱讀並了解/).check();
  // Other digits, without losing what was typed.
  const before = await page.locator('[name="captcha_id"]').inputValue();
  await page.getByRole('button', { name: '更換驗證碼' }).press('Enter');
  const middle = await page.locator('[name="captcha_id"]').inputValue();
  assert.notEqual(middle, before);
  await page.locator('.captcha__picture').click();
  assert.notEqual(await page.locator('[name="captcha_id"]').inputValue(), middle);
  assert.equal(await page.getByLabel(/姓名/).inputValue(), '許園長');
  // The sound is allowed by the page's policy and has the length of four digits.
  const seconds = await page.locator('[data-captcha-sound]').evaluate(
    (sound) =>
      new Promise((resolve, reject) => {
        const audio = new Audio(sound.href);
        audio.addEventListener('loadedmetadata', () => resolve(audio.duration));
        audio.addEventListener('error', () => reject(new Error('no sound')));
      }),
  );
  assert.ok(seconds > 2 && seconds < 8, `${seconds} s`);
  await answer(page);
  await look(page, '93-register-filled');
  await page.getByRole('button', { name: '註冊', exact: true }).click();
  await page.getByRole('heading', { name: '請到信箱收信' }).waitFor();
  await look(page, '94-registered');

  await page.goto(await link(ADDRESS, '/register/'));
  await page.getByLabel(/註冊時設定的密碼/).fill(PASSWORD);
  await look(page, '95-confirm');
  await page.getByRole('button', { name: '確認信箱' }).click();
  await page.getByRole('heading', { name: '信箱已確認' }).waitFor();

  const manager = await newPage(browser, { address: demo.address });
  await manager.goto('/login');
  await answer(manager);
  await signInHere(manager, demo.person('manager'));
  await manager.getByRole('link', { name: /待啟用帳號/ }).click();
  await manager.getByRole('heading', { name: '許園長' }).waitFor();
  await look(manager, '96-waiting-accounts');
  await manager.getByRole('link', { name: /不啟用/ }).click();
  await manager.getByRole('heading', { name: '不啟用這個帳號嗎？' }).waitFor();
  await look(manager, '97-refuse-account');
  await manager.getByRole('link', { name: /取消/ }).click();
  await manager.getByRole('button', { name: /^啟用/ }).dblclick();
  await manager.getByText('帳號已啟用，系統會寄信通知申請人').waitFor();
  await manager.getByText('沒有等待啟用的帳號').waitFor();
  manager.assertQuiet();

  await page.goto(await link(ADDRESS, '/login'));
  await answer(page);
  await signInHere(page, { login: ADDRESS, password: PASSWORD });
  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
  await page.getByRole('link', { name: '個資告知' }).click();
  await page.getByText('您已閱讀過這個版本').waitFor();
  await look(page, '98-collection-notice');
  await page.goto('/account/address');
  await page.getByRole('heading', { name: '變更信箱' }).waitFor();
  await look(page, '99-change-address');

  const stranger = await newPage(browser, { address: demo.address });
  await stranger.goto('/forgotten');
  await stranger.getByRole('textbox', { name: '帳號' }).fill(ADDRESS);
  await stranger.getByLabel(/^信箱/).fill(ADDRESS);
  await stranger.locator('#f-captcha').fill('0000');
  await stranger.getByRole('button', { name: '寄送連結' }).click();
  await stranger.getByRole('heading', { name: '驗證碼不正確' }).waitFor();
  await look(stranger, '100-forgotten-wrong');
  await answer(stranger);
  await stranger.getByRole('button', { name: '寄送連結' }).click();
  await stranger.getByRole('heading', { name: '請到信箱收信' }).waitFor();
  await stranger.goto(await link(ADDRESS, '/forgotten/'));
  await stranger.locator('#f-password').fill(OTHER);
  await stranger.locator('#f-again').fill(OTHER);
  await look(stranger, '101-new-password');
  await stranger.getByRole('button', { name: '設定新密碼' }).click();
  await stranger.getByRole('heading', { name: '密碼已變更' }).waitFor();
  // The session that was open elsewhere is over.
  await page.goto('/cases');
  await page.getByRole('heading', { name: '帳號登入' }).waitFor();
  await answer(page);
  await signInHere(page, { login: ADDRESS, password: OTHER });
  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
  stranger.assertQuiet();
  page.assertQuiet();
});

test('the notice comes first for whoever has not read it', async () => {
  const page = await newPage(browser, { address: demo.address });
  await sql("DROP TRIGGER IF EXISTS acceptances_kept");
  await sql("DELETE FROM acceptances WHERE person_id = (SELECT id FROM people WHERE login = 'counsellor')");
  await page.goto('/cases');
  await answer(page);
  await signInHere(page, demo.person('counsellor'));
  await page.getByRole('heading', { name: '個人資料蒐集告知事項' }).waitFor();
  await look(page, '102-notice-first');
  await page.getByRole('button', { name: /我已閱讀並了解/ }).click();
  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
  page.assertQuiet();
});

test('without scripts the button loads other digits and keeps what was typed', async () => {
  const page = await newPage(browser, { address: demo.address, javaScriptEnabled: false });
  await page.goto('/register');
  await page.getByLabel(/姓名/).fill('許園長');
  const before = await page.locator('[name="captcha_id"]').getAttribute('value');
  await page.getByRole('button', { name: '更換驗證碼' }).click();
  assert.notEqual(await page.locator('[name="captcha_id"]').getAttribute('value'), before);
  assert.equal(await page.getByLabel(/姓名/).getAttribute('value'), '許園長');
  await screenshot(page, '103-register-plain');
});

async function signInHere(page, { login, password }) {
  await page.getByRole('textbox', { name: '帳號' }).fill(login);
  await page.locator('input[name="password"]').fill(password);
  await page.getByRole('button', { name: '登入', exact: true }).click();
}
