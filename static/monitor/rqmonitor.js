// Starts rqmonitor's page, as a script inside the page did before, and mends what it does wrong
// in the browser. Functions of its own are those of its main-js.js.

/* global $, action_modal_onconfirm, action_modal_onshow, get_checked_queues, modal_restore,
   on_click_jobs_dashboard, on_click_queues_dashboard, on_click_workers_dashboard,
   on_job_status_selection_change, on_queue_selection_change, on_redis_instance_change,
   on_redis_memory_refresh, refresh_dashboard, reload_sidebar_queues, setup_queues_datatable */

import { says } from "../says.js";

const page = document.body.dataset;
const addresses = JSON.parse(page.siteMap);
const ofTicked = [
  addresses["rqmonitor.empty_all_queues_api"],
  addresses["rqmonitor.delete_all_queues_api"],
];
const ofDeleted = [
  addresses["rqmonitor.delete_queue_api"],
  addresses["rqmonitor.delete_all_queues_api"],
];
const unticked = new Set();

// It fills in two templates with nunjucks, which makes functions of text. The two need but this.
// The server has escaped what is filled in; what it has not, is here, and nothing is twice.
window.nunjucks = {
  renderString(template, context) {
    const value = (path) => path.trim().split(".").reduce((at, name) => at?.[name], context) ?? "";
    const harmless = (text) =>
      String(text).replace(/[<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
    return template
      .replace(/{% if (\S+) != "None" %}([^]*?){% endif %}/g, (_, path, inside) =>
        value(path) === "None" ? "" : inside)
      .replace(/{{([^}]+)}}/g, (_, path) => harmless(value(path)));
  },
};
window.site_map = addresses;

// It takes every answer for JSON, and there may be none: the page is left, the server restarts. A
// table stays as it is then until the next time, and a dialog says what there was.
function readable(answer) {
  try {
    JSON.parse(answer.responseText);
    return answer;
  } catch {
    const message = says("answered", { status: answer.status });
    return { responseText: JSON.stringify({ message, traceback: "" }), statusText: "" };
  }
}

$.ajaxPrefilter((options) => {
  const { error } = options;
  if (error && options.dataType === "json") {
    options.error = (answer, ...told) => {
      const shown = readable(answer);
      if (options.type === "POST" || shown === answer) error(shown, ...told);
    };
  }
  if (options.type !== "POST") return;
  options.headers = { ...options.headers, "X-CSRFToken": page.token };
  if (ofTicked.includes(options.url)) {
    options.data += `&${$.param({ queues: get_checked_queues() })}`;
  }
});

// The list of queues comes anew when one is being deleted: before it is gone, and all ticked.
// So it comes once more, and what was not ticked is not.
$(document).on("change", ".queuelistitem input", ({ target }) => {
  if (target.checked) unticked.delete(target.id);
  else unticked.add(target.id);
});
$(document).on("ajaxSuccess", (_event, _answer, { url }) => {
  if (ofDeleted.includes(url)) reload_sidebar_queues(addresses);
  if (!url.startsWith(addresses["rqmonitor.refresh_sidebar_queues"])) return;
  for (const box of document.querySelectorAll(".queuelistitem input")) {
    box.checked = !unticked.has(box.id);
  }
});

// A card leads to the page of its job.
$(document).on("draw.dt", "#jobs_table", () => {
  for (const title of document.querySelectorAll("#jobs_table .card-title")) {
    if (title.querySelector("a")) continue;
    const link = document.createElement("a");
    link.textContent = title.textContent;
    link.href = page.job + encodeURIComponent(title.textContent);
    title.replaceChildren(link);
  }
});

const files = { job_info: page.jobInfo, error: page.error };
// Faults are shown in the page.
$.fn.dataTable.ext.errMode = "none";
$("#redis_instances").select2({ width: "resolve" });
setup_queues_datatable(files, addresses);
on_job_status_selection_change();
on_queue_selection_change();
on_redis_instance_change(addresses);
on_redis_memory_refresh(addresses);
action_modal_onshow();
action_modal_onconfirm(addresses);
modal_restore();
on_click_jobs_dashboard(files, addresses);
on_click_workers_dashboard(files, addresses);
on_click_queues_dashboard(files, addresses);
// What nobody looks at need not be asked for.
setInterval(() => document.hidden || refresh_dashboard(), Number(page.refreshMilliseconds));

// Say what a button does here, where it is not what it did.
const dialog = $("#confirmation");
const meanings = JSON.parse(document.querySelector("template[data-says]").dataset.says);
dialog.on("show.bs.modal", () => {
  const meaning = `${dialog.attr("targetclass")} ${dialog.attr("task")}`;
  if (meaning in meanings) dialog.find(".modal-body").text(says(meaning));
});
