// Pages of other sites, in a real browser in which somebody is signed in, try to act and to read here. One is another
// site altogether (localhost), one the same site on another port: there the browser sends our cookies along.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { newPage, signIn, startBrowser, startDemo } from './support.mjs';

const SUBMITTED = '1150000004';

let demo;
let browser;
let other;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  // A page that holds a form for whatever address it is told in its own.
  other = createServer((request, response) => {
    const target = new URL(request.url, 'http://localhost').searchParams.get('target') ?? '';
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>elsewhere</title><form method="post" action="${target}"><input name="reason" value="x"><button>win</button></form>`);
  }).listen(0);
  await once(other, 'listening');
});

after(async () => {
  await browser?.close();
  other?.closeAllConnections();
  other?.close();
  await demo?.stop();
});

const sites = () => [`http://localhost:${other.address().port}`, `http://127.0.0.1:${other.address().port}`];

/** Somebody signed in, and a second tab of theirs on another site. */
async function tabs(site) {
  const page = await newPage(browser, { address: demo.address });
  await signIn(page, demo, 'counsellor');
  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(site);
  return { page, elsewhere };
}

async function stillIn(page) {
  await page.goto('/cases');
  await page.getByRole('heading', { name: '我的申請案件' }).waitFor();
}

test('a form on another site changes nothing', async () => {
  for (const site of sites()) {
    const { page } = await tabs(site);
    for (const path of ['/logout', '/cases', `/cases/${SUBMITTED}/withdraw`, '/login']) {
      // A tab each: the browser shows a page of its own for an empty refusal.
      const tab = await page.context().newPage();
      await tab.goto(`${site}/?target=${encodeURIComponent(demo.address + path)}`);
      const [answer] = await Promise.all([
        tab.waitForResponse((response) => response.url() === demo.address + path),
        tab.getByRole('button', { name: 'win' }).click({ noWaitAfter: true }),
      ]);
      assert.equal(answer.status(), 403, `${site} ${path}`);
      await tab.close();
    }
    await stillIn(page);
    await page.context().close();
  }
});

test('a script on another site reads nothing and changes nothing', async () => {
  for (const site of sites()) {
    const { page, elsewhere } = await tabs(site);
    const tried = await elsewhere.evaluate(async (address) => {
      const outcome = async (path, options) => {
        try {
          const answer = await fetch(address + path, { credentials: 'include', ...options });
          return `${answer.type} ${answer.status} ${(await answer.text()).length}`;
        } catch (error) {
          return error.name;
        }
      };
      return {
        page: await outcome('/cases', {}),
        api: await outcome('/api/v1/cases', {}),
        blind: await outcome('/cases', { mode: 'no-cors' }),
        post: await outcome('/logout', { method: 'POST' }),
        blindPost: await outcome('/logout', { method: 'POST', mode: 'no-cors' }),
        json: await outcome('/api/v1/cases', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
        beacon: navigator.sendBeacon(`${address}/logout`, 'x') ? 'sent' : 'not sent',
      };
    }, demo.address);
    for (const way of ['page', 'api', 'post', 'json', 'blind', 'blindPost']) {
      assert.equal(tried[way], 'TypeError', `${site} ${way}`);
    }
    await stillIn(page);
    await page.context().close();
  }
});

test('another site shows no picture, script or page of ours', async () => {
  for (const site of sites()) {
    const { page, elsewhere } = await tabs(site);
    const icon = await page.locator('link[rel="icon"]').getAttribute('href');
    const script = await page.locator('script[src]').first().getAttribute('src');
    const picture = `/cases/${SUBMITTED}/prints/1/page-1.jpg`;
    assert.equal((await page.request.get(picture)).status(), 200, 'its owner sees it');
    const tried = await elsewhere.evaluate(async ([address, pictures, script]) => {
      const loaded = (tag, attribute, url) => new Promise((resolve) => {
        const element = document.createElement(tag);
        element.onload = () => resolve('loaded');
        element.onerror = () => resolve('refused');
        element[attribute] = url;
        document.body.append(element);
      });
      const found = {};
      for (const path of pictures) found[path] = await loaded('img', 'src', address + path);
      found.script = await loaded('script', 'src', address + script);
      // A frame loads in any case: what is in it is looked at below.
      await loaded('iframe', 'src', `${address}/cases`);
      await loaded('iframe', 'src', `${address}${pictures[0].replace('page-1.jpg', 'form.pdf')}`);
      return found;
    }, [demo.address, [picture, icon], script]);
    assert.deepEqual(Object.values(tried), ['refused', 'refused', 'refused'], site);
    const framed = elsewhere.frames().slice(1).map((frame) => frame.url());
    assert.equal(framed.length, 2);
    for (const url of framed) assert.match(url, /^chrome-error:/, `${site} framed ${url}`);
    await page.context().close();
  }
});

test('a window opened by another site is out of its reach', async () => {
  const [site] = sites();
  const { page, elsewhere } = await tabs(site);
  const [opened] = await Promise.all([
    page.context().waitForEvent('page'),
    elsewhere.evaluate((address) => { window.theirs = window.open(`${address}/cases`); }, demo.address),
  ]);
  // The link itself may be followed: it is how people come from a mail.
  await opened.getByRole('heading', { name: '我的申請案件' }).waitFor();
  assert.equal(await opened.evaluate(() => window.opener === null), true);
  assert.equal(await elsewhere.evaluate(() => window.theirs.closed), true, 'it has let go of it');
  await page.context().close();
});
