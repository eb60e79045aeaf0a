// How far a long piece of work is, without reading the page anew; the page is read again when it has ended.
// The server says how far in words: {done, total, going, words}.

import { say } from "./say.js";

const EVERY_MS = 400;
const LOST_MS = 3000;
const SPOKEN_SHARE = 0.25;

export default function progress(root) {
  for (const box of root.querySelectorAll("[data-follow]")) follow(box);
}

async function follow(box) {
  const bar = box.querySelector("progress");
  const words = box.querySelector("[data-follow-words]");
  const lost = box.querySelector("[data-follow-lost]");
  let spoken = 0;
  for (;;) {
    let state = null;
    try {
      const answer = await fetch(box.dataset.follow, { headers: { Accept: "application/json" } });
      if (answer.ok && answer.headers.get("content-type")?.startsWith("application/json")) state = await answer.json();
      // Signed out, or gone: the page itself says which.
      else if (answer.status < 500) return location.reload();
    } catch {
      // The network is away for a moment; the work goes on without this page.
    }
    lost.hidden = state !== null;
    if (state) {
      if (!state.going) return location.reload();
      bar.max = state.total;
      bar.value = state.done;
      words.textContent = state.words;
      if (state.done / state.total >= spoken + SPOKEN_SHARE) {
        spoken = Math.floor(state.done / state.total / SPOKEN_SHARE) * SPOKEN_SHARE;
        say(state.words);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, state ? EVERY_MS : LOST_MS));
  }
}
