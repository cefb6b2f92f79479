// Show times as the reader's clock has them, in the page's language. Without this script they are shown in UTC.

import { locale } from "./says.js";

const plain = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const format = "exact" in time.dataset ? exact : "day" in time.dataset ? day : plain;
    time.textContent = format.format(new Date(time.dateTime));
  }
}

localise(document);
