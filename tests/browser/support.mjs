// What every browser test needs: a running demonstration, a browser, screenshots, and the check that
// a page can be used by everyone. It holds no knowledge of single pages.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const binary = process.env.CASEBIND_BINARY ?? join(repository, 'target/debug/casebind');

const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** Where screenshots go, for people to look at. */
export const screenshots = join(repository, 'target/screenshots');

/**
 * Reads what `casebind demo` prints at its start, line by line: a table of people below the words
 * `role login password`, up to an empty line; the address is the first http:// on loopback.
 */
export class DemoOutput {
  address = null;
  people = [];
  #inTable = false;

  line(text) {
    this.address ??= text.match(/http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+/)?.[0] ?? null;
    const [role, login, password] = text.trim().split(/ +/);
    if (this.#inTable && password) this.people.push({ role, login, password });
    else this.#inTable = role === 'role' && login === 'login' && password === 'password';
  }

  /** The first person of a role, or with a login. */
  person(roleOrLogin) {
    const found = this.people.find((p) => p.role === roleOrLogin || p.login === roleOrLogin);
    const names = this.people.map((p) => p.role).join(', ') || 'nobody';
    if (!found) throw new Error(`the demo printed no ${roleOrLogin}, only ${names}`);
    return found;
  }
}

/** Starts a demonstration in a data directory of its own and waits until it answers. */
export async function startDemo({ args = [], env = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'casebind-demo-'));
  const child = spawn(binary, ['demo', '--port', '0', '--data-dir', join(folder, 'data'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'close').catch((error) => [error]);
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));

  const output = new DemoOutput();
  const printed = createInterface({ input: child.stdout });
  await new Promise((resolve, reject) => {
    printed.on('line', (line) => {
      output.line(line);
      if (output.address && output.people.length > 0) resolve();
    });
    ended.then(([how]) => reject(new Error(`the demo ended before it was ready (${how}):\n${log.join('\n')}`)));
  });
  await waitUntilAnswered(output.address);

  return {
    address: output.address,
    /** Everything that it logged so far. */
    log,
    dataDir: join(folder, 'data'),
    people: output.people,
    // People may still be printed after the address, so they are looked up when asked for.
    person: (roleOrLogin) => output.person(roleOrLogin),
    /** Asks it to stop, as a service manager does, and tells how it ended. */
    async stop() {
      child.kill('SIGTERM');
      const [code, signal] = await ended;
      await rm(folder, { recursive: true, force: true });
      return { code, signal };
    },
  };
}

/** The address is printed once the socket listens, so the first request waits and isn't refused. */
async function waitUntilAnswered(address) {
  const answer = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(30_000) });
  await answer.arrayBuffer();
  if (answer.status >= 500) throw new Error(`${address} answers ${answer.status}`);
}

/** Debian's chromium, alone with the pages: nothing asks the outside world for anything. */
export async function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CASEBIND_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * A page in a browser profile of its own. Whatever the page's scripts or its content security policy
 * complain about is collected, and `page.assertQuiet()` fails the test for it.
 */
export async function newPage(browser, { address, ...options } = {}) {
  const context = await browser.newContext({
    baseURL: address,
    locale: 'zh-TW',
    timezoneId: 'Asia/Taipei',
    viewport: DESKTOP,
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => {
    // No script of a page's: the browser lets a transition between pages go when the next one comes too late.
    if (!/Transition was (aborted|skipped)/.test(String(error))) complaints.push(String(error));
  });
  page.on('console', (message) => {
    // A refused form is answered with 4xx on purpose, and the console repeats that.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  page.assertQuiet = () => {
    if (complaints.length > 0) throw new Error(`the browser's console:\n${complaints.join('\n')}`);
  };
  return page;
}

/** Keeps a picture of the whole page as target/screenshots/NAME.png. */
export async function screenshot(page, name) {
  await mkdir(screenshots, { recursive: true });
  const path = join(screenshots, `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  return path;
}

/** Fails with every violation of WCAG 2.1 A and AA that axe finds on the page, named by element. */
export async function assertAccessible(page, name = page.url()) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
    .analyze();
  if (violations.length === 0) return;
  const told = violations.map((violation) => {
    const places = violation.nodes.map((node) => `    ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1]?.trim()}`);
    return `  ${violation.id} (${violation.impact}): ${violation.help}\n${places.join('\n')}`;
  });
  throw new Error(`${name} can't be used by everyone:\n${told.join('\n')}`);
}

/** A page as both widths show it, usable by everyone at both, and never wider than the screen. */
export async function look(page, name) {
  for (const [width, viewport] of [['', DESKTOP], ['-390', PHONE]]) {
    await page.setViewportSize(viewport);
    await screenshot(page, name + width);
    await assertAccessible(page, name + width);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${name}${width} is ${overflow} px wider than the screen`);
  }
  await page.setViewportSize(DESKTOP);
}

/** Signs one of the demonstration's people in, by role or login. */
export async function signIn(page, demo, roleOrLogin) {
  const { login, password } = demo.person(roleOrLogin);
  await page.goto('/');
  await page.getByRole('textbox', { name: '帳號' }).fill(login);
  await page.locator('input[name="password"]').fill(password);
  await page.getByRole('button', { name: '登入' }).click();
}
