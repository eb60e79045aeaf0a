// Warns before the session ends for want of a request, and leads to the log-in when it has ended. What counts is what
// the server says; asking it prolongs nothing. Tabs tell each other when somebody goes on or leaves.

const WARN_SECONDS = 120;
const ASK_AGAIN_SECONDS = 15;
const CHANNEL = "casebind-session";

export default function idle(root) {
  const dialog = root.querySelector("dialog[data-idle]");
  if (dialog?.showModal) new Watch(dialog).begin();
}

class Watch {
  constructor(dialog) {
    this.dialog = dialog;
    this.limit = Number(dialog.dataset.idle);
    this.warn = Math.min(WARN_SECONDS, Math.floor(this.limit / 3));
    this.words = dialog.querySelector("[data-idle-words]");
    this.stayButton = dialog.querySelector("[data-idle-stay]");
    this.channel = new BroadcastChannel(CHANNEL);
    this.timer = 0;
    this.over = false;
  }

  begin() {
    this.stayButton.addEventListener("click", () => (this.over ? this.leave() : this.stay()));
    // Escape goes on as well: whoever presses a key is there.
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (!this.over) this.stay();
    });
    this.channel.addEventListener("message", () => this.check());
    for (const form of document.querySelectorAll("form[action='/logout']")) {
      form.addEventListener("submit", () => setTimeout(() => this.channel.postMessage("left"), 500));
    }
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.check();
    });
    // A page that has just been opened may have prolonged the session for other tabs too.
    this.channel.postMessage("opened");
    this.wait(this.limit);
  }

  /** Waits until it is time to warn. */
  wait(left) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), Math.max(1, left - this.warn) * 1000);
  }

  async check() {
    if (this.over) return;
    const left = await this.ask();
    if (left === null) {
      // Nothing is known while the network is down: asked again soon.
      this.timer = setTimeout(() => this.check(), ASK_AGAIN_SECONDS * 1000);
    } else if (left.seconds <= 0) {
      this.end();
    } else if (left.seconds > this.warn) {
      this.close();
      this.wait(left.seconds);
    } else {
      this.show(left);
    }
  }

  async ask() {
    try {
      const answer = await fetch("/session", { redirect: "manual", headers: { Accept: "application/json" } });
      if (answer.status >= 500) return null;
      // A redirect to the log-in, which is not followed: there is no session any more.
      if (!answer.ok) return { seconds: 0 };
      const { idle, whole } = await answer.json();
      // Its last second isn't over before the server says so: a page opened in it would prolong the session.
      return { seconds: Math.max(1, Math.min(idle, whole)), last: whole <= idle };
    } catch {
      return null;
    }
  }

  show({ seconds, last }) {
    const until = Date.now() + seconds * 1000;
    const asked = Date.now();
    if (!this.dialog.open) this.dialog.showModal();
    this.stayButton.hidden = last;
    clearTimeout(this.timer);
    const tick = () => {
      const left = Math.round((until - Date.now()) / 1000);
      this.say(left, last);
      if (left <= 0 || Date.now() - asked > ASK_AGAIN_SECONDS * 1000) this.check();
      else this.timer = setTimeout(tick, 1000);
    };
    tick();
  }

  say(left, last) {
    const seconds = Math.max(0, left);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    this.words.textContent = last
      ? `登入已達時間上限，系統將於 ${time} 後自動登出，請先儲存並重新登入。`
      : `您已閒置一段時間，系統將於 ${time} 後自動登出。`;
  }

  async stay() {
    try {
      const answer = await fetch("/session/stay", { method: "POST", redirect: "manual" });
      if (!answer.ok) return this.end();
    } catch {
      this.words.textContent = "網路暫時沒有回應，請再按一次「繼續使用」。";
      return;
    }
    this.close();
    this.channel.postMessage("stayed");
    this.wait(this.limit);
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  /** The session is over. What is typed and kept nowhere yet goes along by sending its form, which the server holds. */
  end() {
    this.over = true;
    clearTimeout(this.timer);
    this.form = typed();
    if (!this.form) return this.leave();
    this.dialog.querySelector("h2").textContent = "已自動登出";
    this.words.textContent = "您填寫的內容還在這一頁，重新登入後會帶回，不會遺失。";
    this.stayButton.hidden = false;
    this.stayButton.textContent = "重新登入";
    for (const other of this.dialog.querySelectorAll("form")) other.hidden = true;
    this.dialog.dataset.over = "yes";
    if (!this.dialog.open) this.dialog.showModal();
  }

  async leave() {
    if (!this.form) {
      const next = new URLSearchParams({ why: "idle", next: location.pathname + location.search });
      location.assign(`/login?${next}`);
      return;
    }
    // Somebody may have signed in again in another tab: then nothing is sent that wasn't meant.
    const left = await this.ask();
    if (left?.seconds > 0) {
      this.over = false;
      this.form = null;
      this.close();
      this.wait(left.seconds);
    } else {
      HTMLFormElement.prototype.submit.call(this.form);
    }
  }
}

/** The form in which something was typed that no draft keeps. */
function typed() {
  const forms = [...document.querySelectorAll("main form[method='post']")];
  return forms.find((form) => form.dataset.kept !== "yes" && [...form.elements].some(changed));
}

function changed(field) {
  if (field.type === "password" || field.type === "file" || field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return "defaultValue" in field && field.value !== field.defaultValue;
}
