// Keeps what is typed on the server while it is typed. Never in the browser: schools share machines.

import { typedEarly } from "./early.js";

const QUIET_MS = 900;
const LEFT_OUT = new Set(["version", "token"]);

export default function draft(root) {
  for (const form of root.querySelectorAll("form[data-draft]")) keep(form);
}

function keep(form) {
  const note = form.querySelector("[data-draft-note]");
  let timer = 0;
  let running = false;
  let again = false;

  const later = () => {
    form.dataset.kept = "no";
    clearTimeout(timer);
    timer = setTimeout(send, QUIET_MS);
  };
  form.addEventListener("input", later);
  if (typedEarly(form).length > 0) later();
  form.addEventListener("submit", () => clearTimeout(timer));
  addEventListener("pagehide", () => {
    if (form.dataset.kept === "no" && !form.dataset.sent) navigator.sendBeacon(form.dataset.draft, fields(form));
  });

  async function send() {
    if (form.dataset.sent) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    form.dataset.kept = "sending";
    const kept = await post(form);
    running = false;
    if (form.dataset.kept === "sending") form.dataset.kept = kept ? "yes" : "no";
    tell(note, kept);
    if (again) {
      again = false;
      timer = setTimeout(send, QUIET_MS);
    }
  }
}

async function post(form) {
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: fields(form), redirect: "error" });
    return answer.ok;
  } catch {
    return false;
  }
}

function fields(form) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !LEFT_OUT.has(name)) body.append(name, value);
  }
  return body;
}

function tell(note, kept) {
  if (!note) return;
  const time = new Date().toLocaleTimeString("zh-TW", { hour: "2-digit", minute: "2-digit", hour12: false });
  note.textContent = kept
    ? `草稿已保留（${time}）`
    : "草稿暫時無法保留，您輸入的文字仍在這一頁，請先不要關閉。";
}
