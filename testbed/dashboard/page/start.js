// Starting and stopping the one run.

import { send } from "./requests.js";

const OWN = "own";

export class StartForm {
  constructor(form, stop, complain) {
    this.form = form;
    this.stop = stop;
    this.complain = complain;
    this.busy = false;
    this.own = form.querySelector("#own");
    form.experiment.addEventListener("change", () => this.toggle());
    form.querySelector("#own-file").addEventListener("change", (event) => this.read(event.target.files[0]));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    stop.addEventListener("click", () => this.end());
  }

  offer(experiments) {
    const { experiment } = this.form;
    const groups = { examples: group("examples"), here: group("in this folder") };
    for (const { key, name, about, why_not } of experiments) {
      const option = document.createElement("option");
      option.value = key;
      option.textContent = name;
      option.title = why_not || about;
      option.disabled = Boolean(why_not);
      groups[key.split("/")[0]].append(option);
    }
    const own = document.createElement("option");
    own.value = OWN;
    own.textContent = "a file of yours …";
    experiment.replaceChildren(...Object.values(groups).filter((each) => each.childElementCount), own);
    const demo = experiments.find((each) => each.key === "examples/demo.toml");
    if (demo) experiment.value = demo.key;
    this.toggle();
  }

  toggle() {
    this.own.hidden = this.busy || this.form.experiment.value !== OWN;
  }

  async read(file) {
    if (file) this.form.querySelector("#own-text").value = await file.text();
  }

  show({ state }) {
    const busy = state !== "idle";
    this.busy = busy;
    this.toggle(); // what was started is not in the way of what it does
    const start = this.form.querySelector("#start");
    if (busy && document.activeElement === start) { this.stop.disabled = false; this.stop.focus(); }
    if (!busy && document.activeElement === this.stop) { start.disabled = false; start.focus(); }
    start.disabled = busy;
    this.stop.disabled = !busy;
  }

  async start() {
    const { experiment, radio, seed } = this.form;
    const asked = { experiment: experiment.value, radio: radio.value };
    if (seed.value.trim() !== "") asked.seed = Number(seed.value);
    if (experiment.value === OWN) asked.text = this.form.querySelector("#own-text").value;
    this.complain("");
    location.hash = "#live";
    try {
      await send("/api/start", asked);
    } catch (error) {
      this.complain(error.message);
    }
  }

  async end() {
    try {
      await send("/api/stop", {});
    } catch (error) {
      this.complain(error.message);
    }
  }
}

function group(label) {
  const made = document.createElement("optgroup");
  made.label = label;
  return made;
}
