// Sign-on through a real OpenID provider (npm's oidc-provider) on loopback, in a real browser: its log-in and consent
// pages and back, the choice of a school, keys that change, the log-out there, a student, and a provider that is away.
// The provider is reached as localhost and the service as 127.0.0.1, so that they are two sites.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import Provider from 'oidc-provider';

import { assertAccessible, binary, look, newPage, startBrowser } from './support.mjs';

const run = promisify(execFile);
const LABEL = '教育局單一登入';
const SECRET = 'a secret/with:signs';

/** Who is at the provider, by what they type as login there. */
const PEOPLE = {
  teacher: { name: '王輔導', email: '', kh_profile: {}, kh_titles: ['輔導教師'] },
  pupil: { name: '林同學', email: '', kh_profile: {}, kh_titles: ['學生'] },
};

let folder;
let server;
let address;
let issuer;
let browser;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A provider with a new key. */
async function startProvider(method) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: `key-${Date.now()}` };
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'casebind',
      client_secret: SECRET,
      token_endpoint_auth_method: method,
      redirect_uris: [`${address}/sign-on/return`],
      post_logout_redirect_uris: [`${address}/login`],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    }],
    jwks: { keys: [key] },
    cookies: { keys: ['of this test'] },
    pkce: { required: () => true },
    scopes: ['openid', 'profile', 'email', 'kh_profile', 'kh_titles'],
    claims: {
      openid: ['sub'], profile: ['name'], email: ['email'], kh_profile: ['kh_profile'], kh_titles: ['kh_titles'],
    },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
  });
  const listening = provider.listen(new URL(issuer).port, 'localhost');
  await once(listening, 'listening');
  return {
    async stop() {
      listening.closeAllConnections();
      listening.close();
      await once(listening, 'close');
    },
  };
}

/** Says in the service's configuration how it shows its secret to the provider. */
async function configure(method) {
  await writeFile(join(folder, 'casebind.toml'), `
data_dir = "data"
listen = "127.0.0.1:${new URL(address).port}"
public_url = "${address}"
[organisation]
name = "示範學生輔導諮商中心"
phone = "個管組：07-000-0000"
[sign_on]
issuer = "${issuer}"
client_id = "casebind"
client_secret = "${SECRET}"
auth_method = "${method}"
label = "${LABEL}"
timeout_seconds = 2
`);
}

