// Provisioning: a label before the camera, or in a picture; what it says is read by the server and never comes back.

import { send } from "./requests.js";

const LOOK_MS = 500;
const PICTURE_MAX = 12 * 1024 * 1024;

export class Provisioning {
  constructor(room) {
    this.room = room;
    this.find = (id) => room.querySelector(`#${id}`);
    this.stream = null;
    this.tag = null;
    this.find("picture").addEventListener("change", (event) => this.picture(event.target));
    this.find("camera").addEventListener("click", () => (this.stream ? this.off() : this.on()));
  }

  offer({ lacks, gateway }) {
    const notice = this.find("provision-lacks");
    notice.hidden = !lacks;
    notice.textContent = lacks ? `This live view knows nowhere to provision. Start it with: amp dash ${lacks}` : "";
    this.find("gateway").textContent = gateway ? `By gateway ${gateway}.` : "";
    for (const control of this.room.querySelectorAll("button, input, select")) control.disabled = Boolean(lacks);
  }

  say(words, tone = "note") {
    const state = this.find("provision-state");
    state.textContent = words;
    state.dataset.tone = tone;
  }

  async picture(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    this.keep(null);
    if (file.size > PICTURE_MAX) this.say("✗ The picture is larger than 12 MiB: take it with fewer pixels.", "bad");
    else {
      createImageBitmap(file).then((seen) => this.keep(seen), () => {});
      await this.give(file, file.type || "application/octet-stream", false);
    }
  }

  // Shows the picture that was given: this browser's own, and gone with the page.
  keep(seen) {
    const taken = this.find("taken");
    taken.hidden = seen === null;
    if (seen === null) return;
    const scale = Math.min(1, 900 / seen.width);
    taken.width = Math.round(seen.width * scale);
    taken.height = Math.round(seen.height * scale);
    taken.getContext("2d").drawImage(seen, 0, 0, taken.width, taken.height);
  }

  async give(octets, kind, again) {
    if (!again) this.say("Reading the label …");
    this.find("provision-steps").replaceChildren();
    const query = new URLSearchParams({ radio: this.find("provision-radio").value, reading: this.find("reading").value });
    if (again) query.set("camera", "1");
    try {
      const { tag } = await send(`/api/provision?${query}`, octets, kind);
      if (tag === null) return false; // no label before the camera yet
      this.tag = tag;
      this.say(`The label of ${tag}: provisioning …`);
      return true;
    } catch (error) {
      this.say(`✗ ${error.message[0].toUpperCase()}${error.message.slice(1)}`, "bad");
      return true;
    }
  }

  steps(rows) {
    if (this.tag === null) return;
    const list = this.find("provision-steps");
    for (const row of rows) {
      if (row.kind !== "note" || row.text.endsWith(": ")) continue; // an empty command says nothing
      const step = document.createElement("li");
      step.textContent = `${row.t.toFixed(1)} ms: ${row.text.replace(/^[^\w]+/, "")}`;
      list.append(step);
    }
  }

  ended({ what, state, end }) {
    if (this.tag === null || state !== "idle" || !end || what !== `provision ${this.tag}`) return;
    if (end.ok) this.say(`✓ ${this.tag} is provisioned.`, "good");
    else this.say(`✗ ${this.tag} is not provisioned: ${end.reason || "the exchange failed"}. ${end.fix}`, "bad");
    this.tag = null;
  }

  async on() {
    if (!navigator.mediaDevices?.getUserMedia) {
      this.say("✗ The browser gives its camera to https or this machine's own pages only: choose a picture instead.", "bad");
      return;
    }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
    } catch (error) {
      this.say(`✗ The camera cannot be used (${error.name}): choose a picture instead.`, "bad");
      return;
    }
    this.keep(null);
    const video = this.find("video");
    video.srcObject = this.stream;
    await video.play();
    this.find("camera-off").hidden = true;
    this.find("camera").textContent = "Camera off";
    this.say("Hold the label before the camera.");
    this.look(video);
  }

  async look(video) {
    const canvas = document.createElement("canvas");
    while (this.stream) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      if (!this.stream || !video.videoWidth) continue;
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext("2d").drawImage(video, 0, 0);
      const frame = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
      if (frame && this.stream && (await this.give(frame, "image/jpeg", true))) {
        this.off();
        this.keep(canvas);
      }
    }
  }

  off() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.find("video").srcObject = null;
    this.find("camera-off").hidden = false;
    this.find("camera").textContent = "Use the camera";
  }
}
