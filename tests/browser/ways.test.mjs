// The other ways for signed paper to come in, on the demonstration: photos from a phone that nobody signs in
// on, and one scan of many cases' forms. Photographed at both widths.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { binary, look, newPage, PHONE, screenshot, signIn, startBrowser, startDemo, assertAccessible } from './support.mjs';

const run = promisify(execFile);
const PRINTED = '1150000004';

let demo;
let browser;
let folder;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  folder = await mkdtemp(join(tmpdir(), 'casebind-ways-'));
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The signed scan of a case's newest form. */
async function signedScan(page, number, revision = 1) {
  const answer = await page.context().request.get(`/cases/${number}/prints/${revision}/form.pdf`);
  assert.equal(answer.status(), 200);
  const [form, scan] = [join(folder, `${number}.pdf`), join(folder, `${number}-signed.pdf`)];
  await writeFile(form, await answer.body());
  await run(binary, ['try-scan', form, '-o', scan, '--data-dir', demo.dataDir]);
  return scan;
}

/** Photos of the pages of a scan, on a desk, and what a shaky or careless hand makes of the first. */
async function photographed(page, scan) {
  const base = join(folder, 'page');
  await run('pdftoppm', ['-jpeg', '-r', '200', scan, base]);
  const { stdout } = await run('sh', ['-c', `ls ${base}*.jpg`]);
  const pages = await Promise.all(stdout.trim().split('\n').map((path) => readFile(path)));
  const developed = (jpeg, how) => page.evaluate(async ([base64, how]) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]));
    const canvas = document.createElement('canvas');
    const [width, height] = [picture.width, picture.height];
    [canvas.width, canvas.height] = [width * 1.1, height * 1.1];
    const context = canvas.getContext('2d');
    context.fillStyle = '#6b5a48';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.translate(width * 0.05, height * 0.05);
    context.rotate(0.012);
    if (how === 'cut') context.translate(width * 0.28, 0);
    if (how === 'blur') context.filter = 'blur(5px)';
    // Paper under a lamp isn't white.
    context.drawImage(picture, 0, 0);
    context.filter = 'none';
    context.globalCompositeOperation = 'multiply';
    context.fillStyle = '#dcd8d0';
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = 'source-over';
    if (how === 'glare') {
      const light = context.createRadialGradient(width * 0.5, height * 0.4, 0, width * 0.5, height * 0.4, width * 0.22);
      light.addColorStop(0, 'rgba(255,255,255,1)');
      light.addColorStop(0.7, 'rgba(255,255,255,1)');
      light.addColorStop(1, 'rgba(255,255,255,0)');
      context.fillStyle = light;
      context.fillRect(0, 0, width, height);
    }
    if (how === 'dark') {
      context.fillStyle = 'rgba(0,0,0,0.72)';
      context.fillRect(-width, -height, 3 * width, 3 * height);
    }
    return canvas.toDataURL('image/jpeg', 0.88).split(',')[1];
  }, [jpeg.toString('base64'), how]).then((base64) => Buffer.from(base64, 'base64'));
  const photos = [];
  for (const jpeg of pages) photos.push(await developed(jpeg, 'good'));
  const spoilt = {};
  for (const how of ['cut', 'blur', 'glare', 'dark']) spoilt[how] = await developed(pages[0], how);
  return { photos, spoilt };
}

const file = (buffer, name = 'IMG_0001.jpg') => ({ name, mimeType: 'image/jpeg', buffer });

test('a phone takes photos without signing in, and the desktop goes on by itself', async () => {
  const desktop = await newPage(browser, { address: demo.address });
  await signIn(desktop, demo, 'counsellor');
  const scan = await signedScan(desktop, PRINTED);
  await desktop.goto(`/cases/${PRINTED}/scans/new`);
  await look(desktop, '60-upload-ways');
  await desktop.getByRole('button', { name: '用手機拍照' }).click();
  await desktop.getByText('請用手機的相機掃描這個條碼').first().waitFor();
  await look(desktop, '61-phone-code');
  const link = await desktop.locator('.phone__address').textContent();

  const phone = await newPage(browser, { address: demo.address, viewport: PHONE, hasTouch: true, isMobile: true });
  await phone.goto(link);
  await screenshot(phone, '62-phone-ask-390');
  await assertAccessible(phone, '62-phone-ask');
  await phone.getByRole('button', { name: '開始拍照' }).click();
  await phone.getByText('拍第 1 頁').first().waitFor();
  await screenshot(phone, '63-phone-empty-390');
  await assertAccessible(phone, '63-phone-empty');
  await desktop.locator('main').getByText('手機已開啟連結').waitFor();
  await look(desktop, '64-phone-opened');

  const { photos, spoilt } = await photographed(phone, scan);
  const album = phone.locator('[data-photos-album]');
  await album.setInputFiles(file(spoilt.blur));
  await phone.locator('.photo').getByText('可能模糊').waitFor();
  assert.equal(await phone.locator('.photo .verdict').count(), 1, 'blur alone is told');
  await screenshot(phone, '65-phone-blurred-390');
  const expected = { cut: '角的條碼看不清楚', glare: '有反光', dark: '太暗' };
  for (const [how, words] of Object.entries(expected)) {
    await phone.getByRole('button', { name: '第 1 頁：刪除' }).click();
    await album.setInputFiles(file(spoilt[how]));
    await phone.locator('.photo').getByText(words).waitFor();
    const told = await phone.locator('.photo .verdict').allTextContents();
    assert.equal(told.length, 1, `${how}: ${told}`);
  }
  await screenshot(phone, '66-phone-dark-390');
  await phone.getByRole('button', { name: '第 1 頁：刪除' }).click();
  await album.setInputFiles([...photos, photos[0]].map((photo, at) => file(photo, `IMG_000${at}.jpg`)));
  await phone.locator('.photo').nth(photos.length).waitFor();
  await phone.waitForFunction((count) => document.querySelectorAll('.photo .verdict--good').length === count, photos.length + 1);
  await phone.getByRole('button', { name: `第 ${photos.length + 1} 頁：刪除` }).click();
  await phone.locator('.photo').nth(photos.length).waitFor({ state: 'detached' });
  await screenshot(phone, '67-phone-ready-390');
  await assertAccessible(phone, '67-phone-ready');
  await phone.setViewportSize({ width: 320, height: 640 });
  await screenshot(phone, '67-phone-ready-320');
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert.equal(wide, false, 'no sideways scrolling at 320 px');
  await phone.setViewportSize(PHONE);
  await phone.getByRole('button', { name: `送出 ${photos.length} 頁` }).click();
  await phone.getByRole('heading', { name: '已收到照片' }).waitFor();
  await screenshot(phone, '68-phone-done-390');
  await assertAccessible(phone, '68-phone-done');

  await desktop.getByRole('heading', { name: '核對掃描檔' }).waitFor();
  await desktop.getByText('核章欄皆有核章').first().waitFor();
  await look(desktop, '69-phone-recognised');
  desktop.assertQuiet();
  phone.assertQuiet();
});

