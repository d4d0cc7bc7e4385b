"use strict";
const details = document.getElementById("details");
function choose(number) {
  for (const each of document.querySelectorAll(".chosen")) each.classList.remove("chosen");
  for (const each of document.querySelectorAll(`[data-message="${number}"]`)) {
    each.classList.add("chosen");
    const title = each.querySelector("title");
    if (title && details) details.textContent = title.textContent;
  }
}
document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-message]");
  if (chosen) choose(chosen.dataset.message);
});
document.addEventListener("keydown", (event) => {
  const chosen = document.activeElement && document.activeElement.closest("[data-message]");
  if (!chosen) return;
  if (event.key === "Enter" || event.key === " ") {
    choose(chosen.dataset.message);
    event.preventDefault();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const all = [...chosen.parentNode.querySelectorAll(":scope > [data-message]:not([hidden])")];
    const next = all[all.indexOf(chosen) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      next.focus();
      choose(next.dataset.message);
      event.preventDefault();
    }
  }
});
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return down ? -order : order;
    });
    table.tBodies[0].append(...rows);
  }));
}
const search = document.getElementById("search");
if (search) search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of document.querySelectorAll("table.frames tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
});
