// Show times as the reader's clock has them. Without this script they are shown in UTC.

const plain = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium" });

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const format = "exact" in time.dataset ? exact : plain;
    time.textContent = format.format(new Date(time.dateTime));
  }
}

localise(document);
