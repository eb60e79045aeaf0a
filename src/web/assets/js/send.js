// Sends a form with files: the bar, the refusals, and the answered page put in place of this one.

import { enhance } from "./app.js";
import { Progress } from "./progress.js";
import { say } from "./say.js";

/** Where a refusal stands: beside the form, since what helps may be a form of its own. */
function refusals() {
  return document.querySelector("[data-refusal]");
}

/** What was found here without asking the server, in the same place and shape. */
export function refuse([title, words]) {
  const box = document.createElement("div");
  box.className = "summary";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  const head = document.createElement("h2");
  head.textContent = title;
  const text = document.createElement("p");
  text.textContent = words;
  box.append(head, text);
  refusals().replaceChildren(box);
  box.focus();
}

/** Sends what the form holds; `name` is what people call it. */
export function send(form, name, body = new FormData(form)) {
  busy(form, true);
  refusals().replaceChildren();
  const progress = new Progress(form);
  progress.begin(name);
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) progress.sent(event.loaded, event.total);
  });
  request.upload.addEventListener("load", () => progress.waiting());
  request.addEventListener("load", () => answered(form, request, progress));
  request.addEventListener("error", () => lost(form, progress));
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.send(body);
}

/** While a file is on its way nothing else can be chosen: the answer would sweep it away. */
function busy(form, yes) {
  for (const control of form.elements) {
    if (control.matches("select, input:not([type='hidden'])")) control.disabled = yes;
  }
  const button = form.querySelector("button:not([type='button'])");
  if (yes) {
    form.dataset.sent = "yes";
    button.setAttribute("aria-disabled", "true");
  } else {
    delete form.dataset.sent;
    button.removeAttribute("aria-disabled");
  }
}

function lost(form, progress) {
  busy(form, false);
  progress.stoppedAt(1);
  refuse(["連線中斷", "檔案可能沒有送達。請確認網路後再按一次；重複按也不會重複送出。"]);
}

function answered(form, request, progress) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = page.querySelector("main");
  const address = new URL(request.responseURL, location.href);
  if (!main) {
    busy(form, false);
    progress.stoppedAt(1);
    refuse(["伺服器沒有收下這個檔案", `請稍後再試一次；案件沒有改變。（${request.status}）`]);
  } else if (address.pathname === "/login") {
    location.assign(address);
  } else {
    show(page, main, address, form);
  }
}

/** The answer becomes the page. A refused file stays chosen, so that a code can be added to it. */
function show(page, main, address, form) {
  const kept = form.querySelector("input[type='file'][name]").files;
  const refused = main.querySelector("[data-refusal] [data-focus]");
  document.querySelector("main").replaceWith(main);
  document.title = page.title;
  const same = address.pathname === new URL(form.action).pathname && refused;
  if (!same && address.href !== location.href) history.pushState(null, "", address);
  swapped = true;
  const input = main.querySelector("form[data-upload] input[type='file']");
  if (refused && input && kept.length > 0) input.files = kept;
  enhance(main);
  if (!refused) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
    say(`完成。${main.querySelector("h1")?.textContent ?? ""}`);
  }
}

// A page put in place by script isn't in the history's memory: read it anew.
let swapped = false;
addEventListener("popstate", () => {
  if (swapped) location.reload();
});

export function megabytes(bytes) {
  return `${(bytes / 1048576).toFixed(1)} MB`;
}
