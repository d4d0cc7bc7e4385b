// The live view: takes what the server tells and hands each part to whoever shows it.

import { AirView } from "./air.js";
import { EnvelopeView } from "./envelope.js";
import { LadderView } from "./ladder.js";
import { Provisioning } from "./provision.js";
import { ask } from "./requests.js";
import { StartForm } from "./start.js";
import { follow } from "./stream.js";
import { showCounters, showRuns, showTags } from "./tables.js";

const find = (id) => document.getElementById(id);
const air = new AirView(find("spectrum"), find("waterfall"), find("air-role"));
const envelope = new EnvelopeView(find("envelope"), find("span"), find("follow"));
const ladder = new LadderView(find("ladder"), find("ladder-count"), find("said"));
const provisioning = new Provisioning(find("view-provision"));
const form = new StartForm(find("start-form"), find("stop"), complain);
const noTags = find("tag-rows").innerHTML;

let figures = {};
let run = null;
let process = { state: "idle", what: "", end: null };
let past = null; // the folder of a run that is over, while one is looked at

function complain(words) {
  const message = find("message");
  message.hidden = !words;
  const sentence = /^[\w.]+:/.test(words) ? words : `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
  message.textContent = words ? `✗ ${sentence}` : "";
}

function clear() {
  air.clear();
  envelope.clear();
  ladder.clear();
  find("tag-rows").innerHTML = noTags;
  find("follow").setAttribute("aria-pressed", "true");
  figures = { watching: figures.watching };
  run = null;
}

function show(news) {
  if (news.whole || news.cleared) clear();
  if (news.run) run = news.run;
  if (news.rows) {
    ladder.add(news.rows, { quiet: Boolean(news.whole) });
    envelope.addMessages(news.rows);
    if (past === null) provisioning.steps(news.rows);
  }
  if (news.samples) {
    air.add(news.samples);
    envelope.add(news.samples);
  }
  if (news.tags) showTags(find("tag-rows"), news.tags);
  if (news.counters) figures = { ...news.counters, watching: figures.watching };
  if (news.watching) figures.watching = news.watching;
  showCounters(find("counters"), figures);
  title();
}

function title() {
  const going = past === null && process.state !== "idle";
  const ended = past === null && !going && process.end !== null;
  find("live-title").textContent = run?.name ?? (going ? process.what : "No run yet");
  const facts = run ? [run.system, run.variant, run.radio, `seed ${run.seed}`, `${run.air_ms} ms of air`, run.reason] : [];
  find("run-facts").textContent = run ? facts.filter(Boolean).join(" · ") : going ? "The processes start." : "Start one here, or in a terminal.";
  let [tone, words] = ["note", "idle"];
  if (going) [tone, words] = process.state === "stopping" ? ["note", "stopping"] : run ? ["down", "running"] : ["note", "starting"];
  else if (run?.state === "running") [tone, words] = ["down", "running"];
  else if (run) [tone, words] = run.state === "finished" ? (run.ok ? ["good", "✓ held"] : ["bad", "✗ did not hold"]) : ["bad", `✗ ${run.state}`];
  else if (ended && !process.end.ok) [tone, words] = ["bad", process.end.reason === "stopped" ? "✗ stopped" : "✗ failed"];
  const badge = find("run-state");
  if (badge.textContent !== words) badge.textContent = words;
  badge.dataset.tone = tone;
}

function take(news) {
  if (news.process) {
    const before = process;
    process = news.process;
    form.show(process);
    provisioning.ended(process);
    const { end } = process;
    if (before.state !== "idle" && process.state === "idle" && end && !end.ok && end.reason !== "stopped" && end.code !== 1) {
      complain([end.reason, end.fix].filter(Boolean).join(". "));
    }
    if (process.state === "idle") listRuns();
  }
  if (past === null) show(news);
  else {
    if (news.watching) { figures.watching = news.watching; showCounters(find("counters"), figures); }
    if (news.cleared || process.state === "running") location.hash = "#live";
  }
}

async function listRuns() {
  try {
    showRuns(find("run-rows"), (await ask("/api/runs")).runs);
  } catch (error) {
    complain(error.message);
  }
}

async function open(folder) {
  past = folder;
  try {
    show(await ask(`/api/runs/${encodeURIComponent(folder)}`));
    find("showing").hidden = false;
  } catch (error) {
    past = null;
    complain(error.message);
  }
}

let stop = () => {};
function begin() {
  stop();
  stop = follow(take, (state) => {
    const link = find("link");
    link.dataset.state = state;
    link.querySelector(".words").textContent = state === "live" ? "connected" : "not connected, trying again";
  });
}

function route() {
  const [, view = "live", folder] = /^#(\w+)(?:\/(.+))?$/.exec(location.hash) ?? [];
  const shown = view === "run" ? "live" : ["live", "runs", "provision"].includes(view) ? view : "live";
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== `view-${shown}`;
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.dataset.view === (view === "run" ? "runs" : shown);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (shown !== "provision") provisioning.off();
  if (shown === "runs") listRuns();
  if (view === "run" && folder) open(decodeURIComponent(folder));
  else if (past !== null && shown === "live") {
    past = null;
    find("showing").hidden = true;
    begin(); // the whole comes first
  }
  scrollTo(0, 0);
}

addEventListener("hashchange", route);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // or its address would be taken for a view's
  find("main").focus();
});
showCounters(find("counters"), figures);
begin();
try {
  const facts = await ask("/api/facts");
  form.offer(facts.experiments);
  provisioning.offer(facts.provisioning);
  if (facts.shown && !location.hash) location.hash = `#run/${encodeURIComponent(facts.shown)}`;
} catch (error) {
  complain(error.message);
}
route();
