// Uploads with a bar in percent and stages in words. The same form works without: this sends the same
// fields and shows the page that the server answers with.

import { Progress } from "./progress.js";
import { say } from "./say.js";
import { megabytes, refuse, send } from "./send.js";

export default function upload(root) {
  for (const form of root.querySelectorAll("form[data-upload]")) attach(form);
}

function attach(form) {
  for (const zone of form.querySelectorAll("[data-drop]")) acceptDrops(zone);
  const stopped = document.querySelector("[data-refusal] [data-stopped-at]");
  if (stopped) new Progress(form).stoppedAt(Number(stopped.dataset.stoppedAt));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.sent) return;
    const file = chosen(form);
    const trouble = whyNot(file, form);
    if (trouble) refuse(trouble);
    else send(form, file.name);
  });
}

function acceptDrops(zone) {
  const input = zone.querySelector("input[type='file']");
  zone.dataset.ready = "yes";
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.dataset.over = "yes";
  });
  zone.addEventListener("dragleave", () => delete zone.dataset.over);
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    delete zone.dataset.over;
    if (event.dataTransfer.files.length === 0) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    say(`已選擇 ${one.files[0].name}`);
  });
}

function chosen(form) {
  const inputs = [...form.querySelectorAll("input[type='file']")];
  return inputs.flatMap((input) => [...input.files])[0];
}

function whyNot(file, form) {
  if (!file) return ["還沒有選擇檔案", "請先選擇或拖曳一個檔案，再按上傳。"];
  if (file.size === 0) return ["這個檔案是空的", `「${file.name}」沒有任何內容，請重新掃描或另選檔案。`];
  if (file.size > Number(form.dataset.maxBytes)) {
    return ["檔案太大", `「${file.name}」有 ${megabytes(file.size)}，上限是 ${form.dataset.maxWords}。請降低解析度或改用灰階後再試。`];
  }
  return null;
}