/** The service with made-up schools, as `[sign_on]` configures it. */
async function startService() {
  const child = spawn(binary, ['serve', '--config', join(folder, 'casebind.toml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log = [];
  const lines = createInterface({ input: child.stderr });
  await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line);
      if (line.includes('serving')) resolve();
    });
    child.on('close', () => reject(new Error(`the service ended:\n${log.join('\n')}`)));
  });
  return {
    log,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casebind-sign-on-'));
  address = `http://127.0.0.1:${await freePort()}`;
  issuer = `http://localhost:${await freePort()}`;
  await configure('client_secret_basic');
  await run(binary, ['seed', '--data-dir', join(folder, 'data'), '--cases', '1']);
  [server, browser] = await Promise.all([startService(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Says at the provider who one is, and agrees. */
async function agree(page, login) {
  await page.waitForURL(`${issuer}/**`);
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill('anything');
  await page.locator('button[type="submit"]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** Accepts the collection notice, once a person. */
async function accept(page) {
  await page.getByRole('button', { name: '我已閱讀並了解' }).click();
}

const signOn = (page) => page.getByRole('link', { name: `使用「${LABEL}」登入` });

test('a provider that is away is told, and people can try', async () => {
  const page = await newPage(browser, { address });
  await page.goto('/login');
  await page.reload();
  await page.getByText(`「${LABEL}」目前沒有回應`).waitFor();
  await look(page, '80-sign-on-away');
  await signOn(page).click();
  await page.getByRole('heading', { name: '目前無法使用單一登入' }).waitFor();
  await look(page, '81-sign-on-away-trouble');
});

test('a teacher signs on, chooses a school, and logs out there too', async () => {
  let provider = await startProvider('client_secret_basic');
  try {
    const page = await newPage(browser, { address });
    // What was away is looked for again after a moment.
    await new Promise((resolve) => setTimeout(resolve, 5_100));
    await page.goto('/login?next=%2Fcases%2Fnew');
    await signOn(page).click();
    await agree(page, 'teacher');
    await accept(page);
    await page.getByRole('heading', { name: '選擇您服務的學校' }).waitFor();
    await look(page, '82-sign-on-school');
    await page.locator('input[name="school"]').first().check();
    await page.getByRole('button', { name: '確定，這是我服務的學校' }).click();
    await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
    const name = page.locator('.top__account');
    assert.equal(await name.textContent(), '王輔導');

    const login = await newPage(browser, { address });
    await login.goto('/login');
    assert.equal(await login.getByText('目前沒有回應').count(), 0);
    await look(login, '83-sign-on-login');
    login.assertQuiet();

    // With a new key the same person is the same account; the provider remembers them.
    await provider.stop();
    provider = await startProvider('client_secret_basic');
    await page.goto('/sign-on');
    await agree(page, 'teacher');
    await page.getByRole('heading', { name: '我的申請案件' }).waitFor();

    await page.locator('summary', { hasText: '帳號選單' }).click();
    await page.getByRole('button', { name: '登出' }).click();
    await page.waitForURL(`${issuer}/**`);
    await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    await page.waitForURL(`${address}/login`);
    await page.getByRole('heading', { name: '帳號登入' }).waitFor();
    await page.goto('/cases');
    assert.match(page.url(), /\/login/);
    // Nobody is in at the provider any more: it asks again.
    await signOn(page).click();
    // This page's console isn't looked at: the provider's own pages ask for fonts from elsewhere.
    await page.locator('input[name="login"]').waitFor();
  } finally {
    await provider.stop();
  }
});

test('a student is sent to the counsellor at school', async () => {
  const provider = await startProvider('client_secret_basic');
  try {
    const page = await newPage(browser, { address });
    await page.goto('/login');
    await signOn(page).click();
    await agree(page, 'pupil');
    await page.getByRole('heading', { name: '這裡是學校輔導人員使用的系統' }).waitFor();
    await look(page, '84-sign-on-student');
    // As somebody else: the provider asks anew who it is.
    await page.getByRole('link', { name: '改用其他身分登入' }).click();
    await page.locator('input[name="login"]').waitFor();
    const context = page.context();
    assert.deepEqual((await context.cookies(address)).map((cookie) => cookie.name).filter((name) => name === 'casebind'), []);
  } finally {
    await provider.stop();
  }
});

test('an answer that was used or belongs to another browser is refused with a page', async () => {
  const provider = await startProvider('client_secret_basic');
  try {
    const page = await newPage(browser, { address });
    const backs = [];
    page.on('request', (request) => {
      if (request.url().startsWith(`${address}/sign-on/return`)) backs.push(request.url());
    });
    await page.goto('/login');
    await signOn(page).click();
    await agree(page, 'teacher');
    await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
    const elsewhere = await newPage(browser, { address });
    for (const [tab, name] of [[page, 'again'], [elsewhere, 'elsewhere']]) {
      const answer = await tab.goto(backs[0]);
      assert.equal(answer.status(), 400, name);
      await tab.getByRole('heading', { name: '這次登入已經失效' }).waitFor();
    }
    await look(elsewhere, '85-sign-on-lapsed');
    await assertAccessible(page);
    assert.ok(server.log.every((line) => !line.includes('王輔導') && !line.includes(SECRET)));
  } finally {
    await provider.stop();
  }
});

test('a provider that wants the secret in the form gets it there', async () => {
  await server.stop();
  await configure('client_secret_post');
  const provider = await startProvider('client_secret_post');
  try {
    server = await startService();
    const page = await newPage(browser, { address });
    await page.goto('/login');
    await signOn(page).click();
    await agree(page, 'teacher');
    await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
    assert.equal(await page.locator('.top__account').textContent(), '王輔導');
  } finally {
    await provider.stop();
  }
});
