// Coming in: the second factor with its enrolment and recovery codes, 記住我, the page of one's own sessions, a fresh
// proof, the warning before a session ends, and forms that were half typed when it did. The service is a real one
// with short minutes, on a demonstration's people and cases. Photographed at both widths.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';

import { binary, DemoOutput, look, newPage, screenshot, signIn, startBrowser } from './support.mjs';

/** One minute, the least that can be configured; the warning comes after two thirds of it. */
const IDLE_SECONDS = 60;
const TO_WARNING = { timeout: (IDLE_SECONDS + 15) * 1000 };

let service;
let browser;

before(async () => {
  [service, browser] = await Promise.all([startService(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

/** A demonstration's people and cases, served with a configuration of its own. */
async function startService() {
  const folder = await mkdtemp(join(tmpdir(), 'casebind-doors-'));
  const data = join(folder, 'data');
  const output = new DemoOutput();
  const seeding = spawn(binary, ['demo', '--seed-only', '--port', '0', '--data-dir', data]);
  createInterface({ input: seeding.stdout }).on('line', (line) => output.line(line));
  const [code] = await once(seeding, 'close');
  assert.equal(code, 0, 'the demonstration is made');

  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const file = join(folder, 'casebind.toml');
  await writeFile(
    file,
    `data_dir = "${data}"\nlisten = "127.0.0.1:${port}"\npublic_url = "${address}"\n` +
      '[organisation]\nname = "示範學生輔導諮商中心"\nphone = "個管組：07-000-0000"\n' +
      '[session]\nidle_minutes = 1\n[captcha]\nlogin = "never"\n',
  );
  const child = spawn(binary, ['serve', '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  const log = [];
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      if (line.includes('serving')) resolve();
    });
    ended.then(([how]) => reject(new Error(`the service ended before it was ready (${how}):\n${log.join('\n')}`)));
  });
  return {
    address,
    log,
    person: (login) => output.person(login),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** What an authenticator app shows (RFC 6238), `later` steps from now. */
function code(secret, later = 0) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/\s/g, '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const stranger = () => newPage(browser, { address: service.address });

test('staff enrol a second factor, are asked for it, and come in with a recovery code', async () => {
  const page = await stranger();
  await signIn(page, service, 'manager');
  await page.getByRole('heading', { name: '啟用兩步驟驗證' }).waitFor();
  await page.getByText('不能掃描時，改輸入金鑰').click();
  await look(page, '80-enrol');
  const secret = await page.locator('.secret').innerText();
  await page.getByLabel('驗證器顯示的驗證碼').fill('000000');
  await page.getByRole('button', { name: '啟用' }).click();
  await page.getByText('驗證碼不正確').waitFor();
  await look(page, '81-enrol-refused');
  await page.getByLabel('驗證器顯示的驗證碼').fill(code(secret));
  await page.getByRole('button', { name: '啟用' }).click();
  await page.getByRole('heading', { name: '備用碼' }).waitFor();
  const recovery = await page.locator('.codes code').allInnerTexts();
  assert.equal(recovery.length, 10);
  assert.ok(await page.getByRole('button', { name: '列印備用碼' }).isVisible());
  await look(page, '82-recovery');
  await page.getByRole('link', { name: '我已存好，繼續' }).click();
  await page.getByRole('heading', { name: '待審核' }).waitFor();

  await page.locator('.menu--account summary').click();
  await page.locator('.menu--account').getByRole('button', { name: '登出' }).click();
  await page.getByText('已登出。').waitFor();
  await signIn(page, service, 'manager');
  await page.getByRole('heading', { name: '兩步驟驗證' }).waitFor();
  await look(page, '83-code');
  // The code of the enrolment was used; the next one is good a step before its time.
  await page.getByLabel('驗證碼', { exact: true }).fill(code(secret, 1));
  await page.getByRole('button', { name: '驗證', exact: true }).click();
  await page.getByRole('heading', { name: '待審核' }).waitFor();

  const lost = await stranger();
  await signIn(lost, service, 'manager');
  await lost.getByText('手機不在身邊？用備用碼').click();
  await lost.getByLabel('備用碼').fill(recovery[3].toUpperCase());
  await look(lost, '84-recovery-code');
  await lost.getByRole('button', { name: '用備用碼登入' }).click();
  await lost.getByText('您的帳號有需要留意的安全紀錄').waitFor();
  await screenshot(lost, '85-alarm');
  await lost.getByRole('link', { name: '查看登入中的裝置' }).click();
  await lost.getByText('使用一組備用碼').waitFor();
  await look(lost, '86-sessions');
  // This browser ends all others: the first page's next request leads to the log-in.
  await lost.getByRole('button', { name: '登出其他所有裝置' }).click();
  await lost.getByText('其他裝置都已登出，也不再記住').waitFor();
  await page.goto('/queue');
  await page.getByRole('heading', { name: '帳號登入' }).waitFor();

  await lost.goto('/account');
  await look(lost, '87-account');
  await lost.getByRole('link', { name: '備用碼與更換手機' }).click();
  await lost.getByText('還有 9 組').waitFor();
  await look(lost, '88-factor');
  page.assertQuiet();
  lost.assertQuiet();
});

test('a remembered device goes on by one press, and proves itself before what is delicate', async () => {
  const page = await stranger();
  await page.goto('/');
  const { login, password } = service.person('counsellor');
  await page.getByRole('textbox', { name: '帳號' }).fill(login);
  await page.locator('input[name="password"]').fill(password);
  await page.getByLabel('記住我').check();
  await look(page, '89-login');
  await page.getByRole('button', { name: '登入' }).click();
  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
  // As if the browser had been closed: the session's cookie is gone.
  await page.context().clearCookies({ name: 'casebind' });
  await page.goto('/cases');
  await page.getByRole('button', { name: '以「王輔導」繼續' }).waitFor();
  await look(page, '90-remembered');
  await page.getByRole('button', { name: '以「王輔導」繼續' }).click();
  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();

  await page.goto('/account/sessions');
  await page.getByText('這個裝置').waitFor();
  assert.equal(await page.getByRole('button', { name: /^不再記住/ }).count(), 1);
  await look(page, '91-sessions-remembered');
  await page.getByRole('button', { name: /^不再記住/ }).click();
  await page.getByRole('heading', { name: '確認身分' }).waitFor();
  await look(page, '92-confirm');
  await page.getByLabel('密碼').fill('not my password');
  await page.getByRole('button', { name: '確認' }).click();
  await page.getByText('密碼不正確').waitFor();
  await page.getByLabel('密碼').fill(password);
  await page.getByRole('button', { name: '確認' }).click();
  await page.getByRole('heading', { name: '剛才送出的內容還在' }).waitFor();
  await look(page, '93-held');
  // To forget the device ends what came of it, this session too.
  await page.getByRole('button', { name: '繼續送出' }).click();
  await page.getByRole('heading', { name: '帳號登入' }).waitFor();
  page.assertQuiet();
});

test('a file waits for a fresh proof', async () => {
  const page = await stranger();
  await page.goto('/');
  const { login, password } = service.person('counsellor');
  await page.getByRole('textbox', { name: '帳號' }).fill(login);
  await page.locator('input[name="password"]').fill(password);
  await page.getByLabel('記住我').check();
  await page.getByRole('button', { name: '登入' }).click();
  await page.context().clearCookies({ name: 'casebind' });
  await page.goto('/cases');
  await page.getByRole('button', { name: /繼續/ }).click();
  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
  await page.goto('/cases/export.csv');
  await page.getByLabel('密碼').fill(password);
  await page.getByRole('button', { name: '確認' }).click();
  await page.getByRole('heading', { name: '已確認身分' }).waitFor();
  await look(page, '94-ready');
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: '下載檔案' }).click();
  assert.match((await coming).suggestedFilename(), /\.csv$/);
});

test('a new password is asked for with the present one, and says what is wrong', async () => {
  const page = await stranger();
  await signIn(page, service, 'teacher');
  await page.goto('/account/password');
  await page.getByLabel('目前的密碼').fill('wrong');
  await page.getByLabel('新密碼', { exact: true }).fill('password1');
  await page.getByLabel('再輸入一次新密碼').fill('password1');
  await page.getByRole('button', { name: '變更密碼' }).click();
  await page.getByText('目前的密碼不正確').waitFor();
  await page.getByLabel('目前的密碼').fill(service.person('teacher').password);
  await page.getByLabel('新密碼', { exact: true }).fill('password1');
  await page.getByLabel('再輸入一次新密碼').fill('password1');
  await page.getByRole('button', { name: '變更密碼' }).click();
  await page.getByText('已經外流的密碼').waitFor();
  await look(page, '95-password');
  page.assertQuiet();
});

// Whole minutes of waiting: both at once.
describe('as minutes pass', { concurrency: true }, () => {
  test('the warning comes before the end, 繼續使用 goes on in every tab, and what was typed is there afterwards', { timeout: 400_000 }, async () => {
    const page = await stranger();
    await signIn(page, service, 'counsellor');
    await page.locator('.card a', { hasText: /\d/ }).first().click();
    const number = page.url().match(/\d{10}/)[0];
    const tab = await page.context().newPage();
    await tab.goto(`/cases/${number}`);
    await page.goto(`/cases/${number}/withdraw`);
    await page.getByRole('textbox').fill('家長來電，暫不需要轉介');

    // Both tabs warn; one press goes on in both, and neither has lost anything.
    const warning = page.getByRole('dialog', { name: '即將自動登出' });
    await warning.waitFor(TO_WARNING);
    assert.match(await warning.innerText(), /您已閒置一段時間，系統將於 0:\d\d 後自動登出/);
    await look(page, '96-idle');
    await tab.getByRole('dialog').waitFor(TO_WARNING);
    await warning.getByRole('button', { name: '繼續使用' }).click();
    await warning.waitFor({ state: 'hidden' });
    await tab.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.equal(await page.getByRole('textbox').inputValue(), '家長來電，暫不需要轉介');

    // Nobody presses: the page without anything typed leads to the log-in, the other one waits with it.
    await page.getByText('您填寫的內容還在這一頁').waitFor({ timeout: (IDLE_SECONDS + 45) * 1000 });
    await screenshot(page, '97-idle-over');
    await tab.getByText('您已閒置一段時間，系統為保護資料已自動登出').waitFor(TO_WARNING);
    assert.equal(new URL(tab.url()).searchParams.get('next'), `/cases/${number}`);
    await look(tab, '98-login-why');
    await page.getByRole('button', { name: '重新登入' }).click();
    await page.getByText('您已閒置一段時間').waitFor();
    await signInHere(page, 'counsellor');
    await page.getByRole('heading', { name: '剛才送出的內容還在' }).waitFor();
    await page.getByText('看看填寫的內容').click();
    await page.getByText('家長來電，暫不需要轉介').waitFor();
    await page.getByRole('link', { name: '回原來的頁面' }).click();
    await page.getByRole('heading', { name: /撤/ }).waitFor();
  });

  test('a half-typed case is there after the time-out', { timeout: 300_000 }, async () => {
    const page = await stranger();
    await signIn(page, service, 'counsellor');
    await page.goto('/cases/new?service=referral');
    await page.getByLabel(/問題簡述/).fill('近一個月常請假，還沒打完');
    await page.getByText('草稿已保留').waitFor();
    await page.getByText('系統為保護資料已自動登出').waitFor({ timeout: (IDLE_SECONDS + 45) * 1000 });
    await signInHere(page, 'counsellor');
    await page.getByText('已帶回您在').waitFor();
    assert.equal(await page.getByLabel(/問題簡述/).inputValue(), '近一個月常請假，還沒打完');
    await look(page, '99-half-typed');
  });
});

/** Fills the log-in page that is open. */
async function signInHere(page, who) {
  const { login, password } = service.person(who);
  await page.getByRole('textbox', { name: '帳號' }).fill(login);
  await page.locator('input[name="password"]').fill(password);
  await page.getByRole('button', { name: '登入' }).click();
}
