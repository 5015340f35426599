// Takes the picture: opens the page in Chromium and does with keys and mouse what a person would do.
//
//     node shoot.mjs ADDRESS CHROMIUM PICTURE.png

import { writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import UPNG from 'upng-js';

const CHOSEN = 'folders';
const LIST_WIDTH = 250; // beside a wider list there is no room for the documentation
const MARGIN = 20;
const COLOURS = 256; // a quarter of the bytes, and no difference to be seen

async function showProblem(page) {
  await page.waitForFunction(() => self.monaco?.editor.getModelMarkers({}).length > 0);
  await page.keyboard.press('F8');
  await page.locator('.marker-widget .message').waitFor();
}

async function startLine(page) {
  const checked = page.evaluate(() => new Promise((done) => self.monaco.editor.onDidChangeMarkers(() => done())));
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Enter');
  await checked;
}

async function openList(page) {
  await page.keyboard.press('Control+Space');
  const list = page.locator('.suggest-widget.visible');
  await list.locator('.monaco-list-row').first().waitFor();

  const { x, y, width } = await list.boundingBox();
  await page.mouse.move(x + width, y + MARGIN);
  await page.mouse.down();
  await page.mouse.move(x + LIST_WIDTH, y + MARGIN);
  await page.mouse.up();
  await page.mouse.move(0, 0);
  return list;
}

// Opened before the entry is chosen: Monaco gives the documentation its true height only when it changes.
async function openDocumentation(page, list) {
  const labels = await list.locator('.monaco-list-row .label-name').allTextContents();
  if (labels.indexOf(CHOSEN) < 1) throw new Error(`\`${CHOSEN}\` is not below the first of: ${labels.join(', ')}`);
  await page.keyboard.press('Control+Space');
  const text = page.locator('.suggest-details .docs');
  for (let row = 0; row < labels.indexOf(CHOSEN); row += 1) {
    await text.filter({ hasText: /\S/ }).waitFor();
    const before = await text.textContent();
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction((old) => document.querySelector('.suggest-details .docs').textContent !== old, before);
  }
  await page.waitForFunction(() => {
    const body = document.querySelector('.suggest-details .body');
    const scrollbar = document.querySelector('.suggest-details .scrollbar.vertical.invisible');
    return body.textContent && body.scrollHeight <= body.clientHeight && scrollbar;
  });
  return page.locator('.suggest-details');
}

async function photograph(page, parts) {
  const boxes = await Promise.all(parts.map((part) => part.boundingBox()));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  const main = page.locator('main');
  await main.evaluate((element, height) => { element.style.height = `${height}px`; }, bottom + MARGIN);
  const image = UPNG.decode(await main.screenshot({ omitBackground: true }));
  return Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, COLOURS));
}

const [address, executablePath, picture] = process.argv.slice(2);
const complaints = [];
// Chromium's sandbox does not work for root, and the page is our own.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ deviceScaleFactor: 2, viewport: { width: 760, height: 900 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => complaints.push(message.text()));

  await page.goto(address);
  await showProblem(page);
  await startLine(page);
  const list = await openList(page);
  const documentation = await openDocumentation(page, list);
  const image = await photograph(page, [list, documentation]);
  if (complaints.length > 0) throw new Error('the page complains:');
  await writeFile(picture, image);
} catch (error) {
  console.error([error.message, ...complaints].join('\n'));
  process.exitCode = 1;
} finally {
  await browser.close();
}
