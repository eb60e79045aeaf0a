// Times Chromium's printing of the pages of DIR, warm: one row of the table.
//
//     node chromium_forms.mjs DIR COUNT

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

// The browser's driver is installed for the tests.
const require = createRequire(new URL("../../tests/browser/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const WARM_UP = 3;
const [folder, count] = process.argv.slice(2);
const pages = readdirSync(folder).filter((name) => name.endsWith(".html")).sort().slice(0, WARM_UP + Number(count));
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const tab = await browser.newPage();
const times = [];
const sizes = [];
for (const page of pages) {
    const start = performance.now();
    await tab.goto(pathToFileURL(path.resolve(folder, page)).href);
    const pdf = await tab.pdf({ preferCSSPageSize: true });
    times.push(performance.now() - start);
    sizes.push(pdf.length);
}
await browser.close();
const at = (values, share) => values.slice(WARM_UP).sort((a, b) => a - b)[Math.round((values.length - WARM_UP - 1) * share)];
console.log(`| Chromium | ${at(times, 0.5).toFixed(1)} | ${at(times, 0.99).toFixed(1)} | ${Math.round(at(sizes, 0.5) / 1024)} |`);
