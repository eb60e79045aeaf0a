// Filling in a case, printing its form and scanning it, as people do on the pages. It knows the names of fields
// and buttons, and asserts nothing but that each thing worked.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { binary } from './support.mjs';

const run = promisify(execFile);

export const CONTENT = {
  phone: '07-1234567 分機 12',
  phone_alt: '0912345678',
  problem: '近一個月經常請假，與同學互動減少，導師觀察到情緒低落。',
  expectation: '希望協助學生穩定就學，並提供家長教養諮詢。',
};

export const SUBJECT = {
  id_kind: '身分證',
  id_number: 'E123456789',
  name: '王小明',
  sex: '男',
  birth: '104/8/7',
  special_education: '否',
  background: '一般生',
  grade: '4',
  class: '2',
  parent: '王家長',
  relation: '父子',
  mobile: '0912345678',
  address: '高雄市三民區示範路 1 號',
  counsellor: '王輔導',
  counsellor_phone: '07-1234567',
  tutor: '陳導師',
  tutor_phone: '07-1234567',
};

/** Fills fields in by their names; of choices the one with this value. */
export async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`[name="${name}"]`);
    if ((await field.first().getAttribute('type'))?.match(/radio|checkbox/)) {
      await page.locator(`[name="${name}"][value="${value}"]`).check();
    } else {
      await field.fill(value);
    }
  }
}

/** Chooses a value of radios or of a list, whichever the page has. */
export async function choose(page, name, value) {
  const radio = page.locator(`input[name="${name}"][value="${value}"]`);
  if (await radio.count()) await radio.check();
  else await page.locator(`select[name="${name}"]`).selectOption(value);
}

/** A PDF of one empty page, different for each name. */
export function attachment(name) {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Note (${name}) >>`,
  ];
  let text = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const start = text.length;
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  text += `xref\n0 4\n0000000000 65535 f \n${rows}trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

/** Presses 列印申請單 and returns the address of the form that opens. */
export async function printForm(page) {
  const popup = page.context().waitForEvent('page');
  await page.getByRole('button', { name: '列印申請單' }).first().click();
  const opened = await popup;
  await opened.waitForURL(/form\.pdf$/).catch(() => {});
  const url = opened.url();
  await opened.close();
  return url;
}

/** Takes a file home, as the person of this page. */
export async function save(page, address, path) {
  const answer = await page.context().request.get(address);
  assert.equal(answer.status(), 200, address);
  await writeFile(path, await answer.body());
  return path;
}

/** Signs a printed form and scans it; `flags` as those of `casebind try-scan`. */
export async function tryScan(demo, form, scan, ...flags) {
  await run(binary, ['try-scan', form, '-o', scan, '--data-dir', demo.dataDir, ...flags]);
  return scan;
}

/** Uploads a scan on the page of the case that takes it. */
export async function uploadScan(page, number, scan) {
  await page.goto(`/cases/${number}/scans/new`);
  await page.locator('input[type="file"]').first().setInputFiles(scan);
  await page.getByRole('button', { name: /^上傳/ }).click();
}

/** Takes the newest form, printed anew if `print`, signs and scans it, and uploads the scan. */
export async function sealAgain(page, demo, folder, number, name, print) {
  await page.goto(`/cases/${number}`);
  const form = print
    ? await printForm(page)
    : await page.locator('.paper__sheet[href$="form.pdf"]').first().getAttribute('href');
  const paper = await save(page, form, join(folder, `${name}.pdf`));
  const scan = await tryScan(demo, paper, join(folder, `${name}-scan.pdf`));
  // No scanner gives the same bytes twice: those of a scan that was sent back would be refused.
  await appendFile(scan, `\n% ${name}\n`);
  await uploadScan(page, number, scan);
  await page.getByText('核章欄皆有核章').first().waitFor();
  return scan;
}

/** A page of paper is drawn at the first look: on a slow machine that takes a while. */
export async function pictures(page) {
  await page.evaluate(() => document.querySelectorAll('img[loading]').forEach((image) => (image.loading = 'eager')));
  const drawn = () => [...document.images].every((image) => image.complete && image.naturalWidth > 0);
  await page.waitForFunction(drawn, null, { timeout: 60_000 });
}
