// Show times as the reader's clock has them. Without this script they are shown in UTC.

const format = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });

for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = time.textContent;
  time.textContent = format.format(new Date(time.dateTime));
}
