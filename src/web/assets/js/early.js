// What was typed before a module was there to hear it: scripts load after the page can be typed into.

/** The fields of `form` that hold something else than the page came with. */
export function typedEarly(form) {
  return [...form.elements].filter((field) => {
    if (field.matches("textarea, input:not([type='checkbox'], [type='radio'], [type='file'], [type='hidden'])")) {
      return field.value !== field.defaultValue;
    }
    return field.matches("[type='checkbox'], [type='radio']") && field.checked !== field.defaultChecked;
  });
}
