// The desktop's page while a phone takes photos: says when the phone has opened the link, and leads on to
// what was recognised as soon as the photos have come.

import { say } from "./say.js";

const EVERY_MS = 1500;

export default function phone(root) {
  for (const box of root.querySelectorAll("[data-phone]")) follow(box);
}

async function follow(box) {
  let told = "waiting";
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    let now = null;
    try {
      const answer = await fetch(box.dataset.phone, { headers: { Accept: "application/json" } });
      if (answer.ok && answer.headers.get("content-type")?.startsWith("application/json")) now = await answer.json();
      // Signed out, or gone: the page of the link says which.
      else if (answer.status < 500) return location.assign(box.dataset.phonePage);
    } catch {
      // The network is away for a moment.
    }
    if (!now || now.state === told) continue;
    told = now.state;
    if (now.next) return location.assign(now.next);
    if (now.state === "over") return location.assign(box.dataset.phonePage);
    if (now.state === "opened") {
      const words = "手機已開啟連結，請在手機上拍照。收到照片後，這一頁會自動顯示辨識結果。";
      box.querySelector("[data-phone-code]").hidden = true;
      box.querySelector("[data-phone-words]").textContent = words;
      say(words);
    }
  }
}
