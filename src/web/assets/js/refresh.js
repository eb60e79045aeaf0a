// Printing opens the form in another tab and moves the case on: this page is read anew on return.

export default function refresh(root) {
  for (const form of root.querySelectorAll("form[data-refresh]")) {
    form.addEventListener("submit", () => {
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") location.reload();
      });
    });
  }
}
