// A second press of the same button does nothing while the first is under way. The server's token is
// what really guards; this only spares people the wait and the doubt.

import { say } from "./say.js";

const REOPEN_AFTER_MS = 2500;

export default function once(root) {
  for (const form of root.querySelectorAll("form[method='post']:not([data-upload], [data-photos], [data-verdict])")) {
    form.addEventListener("submit", (event) => guard(form, event));
  }
}

function guard(form, event) {
  if (event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  mark(form, true);
  if (form.target === "_blank") setTimeout(() => reopen(form), REOPEN_AFTER_MS);
  else say("處理中，請稍候。");
}

function reopen(form) {
  delete form.dataset.sent;
  mark(form, false);
}

function mark(form, busy) {
  for (const button of form.elements) {
    if (button.type !== "submit") continue;
    if (busy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
}

// A page that comes back from the browser's memory is ready again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) reopen(form);
});
