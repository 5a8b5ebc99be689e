// portal_browser.js PORTAL ADDRESS SECRET CHROMIUM <INBOX - a real browser (Chromium)
// walks each verification of the guest portal as people do: by clicking, with
// the keyboard alone, without JavaScript, on a telephone, in the dark. Nothing
// may come from elsewhere, and no script may fail. INBOX gives a JSON line for each
// link and code that a recipient gets; SECRET is behind the account's codes.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const readline = require('readline');
const {chromium} = require(process.env.PLAYWRIGHT_FOLDER + '/playwright-core');
const [portal, address, totpSecret, browserPath] = process.argv.slice(2);
const host = new URL(portal).hostname;
const LIMIT_MS = 8000;

function fail(text) {
  throw new Error(text);
}
function want(got, expected, what) {
  if (got !== expected) fail(`${what}: expected ${expected}, got ${got}`);
}

// -- what came by mail and SMS ------------------------------------------------

const lines = [];
const waiting = [];
function match() {
  for (const w of [...waiting]) {
    const i = lines.findIndex((line) => line.to === w.to && line[w.key]);
    if (i < 0) continue;
    waiting.splice(waiting.indexOf(w), 1);
    w.resolve(lines.splice(i, 1)[0][w.key]);
  }
}
function next(to, key) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`no ${key} for ${to}`)), LIMIT_MS)
        .unref();
    waiting.push({to, key, resolve});
    match();
  });
}
readline.createInterface({input: process.stdin})
    .on('line', (line) => {
      lines.push(JSON.parse(line));
      match();
    });

// RFC 6238
function totp(secret) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map(
      (c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = crypto.createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  const code = (mac.readUInt32BE(at) & 0x7fffffff) % 1000000;
  return String(code).padStart(6, '0');
}

// -- a visitor ----------------------------------------------------------------

// A refused try is an answer 403 or 429, which Chromium tells as an error; so is
// what it does not let a message's HTML do.
const expected =
    /status of 4\d\d|Content Security Policy|Blocked script execution/;

// Whatever goes wrong on a page is gathered, and fails at its end.
async function visit(browser, name, options, walk) {
  const context = await browser.newContext(
      {ignoreHTTPSErrors: true, locale: 'en-US', ...options});
  const page = await context.newPage();
  const bad = [];
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (e) => bad.push(`script: ${e.message}`));
  page.on('console', (m) => {
    if (m.type() === 'error' && !expected.test(m.text()))
      bad.push(`console: ${m.text()}`);
  });
  // What a message's HTML asks for is blocked before it leaves.
  context.on('response', (r) => {
    const url = new URL(r.url());
    if (url.origin !== portal && url.protocol !== 'about:' &&
        url.protocol !== 'data:' && url.protocol !== 'blob:')
      bad.push(`asked for ${r.url()}`);
  });
  await walk(page);
  await context.close();
  if (bad.length) fail(`${name}: ${bad.join('; ')}`);
  console.log(`${name}: as it should be`);
}

const pageOf = (page) => page.locator('main').getAttribute('data-page');
const form = (page, name) => page.locator(`form[data-form="${name}"]`);
const press = (page, name) =>
    form(page, name).locator('button, input[type=submit]').first().click();
async function shows(page, what) {
  await page.waitForLoadState();
  want(await pageOf(page), what, page.url().replace(/[0-9a-f]{60}/, '...'));
}

// -- the walks ----------------------------------------------------------------

async function bySms(page) {
  await page.goto(await next('bob@hospital.example', 'link'));
  await shows(page, 'verify');
  await press(page, 'code');
  await shows(page, 'verify');
  const code = await next('+31612345678', 'code');
  await form(page, 'verify').locator('input[name=code]').fill('000000');
  await press(page, 'verify');
  await shows(page, 'verify');
  want(await page.locator('main').getAttribute('data-error'), 'wrong', 'error');
  await form(page, 'verify').locator('input[name=code]').fill(code);
  await press(page, 'verify');
  await shows(page, 'message');
  const [file] = await Promise.all(
      [page.waitForEvent('download'),
       page.locator('a[data-attachment]').first().click()]);
  const text = fs.readFileSync(await file.path(), 'utf8');
  if (!text.includes('what was attached')) fail('another attachment');
  await form(page, 'reply').locator('textarea').fill('I will be there.');
  await form(page, 'reply').locator('input[type=file]').setInputFiles(
      {name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('note')});
  await press(page, 'reply');
  await shows(page, 'message');
  want(await page.locator('main').getAttribute('data-note'), 'sent', 'note');
  // What the message's HTML asks for stands in a frame that can load nothing.
  const frame = page.locator('iframe[data-part]');
  want(await frame.getAttribute('sandbox'), '', 'sandbox');
}

