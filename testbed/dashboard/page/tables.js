// What is known of the tags, what was counted, and the list of runs.

const COUNTERS = [
  ["samples.ap", "samples, AP"], ["samples.tag", "samples, tag"], ["sent", "PPDUs sent"], ["received", "PPDUs received"],
  ["crc", "CRC failures", true], ["dropped", "other drops", true], ["retries", "retries"], ["dark", "brown-outs"],
  ["late", "late bursts", true], ["losses", "losses of samples", true], ["not_shown", "samples not shown"],
  ["watching.browsers", "browsers"], ["watching.dropped", "dropped for browsers"], ["watching.missed", "missed from the run"],
  ["watching.malformed", "malformed", true],
];
const SIGNS = { good: "✓", bad: "✗", note: "·" };

export function showTags(body, tags) {
  if (!tags.length) return;
  body.replaceChildren(
    ...tags.map((tag) =>
      row(
        cell("Tag", tag.id ? `${tag.name} ${tag.id}` : tag.name),
        cell("State", `${SIGNS[tag.tone] ?? "·"} ${tag.state}`, tag.tone),
        cell("SNR down", decibels(tag.snr_down), "number"),
        cell("SNR up", decibels(tag.snr_up), "number"),
        cell("Clock", typeof tag.clock === "number" ? `${tag.clock} ppm` : "–", "number"),
        energy(tag.energy),
        cell("Last reading", tag.reading ?? "–"),
      ),
    ),
  );
}

export function showCounters(list, figures) {
  const flat = { ...figures, "samples.ap": figures.samples?.ap, "samples.tag": figures.samples?.tag };
  for (const [key, value] of Object.entries(figures.watching ?? {})) flat[`watching.${key}`] = value;
  if (!list.childElementCount) {
    for (const [key, words] of COUNTERS) {
      const pair = document.createElement("div");
      const [term, figure] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = words;
      figure.dataset.counter = key;
      pair.append(term, figure);
      list.append(pair);
    }
  }
  for (const [key, , alarming] of COUNTERS) {
    const figure = list.querySelector(`[data-counter="${key}"]`);
    const value = flat[key] ?? 0;
    const words = value.toLocaleString("en").replaceAll(",", "\u202f");
    if (figure.textContent !== words) figure.textContent = words;
    figure.parentElement.classList.toggle("alarm", Boolean(alarming) && value > 0);
  }
}

export function showRuns(body, runs) {
  if (!runs.length) return;
  body.replaceChildren(
    ...runs.map((run) => {
      const link = document.createElement("a");
      link.href = `#run/${encodeURIComponent(run.folder)}`;
      link.textContent = run.folder;
      const name = cell("Run", "");
      name.append(link);
      const [tone, words] =
        run.state === "finished" ? (run.ok ? ["good", "held"] : ["bad", `did not hold${run.reason ? `: ${run.reason}` : ""}`])
          : run.state === "running" ? ["note", "running, or killed"] : ["bad", run.state];
      return row(
        name, cell("Outcome", `${SIGNS[tone]} ${words}`, tone), cell("System", run.system), cell("Radio", run.radio),
        cell("Started", when(run.started), "number"),
      );
    }),
  );
}

function energy(store) {
  const made = cell("Energy", "");
  if (!store) {
    made.textContent = "–";
    return made;
  }
  const box = document.createElement("span");
  box.className = `store ${store.share > 0.25 ? "good" : store.share > 0 ? "note" : "bad"}`;
  const space = "http://www.w3.org/2000/svg";
  const bar = document.createElementNS(space, "svg");
  bar.setAttribute("viewBox", "0 0 60 12");
  bar.setAttribute("aria-hidden", "true");
  for (const [width, kind] of [[60, "stroke"], [60 * store.share, "shade"]]) {
    const part = document.createElementNS(space, "rect");
    for (const [key, value] of Object.entries({ x: 0.5, y: 0.5, width: Math.max(width - 1, 0), height: 11, rx: 2, class: kind })) part.setAttribute(key, value);
    bar.append(part);
  }
  const words = document.createElement("span");
  words.className = "number";
  words.textContent = `${store.volts.toFixed(2)} V, ${Math.round(store.share * 100)} %`;
  box.append(bar, words);
  made.append(box);
  return made;
}

function decibels(value) {
  return typeof value === "number" ? `${value.toFixed(1)} dB` : "–";
}

function when(text) {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]} ${parts[4]}:${parts[5]}:${parts[6]}` : text;
}

function row(...cells) {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

function cell(label, words, kind = "") {
  const made = document.createElement("td");
  made.dataset.label = label;
  made.textContent = words;
  if (kind) made.className = kind;
  return made;
}
