// The reviewer's desk by keys: verdicts without reloads, the paper under the item that is judged, who else is
// looking. Without this file every button and control of the page still works.

import { say } from "./say.js";

const LOOK_EVERY_MS = 20_000;
// Somebody who has touched nothing for this long isn't looking: their session may end.
const AWAY_MS = 5 * 60_000;
const OFF = "desk-keys-off";

let desk;
let items;
let at = -1;
let touched = Date.now();

export default function start(root) {
  desk = root.querySelector("[data-desk]");
  items = [...desk.querySelectorAll("[data-item]")];
  desk.dataset.keys = "on";
  for (const form of desk.querySelectorAll("form[data-verdict]")) {
    form.addEventListener("submit", (event) => judge(event, form));
  }
  for (const [number, item] of items.entries()) {
    item.addEventListener("focusin", () => choose(number, false));
    const field = item.querySelector("input[name='remark']");
    field.addEventListener("keydown", (event) => typing(event, item));
    // Not at a change: a remark that couldn't be kept is tried again whenever it is left.
    field.addEventListener("blur", () => keepRemark(field, item));
  }
  document.addEventListener("keydown", key);
  document.addEventListener("click", leave);
  document.addEventListener("submit", hand, true);
  for (const sign of ["keydown", "pointermove", "wheel"]) {
    addEventListener(sign, () => (touched = Date.now()), { passive: true });
  }
  keysSwitch();
  setInterval(look, LOOK_EVERY_MS);
  const first = items.findIndex((item) => item.dataset.now !== "reviewed");
  if (items.length > 0 && !location.hash) choose(first < 0 ? 0 : first, true, false);
}

// Where a browser keeps nothing, keys are on and can be switched off for this page.
let keptHere = null;

function off() {
  try {
    return localStorage.getItem(OFF);
  } catch {
    return keptHere;
  }
}

function keep(value) {
  keptHere = value;
  try {
    if (value) localStorage.setItem(OFF, value);
    else localStorage.removeItem(OFF);
  } catch {
    // It holds until the page is left.
  }
}

// Single keys can be switched off (WCAG 2.1.4); the choice is kept in this browser.
function keysSwitch() {
  const label = document.querySelector("[data-keys-switch]");
  const box = label.querySelector("input");
  label.hidden = false;
  box.checked = !off();
  box.addEventListener("change", () => keep(box.checked ? null : "1"));
}

const KEYS = {
  j: () => choose(Math.min(at + 1, items.length - 1), true),
  k: () => choose(Math.max(at - 1, 0), true),
  1: () => press("reviewed"),
  2: () => press("wanting"),
  3: () => press("unreviewed"),
  u: undo,
  r: () => remark()?.focus(),
  a: () => desk.querySelector("form[data-all] button").click(),
  n: () => desk.querySelector("[data-key='n']").click(),
  f: () => toggle("flicker"),
  d: () => toggle("differences"),
  "+": () => step("zoom", 1),
  "=": () => step("zoom", 1),
  "-": () => step("zoom", -1),
  t: () => step("turn", 1, true),
  b: () => desk.querySelector("[data-end='b'] a")?.click(),
  s: () => desk.querySelector("[data-end='s'] a")?.click(),
  "?": () => document.getElementById("keys").togglePopover(),
  Enter: receive,
};

function key(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest("input:not([type='checkbox']), textarea, select")) return;
  if (off() && event.key !== "?") return;
  // Enter belongs to what has the focus, if that can be pressed.
  if (event.key === "Enter" && event.target.closest("a, button, summary, label, [popover]")) return;
  const run = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!run) return;
  event.preventDefault();
  run();
}

function typing(event, item) {
  if (event.isComposing) return;
  if (event.key === "Escape") {
    item.focus();
  } else if (event.key === "Enter") {
    // The verdict stays as it is, with other words; which one that is, what is on its way may still decide.
    event.preventDefault();
    if (waiting > 0) keepRemark(event.target, item);
    else item.querySelector(`button[value='${item.dataset.now}']`).click();
    item.focus();
  }
}

