// Loads one small module per thing on the page that it can make better. Each may fail to load:
// the page works without.

const modules = [
  ["form[method='post']", () => import("./once.js")],
  ["form[data-draft]", () => import("./draft.js")],
  ["form[data-leave]", () => import("./leave.js")],
  ["form[data-glyphs]", () => import("./glyphs.js")],
  ["form[data-photos]", () => import("./photos.js")],
  ["form[data-upload]", () => import("./upload.js")],
  ["form[data-refresh]", () => import("./refresh.js")],
  ["[data-count]", () => import("./count.js")],
  ["[data-captcha]", () => import("./captcha.js")],
  ["[data-narrow]", () => import("./narrow.js")],
  ["[data-copy]", () => import("./copy.js")],
  ["dialog[data-idle]", () => import("./idle.js")],
  ["[data-menu]", () => import("./menu.js")],
  ["form[data-dispatch]", () => import("./dispatch.js")],
  ["form[data-bulk]", () => import("./bulk.js")],
  ["[data-follow]", () => import("./follow.js")],
  ["[data-phone]", () => import("./phone.js")],
  ["form[data-ticks]", () => import("./ticks.js")],
  ["[data-desk]", () => import("./desk.js")],
  ["[data-print]", () => import("./print.js")],
];

/** Improves everything below `root`: the page, or a part of it that has just been replaced. */
export async function enhance(root) {
  root.querySelector("[data-focus]")?.focus();
  const wanted = modules.filter(([selector]) => root.querySelector(selector));
  const ends = await Promise.allSettled(wanted.map(async ([, load]) => (await load()).default(root)));
  // The page goes on without, but nobody has to guess why.
  for (const end of ends) if (end.status === "rejected") reportError(end.reason);
}

// Not awaited: a module may import this one, which must have finished by then.
enhance(document);