test('without scripts a phone sends its photos too', async () => {
  const desktop = await newPage(browser, { address: demo.address });
  await signIn(desktop, demo, 'counsellor');
  const scan = await signedScan(desktop, PRINTED);
  await desktop.goto(`/cases/${PRINTED}/scans/new`);
  await desktop.getByRole('button', { name: '用手機拍照' }).click();
  const link = await desktop.locator('.phone__address').textContent();
  const { photos } = await photographed(desktop, scan);
  const phone = await newPage(browser, { address: demo.address, viewport: PHONE, javaScriptEnabled: false });
  await phone.goto(link);
  await phone.getByRole('button', { name: '開始拍照' }).click();
  await phone.getByLabel('選擇照片').setInputFiles(photos.map((photo) => file(photo)));
  await phone.getByRole('button', { name: '送出照片' }).click();
  await phone.getByRole('heading', { name: '已收到照片' }).waitFor();
});

test('a stack is split by case, looked at, and submitted at once', async () => {
  const page = await newPage(browser, { address: demo.address });
  await signIn(page, demo, 'counsellor');
  await page.getByText('共 5 筆').first().waitFor();
  await page.getByLabel('全選本頁').check();
  await page.getByRole('button', { name: '列印所選案件' }).click();
  await page.getByRole('button', { name: /^列印 \d+ 件/ }).click();
  await page.getByRole('heading', { name: '件申請單已可列印' }).waitFor();
  const forms = await page.locator('.bulk__case:not(.bulk__case--refused) a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.equal(forms.length, 2);
  const scans = [];
  for (const form of forms) {
    const [, , number, , revision] = form.split('/');
    scans.push(await signedScan(page, number, revision));
  }
  const letter = join(folder, 'letter.pdf');
  await run('pdftocairo', ['-pdf', '-f', '1', '-l', '1', '-x', '150', '-y', '300', '-W', '300', '-H', '300', scans[0], letter]);
  const stack = join(folder, 'stack.pdf');
  await run('pdfunite', [scans[1], letter, scans[0], stack]);

  await page.goto('/cases');
  await page.getByRole('link', { name: '整疊上傳' }).click();
  await look(page, '70-stack-upload');
  await page.locator('input[type="file"]').setInputFiles(stack);
  await page.getByRole('button', { name: '上傳' }).click();
  await page.getByRole('heading', { name: '整疊共 2 件申請單' }).waitFor({ timeout: 60_000 });
  await page.getByText('不屬於任何案件的 1 頁').first().waitFor();
  await look(page, '71-stack-done');
  await page.getByRole('button', { name: '送件 2 件' }).waitFor();
  await page.getByLabel('全選').uncheck();
  await page.getByRole('button', { name: '送件 0 件' }).waitFor();
  await page.getByLabel('全選').check();
  await page.getByRole('button', { name: '送件 2 件' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.stack-case .badge--waiting').length === 2);
  await look(page, '72-stack-submitted');
  await page.goto('/stacks');
  await page.getByText('已完成').first().waitFor();
  await look(page, '73-stack-earlier');
  page.assertQuiet();

  // The archivist finds the whole stack, and takes it out for a purpose.
  const archive = await newPage(browser, { address: demo.address });
  await signIn(archive, demo, 'archivist');
  await archive.goto('/retrieval');
  await archive.getByLabel('檔案名稱').fill('stack.pdf');
  await archive.getByRole('button', { name: '尋找' }).click();
  await archive.getByRole('heading', { name: '整疊上傳的掃描檔' }).waitFor();
  await look(archive, '74-stack-found');
  await archive.getByRole('link', { name: 'stack.pdf', exact: true }).click();
  await look(archive, '75-stack-purpose');
  await archive.locator('[name="purpose"]').fill('法院來函');
  await archive.getByRole('button', { name: '記錄目的，開始調閱' }).click();
  const [download] = await Promise.all([
    archive.waitForEvent('download'),
    archive.getByRole('link', { name: '下載整疊掃描檔' }).click(),
  ]);
  assert.ok((await readFile(await download.path())).equals(await readFile(stack)), 'the very bytes come back');
  await look(archive, '76-stack-out');
  await archive.locator('dd a[href^="/retrieval/"]').first().click();
  await archive.getByRole('heading', { name: '簽核申請單的來源' }).waitFor();
  await look(archive, '77-stack-cut-from');
  archive.assertQuiet();
});