/** Makes an item the current one and brings its place on the paper into view. */
function choose(number, focus, scroll = true) {
  if (number < 0 || number >= items.length) return;
  const moved = number !== at;
  at = number;
  for (const [other, item] of items.entries()) {
    if (other === number) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
  const item = items[number];
  if (focus) item.focus({ preventScroll: true });
  if (focus) item.scrollIntoView({ block: "nearest" });
  if (moved) show(item.dataset.place, scroll);
}

function show(place, scroll) {
  for (const old of desk.querySelectorAll("[data-shown]")) old.removeAttribute("data-shown");
  const target = place && document.getElementById(place);
  if (!target) return;
  target.setAttribute("data-shown", "");
  const stage = desk.querySelector("[data-stage]");
  // Only where the stage scrolls by itself: on a narrow screen the page would jump.
  if (!scroll || getComputedStyle(stage).overflowY === "visible") return;
  const [box, view] = [target.getBoundingClientRect(), stage.getBoundingClientRect()];
  const high = box.height > view.height;
  stage.scrollTop += high ? box.top - view.top : box.top - view.top - (view.height - box.height) / 2;
  if (box.width <= view.width) stage.scrollLeft += box.left - view.left - (view.width - box.width) / 2;
}

const remark = () => items[at]?.querySelector("input[name='remark']");

function press(verdict) {
  items[at]?.querySelector(`button[value='${verdict}']`).click();
}

function toggle(id) {
  const box = document.getElementById(id);
  box.checked = !box.checked;
  say(box.checked ? box.parentElement.textContent.trim() : "已關閉");
}

function step(id, by, round = false) {
  const list = document.getElementById(id);
  const next = list.selectedIndex + by;
  list.selectedIndex = round ? next % list.length : Math.min(Math.max(next, 0), list.length - 1);
}

let sending = Promise.resolve();
let waiting = 0;
let leaving = false;
// What the verdicts of this page have replaced, the newest at the end.
const replaced = [];

/** One thing after the other, since each verdict moves the version on. */
function queue(task) {
  waiting += 1;
  sending = sending.then(task).finally(() => (waiting -= 1));
}

/** A link waits for what is on its way: the next page shows it, and nothing is broken off. */
function leave(event) {
  const link = event.target.closest("a[href]");
  if (waiting === 0 || !link || link.getAttribute("href").startsWith("#")) return;
  if (link.target || link.hasAttribute("download") || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  sending.then(() => leaving || link.click());
}

/** So does a form that leads away: it knows the version only then. */
function hand(event) {
  const [form, button] = [event.target, event.submitter];
  if (waiting === 0 || form.matches("[data-verdict]")) return;
  event.preventDefault();
  event.stopPropagation();
  sending.then(() => leaving || form.requestSubmit(button));
}

/** 收件 after every verdict that is on its way: what they make of the case decides, and none is broken off. */
function receive() {
  queue(() => {
    const form = desk.querySelector("form[data-receive]");
    const button = form?.querySelector("button");
    if (leaving) return;
    if (button?.classList.contains("button--primary")) form.requestSubmit(button);
    else if (form) say(form.querySelector("[data-receive-words]").textContent);
  });
}

/** A remark that is left goes with the verdict that stands when its turn comes: nobody has to press Enter for it. */
function keepRemark(field, item) {
  if (leaving || field.value === field.defaultValue) return;
  const before = field.defaultValue;
  const typed = field.value;
  field.defaultValue = typed;
  queue(async () => {
    // Not when it was left: what was on its way then may have changed the verdict since.
    const verdict = item.dataset.now;
    const button = item.querySelector(`button[value='${verdict}']`);
    const kept = await send(field.form, button, item, verdict, null, true);
    // It counts as unsaved again, unless newer words are on their way already.
    if (!kept && field.defaultValue === typed) field.defaultValue = before;
  });
}

/** A verdict that is pressed is shown at once, and sent in its turn. */
function judge(event, form) {
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  const verdict = button.value;
  const item = form.closest("[data-item]");
  const targets = [...form.querySelectorAll("input[name='target']")].map((field) => field.value);
  const before = { verdict: item ? item.dataset.now : "unreviewed", targets };
  if (item) {
    const field = item.querySelector("input[name='remark']");
    // It goes along.
    field.defaultValue = field.value;
    mark(item, verdict);
  }
  // Not ready any more, until the answer says so.
  if (verdict !== "reviewed") desk.querySelector("form[data-receive] button")?.classList.remove("button--primary");
  queue(() => send(form, button, item, verdict, before));
}

/** Gives once more what the last verdict of this page has replaced; remarks stay as they are. */
function undo() {
  queue(async () => {
    const before = replaced.pop();
    if (!before) return say("這一頁沒有可以復原的核閱");
    const all = desk.querySelector("form[data-all]");
    const form = Object.assign(document.createElement("form"), { method: "post", action: all.action, hidden: true });
    const since = all.querySelector("input[name='since']").value;
    form.append(hidden("version", desk.dataset.version), hidden("since", since));
    form.append(...before.targets.map((target) => hidden("target", target)));
    const button = Object.assign(document.createElement("button"), { name: "verdict", value: before.verdict });
    form.append(button);
    desk.append(form);
    choose(items.findIndex((item) => item.dataset.item === before.targets[0]), true);
    await send(form, button, null, before.verdict, null);
    if (!leaving) form.remove();
  });
}

/** `quiet`: whoever typed is somewhere else already, and stays there, whatever the answer. Says whether it was taken. */
async function send(form, button, item, verdict, before, quiet = false) {
  if (leaving) return false;
  let answer = null;
  try {
    answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form, button)),
      redirect: "error",
    });
  } catch {
    // The network is away: the form itself shows what the browser says to that.
  }
  if (!answer?.ok) {
    // Elsewhere the next remark is half typed: nothing leads away from it.
    if (quiet) unsaved(item);
    else plain(form, button);
    return false;
  }
  const state = await answer.json();
  if (item) delete item.dataset.unsaved;
  if (before?.targets.length > 0 && before.verdict !== verdict) replaced.push(before);
  take(state);
  // Whoever is in the middle of a remark stays there: what they type next would be taken for keys.
  const busy = document.activeElement?.matches("input[name='remark']") ?? false;
  if (!item) {
    say(`${state.progress}。${state.words}`);
    if (!busy) items[at]?.focus({ preventScroll: true });
  } else if (quiet) {
    say(`${item.querySelector("h3").textContent.trim()}：備註已儲存`);
  } else if (verdict === "wanting" && !item.querySelector("input[name='remark']").value) {
    if (!busy) item.querySelector("input[name='remark']").focus();
  } else {
    say(`${item.querySelector("h3").textContent.trim()}：${button.firstChild.textContent}。${state.progress}`);
    if (!busy) onwards(verdict);
  }
  return true;
}