// Nothing but Tab, letters and Enter.
async function byKeyboard(page) {
  await page.goto(await next('eve@lab.example', 'link'));
  await shows(page, 'verify');
  for (let i = 0;; i++) {
    if (i === 30) fail('the keyboard does not reach the code');
    await page.keyboard.press('Tab');
    const at = await page.evaluate(
        () => document.activeElement.getAttribute('name'));
    if (at === 'code') break;
  }
  const outline = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  });
  if (!outline) fail('nobody sees where the focus is');
  await page.keyboard.type('135789');
  await Promise.all(
      [page.waitForNavigation(), page.keyboard.press('Enter')]);
  await shows(page, 'message');
}

// No script, and a narrow screen without anything beside it.
async function byEmail(page) {
  await page.goto(await next('ann@hospital.example', 'link'));
  await shows(page, 'verify');
  await press(page, 'code');
  await shows(page, 'verify');
  await form(page, 'verify').locator('input[name=code]').fill(
      await next('ann@hospital.example', 'code'));
  await press(page, 'verify');
  await shows(page, 'message');
}

async function isNarrow(page) {
  const width = await page.evaluate(
      () => document.documentElement.scrollWidth);
  if (width > 360) fail(`the page is ${width} wide on a screen of 360`);
}

async function onTelephone(page) {
  await page.goto(await next('tom@hospital.example', 'link'));
  await isNarrow(page);
  await press(page, 'code');
  await form(page, 'verify').locator('input[name=code]').fill(
      await next('tom@hospital.example', 'code'));
  await press(page, 'verify');
  await shows(page, 'message');
  await isNarrow(page);
}

// WCAG 2.1 1.4.3: text against what lies behind it.
function contrast(a, b) {
  const light = (color) => {
    const [r, g, l] = color.match(/[\d.]+/g).slice(0, 3).map((x) => {
      const c = x / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * l;
  };
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

async function inTheDark(page) {
  await page.goto(await next('bakker@umc.example', 'link'));
  await shows(page, 'verify');
  const colors = await page.evaluate(() => {
    const style = getComputedStyle(document.body);
    return {text: style.color, behind: style.backgroundColor};
  });
  if (contrast(colors.behind, 'rgb(0, 0, 0)') > 4)
    fail(`a light page in the dark: ${colors.behind}`);
  if (contrast(colors.text, colors.behind) < 4.5)
    fail(`${colors.text} on ${colors.behind} cannot be read`);
  const login = form(page, 'login');
  const who = login.locator('input[name=address]');
  if (await who.isVisible()) await who.fill('bakker@umc.example');
  await login.locator('input[name=password]').fill('portal bakker');
  await login.locator('input[name=code]').fill(totp(totpSecret));
  await press(page, 'login');
  await shows(page, 'message');
}

async function main() {
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${host} ${address}`],
  });
  try {
    await visit(browser, 'a code by SMS', {}, bySms);
    await visit(browser, 'the keyboard alone', {}, byKeyboard);
    await visit(browser, 'without JavaScript', {javaScriptEnabled: false},
                byEmail);
    await visit(browser, 'a telephone',
                {viewport: {width: 360, height: 640}, isMobile: true}, onTelephone);
    await visit(browser, 'an account, in the dark', {colorScheme: 'dark'},
                inTheDark);
  } finally {
    await browser.close();
  }
}

main().then(() => process.exit(0), (e) => {
  console.error(`portal_browser: ${e.message}`);
  process.exit(1);
});
