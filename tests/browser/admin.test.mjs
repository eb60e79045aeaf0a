// The administrators' pages and the case manager's change of a school on the demonstration: accounts, review, roles,
// changes, schools with a list of the ministry's, settings and jobs; usable by everyone at both widths.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { look, newPage, signIn, startBrowser, startDemo } from './support.mjs';

const LIST = [
  '\ufeff學年度,代碼,學校名稱,公/私立,縣市名稱,地址,電話,網址',
  '114,123602,市立示範國小,公立,[12]高雄市,[807]高雄市三民區示範路1號,,',
  '114,01361X,市立新設國小,公立,[12]高雄市,[813]高雄市左營區示範路2號,,',
  '114,313601,外縣市國小,公立,[31]臺北市,[100]臺北市中正區示範路3號,,',
  '114,1236,壞代碼,公立,[12]高雄市,[807]高雄市三民區,,',
].join('\n');

let demo;
let browser;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function administrator(options = {}) {
  const page = await newPage(browser, { address: demo.address, ...options });
  await signIn(page, demo, 'administrator');
  await page.getByRole('heading', { level: 1, name: '帳號', exact: true }).waitFor();
  return page;
}

test('an administrator makes, changes and disables an account', async () => {
  const page = await administrator();
  await look(page, 'admin-accounts');
  await page.getByRole('link', { name: '新增帳號' }).click();
  await page.getByRole('button', { name: '新增帳號' }).click();
  await page.getByRole('alert').waitFor();
  await look(page, 'admin-account-refused');
  await page.getByRole('textbox', { name: /^帳號/ }).fill('new.person');
  await page.getByRole('textbox', { name: /^姓名/ }).fill('新同仁');
  await page.getByRole('checkbox', { name: '檔案管理' }).check();
  await page.getByRole('button', { name: '新增帳號' }).click();
  await page.getByRole('heading', { level: 1, name: '新同仁' }).waitFor();
  await page.getByRole('link', { name: '修改' }).click();
  await look(page, 'admin-account-form');
  await page.getByRole('checkbox', { name: '專業輔導人員' }).check();
  await page.getByLabel(/^專業(?!輔導)/).fill('心理師');
  await page.getByRole('button', { name: '儲存' }).click();
  await page.getByText('檔案管理 → 專業輔導人員、檔案管理').waitFor();
  await look(page, 'admin-account-card');
  await page.getByRole('link', { name: '停用', exact: true }).click();
  await look(page, 'admin-account-disable');
  await page.getByLabel(/停用原因/).fill('已離職');
  await page.getByRole('button', { name: '停用' }).click();
  await page.getByText('帳號已停用').waitFor();
  await page.getByRole('navigation', { name: '帳號管理' }).getByRole('link', { name: '異動紀錄' }).click();
  await page.getByText('原因：已離職').waitFor();
  await look(page, 'admin-changes');
  await page.getByRole('navigation', { name: '帳號管理' }).getByRole('link', { name: '角色' }).click();
  await page.getByRole('heading', { level: 1, name: '角色' }).waitFor();
  await look(page, 'admin-roles');
  await page.goto('/admin/review?all=1');
  await page.getByRole('row', { name: /陳個管/ }).getByRole('button', { name: '仍需使用' }).click();
  await page.getByText('已確認這個帳號仍需使用').waitFor();
  await look(page, 'admin-review');
  page.assertQuiet();
  await page.context().close();
});

test('a list of the ministry’s is looked at and applied', async () => {
  const page = await administrator();
  await page.getByRole('link', { name: '學校', exact: true }).click();
  await page.getByText('匯入教育部學校名錄').click();
  await look(page, 'admin-schools');
  await page.getByLabel('名錄的 CSV 檔').setInputFiles({
    name: 'e1_new.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(LIST),
  });
  await page.getByRole('button', { name: '上傳並預覽' }).click();
  await page.getByRole('heading', { level: 1, name: '匯入學校名錄' }).waitFor();
  await look(page, 'admin-school-list');
  await page.getByRole('button', { name: '套用到高雄市' }).click();
  await page.getByText('名錄已套用').waitFor();
  await page.getByRole('cell', { name: '市立新設國小', exact: true }).waitFor();
  page.assertQuiet();
  await page.context().close();
});

test('settings, jobs and mail are looked at in the dark as well', async () => {
  const page = await administrator({ colorScheme: 'dark' });
  await page.goto('/admin/settings');
  assert.equal(await page.getByRole('cell', { name: 'limits.pages', exact: true }).count(), 1);
  await look(page, 'admin-settings-dark');
  await page.getByRole('link', { name: '排程' }).click();
  await page.getByRole('heading', { level: 1, name: '排程' }).waitFor();
  await look(page, 'admin-jobs-dark');
  await page.goto('/admin/mail');
  await look(page, 'admin-mail-dark');
  page.assertQuiet();
  await page.context().close();
});

test('a case manager changes an applicant’s school without scripts', async () => {
  const scripted = await newPage(browser, { address: demo.address });
  await signIn(scripted, demo, 'case-manager');
  await scripted.goto('/applicants');
  await look(scripted, 'applicants');
  await scripted.getByRole('row', { name: /許老師/ }).getByRole('link', { name: '變更學校' }).click();
  await scripted.getByRole('searchbox').fill('示範');
  await scripted.getByRole('button', { name: '尋找學校' }).click();
  await look(scripted, 'applicant-school');
  scripted.assertQuiet();
  await scripted.context().close();

  const page = await newPage(browser, { address: demo.address, javaScriptEnabled: false });
  await signIn(page, demo, 'case-manager');
  await page.goto('/applicants');
  await page.getByRole('row', { name: /許老師/ }).getByRole('link', { name: '變更學校' }).click();
  await page.getByRole('searchbox').fill('示範');
  await page.getByRole('button', { name: '尋找學校' }).click();
  await page.getByRole('radio', { name: /示範高中/ }).check();
  await page.getByLabel(/^原因/).fill('調校');
  await page.getByRole('button', { name: '變更服務學校' }).click();
  await page.getByText('服務學校已變更').waitFor();
  await page.context().close();
});
