// Requests to the live view, and what is wrong with one in a sentence.

export async function ask(path) {
  return answer(await fetch(path, { headers: { accept: "application/json" } }));
}

export async function send(path, body, kind = "application/json") {
  const content = kind === "application/json" ? JSON.stringify(body) : body;
  return answer(await fetch(path, { method: "POST", body: content, headers: { "content-type": kind } }));
}

async function answer(response) {
  let document = null;
  try {
    document = await response.json();
  } catch {
    document = null;
  }
  if (response.ok && document) return document;
  const { reason, fix } = document?.error ?? { reason: `the live view answered ${response.status}`, fix: "" };
  const error = new Error(fix ? `${reason}. ${fix[0].toUpperCase()}${fix.slice(1)}.` : `${reason}.`);
  error.status = response.status;
  throw error;
}