/** Says of a remark that it isn't written down yet, to the ear and beside the field, where it stands until it is. */
function unsaved(item) {
  item.dataset.unsaved = "";
  item.querySelector("[data-who]").textContent = "備註還沒有儲存";
  say(`${item.querySelector("h3").textContent.trim()}：備註還沒有儲存`);
}

/** Sends the form as the browser would: the answer is a page that says what happened. */
function plain(form, button) {
  const field = document.createElement("input");
  field.type = "hidden";
  [field.name, field.value] = [button.name, button.value];
  form.append(field);
  leaving = true;
  form.submit();
}

/** After a verdict: to the next item that has none. */
function onwards(verdict) {
  if (verdict !== "reviewed") return;
  const open = (item) => item.dataset.now === "unreviewed";
  const after = items.findIndex((item, number) => number > at && open(item));
  const next = after >= 0 ? after : items.findIndex(open);
  if (next >= 0) choose(next, true);
  else items[at].focus({ preventScroll: true });
}

function mark(item, verdict) {
  item.dataset.now = verdict;
  for (const button of item.querySelectorAll("button[name='verdict']")) {
    button.setAttribute("aria-pressed", String(button.value === verdict));
  }
}

function take(state) {
  desk.dataset.version = state.version;
  for (const field of desk.querySelectorAll("input[name='version']")) field.value = state.version;
  const all = desk.querySelector("form[data-all]");
  for (const field of all.querySelectorAll("input[name='target']")) field.remove();
  for (const told of state.items) {
    const item = items.find((one) => one.dataset.item === told.target);
    if (!item) continue;
    mark(item, told.verdict);
    if (!("unsaved" in item.dataset)) item.querySelector("[data-who]").textContent = told.who;
    if (told.verdict === "unreviewed") all.append(hidden("target", told.target));
  }
  desk.querySelector("[data-progress]").textContent = state.progress;
  const form = desk.querySelector("form[data-receive]");
  if (!form) return;
  form.querySelector("button").classList.toggle("button--primary", state.ready);
  form.querySelector("[data-receive-words]").textContent = state.words;
}

function hidden(name, value) {
  const field = document.createElement("input");
  field.type = "hidden";
  [field.name, field.value] = [name, value];
  return field;
}

async function look() {
  if (document.visibilityState !== "visible" || Date.now() - touched > AWAY_MS) return;
  let state;
  try {
    const answer = await fetch(desk.dataset.look, { method: "POST", headers: { Accept: "application/json" }, redirect: "error" });
    if (!answer.ok) return;
    state = await answer.json();
  } catch {
    return;
  }
  const line = desk.querySelector("[data-others]");
  const newer = String(state.version) !== desk.dataset.version;
  const words = newer ? `${state.words || "案件"}，內容剛才有了變動` : state.words;
  if (line.textContent.trim() === words) return;
  line.replaceChildren();
  if (!words) return;
  const mark = document.createElement("span");
  mark.className = "looker";
  mark.textContent = words;
  line.append(mark);
  if (newer) {
    const link = document.createElement("a");
    link.href = location.pathname;
    link.textContent = "重新載入";
    line.append(" ", link);
  }
}
