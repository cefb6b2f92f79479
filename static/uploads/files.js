// The list of chosen files: each with its size, how far it is, and a button to take it off.

import { locale, says } from "../says.js";

const list = document.querySelector("#files");
const template = document.querySelector("#file-row");
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const percent = new Intl.NumberFormat(locale, { style: "percent" });

function sizeOf(bytes) {
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const options = { style: "unit", unit: UNITS[power], maximumFractionDigits: power > 1 ? 1 : 0 };
  return new Intl.NumberFormat(locale, options).format(bytes / 1000 ** power);
}

export class Row {
  // `onremove` is called once the row is gone, with the element that should have the focus next;
  // `preview` is an element that shows the file, if there is one.
  constructor(file, onremove, preview = null) {
    this.file = file;
    this.onremove = onremove;
    this.cancelling = new AbortController();
    this.element = template.content.cloneNode(true).firstElementChild;
    this.bar = this.element.querySelector("progress");
    this.button = this.element.querySelector("button");
    this.bar.setAttribute("aria-label", says("sending", { name: file.name }));
    this.element.querySelector(".name").textContent = file.name;
    this.element.querySelector(".size").textContent = sizeOf(file.size);
    this.button.addEventListener("click", () => {
      if (!this.button.hasAttribute("aria-disabled")) this.remove();
    });
    this.call(says("remove"));
    this.preview = preview;
    if (preview) this.element.append(preview);
    list.append(this.element);
  }

  get signal() {
    return this.cancelling.signal;
  }

  say(words) {
    this.element.querySelector(".words").textContent = words;
  }

  // Name what the button does.
  call(action) {
    this.button.textContent = action;
    this.button.setAttribute("aria-label", says("what", { action, name: this.file.name }));
  }

  showProgress(sent) {
    this.bar.hidden = false;
    this.bar.value = this.file.size ? sent / this.file.size : 1;
    this.say(percent.format(Math.floor(100 * this.bar.value) / 100));
  }

  // It is too late to take it off the list.
  hold() {
    this.button.setAttribute("aria-disabled", "true");
  }

  // Nothing is sent just now: the button takes the file off the list again.
  rest(words) {
    this.bar.hidden = true;
    this.button.removeAttribute("aria-disabled");
    this.call(says("remove"));
    this.say(words);
  }

  // It has become a job.
  accept(job) {
    const link = document.createElement("a");
    link.href = job.page_url;
    link.textContent = says("open");
    link.setAttribute("aria-label", says("what", { action: says("open"), name: this.file.name }));
    this.job = job;
    this.say(says("accepted"));
    this.bar.hidden = true;
    const hadFocus = document.activeElement === this.button;
    this.button.replaceWith(link);
    if (hadFocus) link.focus();
  }

  remove() {
    this.cancelling.abort();
    const hadFocus = this.element.contains(document.activeElement);
    const next = this.element.nextElementSibling ?? this.element.previousElementSibling;
    if (this.preview) URL.revokeObjectURL(this.preview.src);
    this.element.remove();
    this.onremove(this, hadFocus ? (next?.querySelector("button, a") ?? null) : undefined);
  }
}
