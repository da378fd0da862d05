"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("all");
  if (!table) return;
  const { s: text, t: words, c: controls } = data;
  const body = table.tBodies[0];
  const rows = [...body.querySelectorAll("tr.control")];
  const form = document.querySelector("form.controls");
  const FEW = 200;

  const make = (name, content, css) => {
    const element = document.createElement(name);
    if (content !== undefined && content !== null) element.textContent = content;
    if (css) element.className = css;
    return element;
  };

  const table_of = (heads, rows, cells) => {
    const box = make("div");
    const made = box.appendChild(make("table"));
    const head = made.createTHead().insertRow();
    for (const one of heads) head.appendChild(make("th", one)).scope = "col";
    const into = made.createTBody();
    let at = 0;
    const more = () => {
      for (const row of rows.slice(at, at + FEW)) {
        const line = into.insertRow();
        for (const cell of cells(row)) line.insertCell().append(cell);
      }
      at += FEW;
      if (button && at >= rows.length) { button.remove(); made.tabIndex = -1; made.focus(); }
    };
    let button = null;
    more();
    if (at < rows.length) {
      button = make("button", `${words.more} (${rows.length.toLocaleString()})`, "more");
      button.type = "button";
      button.addEventListener("click", more);
      box.appendChild(button);
    }
    return box;
  };

  const verdict = (number) => make("span", data.v[number].replace("_", " "), `v v-${data.v[number]}`);

  const detail_of = (number) => {
    const one = controls[number];
    const row = make("tr", null, "detail");
    row.id = `d-${number}`;
    const cell = row.insertCell();
    cell.colSpan = 6;
    const said = (name, value, code) => {
      if (!value) return;
      cell.append(make("h3", name), make(code ? "code" : "p", value));
    };
    said(words.why, text[one.w]);
    said(words.remedy, text[one.m]);
    for (const how of one.h) cell.append(make("p").appendChild(make("code", text[how])).parentNode);
    if (one.x) cell.append(make("h3", words.finding), make("pre", text[one.x]));
    if (one.r.length) {
      cell.append(make("h3", words.resources));
      cell.append(table_of([words.verdict, words.resource, words.finding], one.r, ([name, found, sentence]) => [verdict(found), text[name], text[sentence] || ""]));
      if (one.rest) cell.append(make("p", words.in_results, "by"));
    }
    if (one.e.length) {
      cell.append(make("h3", words.evidence));
      cell.append(table_of([words.resource, words.field, words.value, words.source], one.e, ([name, field, value, source, ...files]) => {
        const place = make("span", text[source]);
        for (const file of files) {
          const link = make("a", text[file]);
          link.href = `evidence/${text[file].split("/").map(encodeURIComponent).join("/")}`;
          place.append(make("br"), link);
        }
        return [text[name], make("code", text[field]), make("code", text[value]), place];
      }));
      if (one.en > one.e.length) cell.append(make("p", words.in_results, "by"));
    }
    said(words.documented, text[one.d]);
    said(words.frameworks, one.f.map((each) => text[each]).join(", "));
    said(words.test, text[one.t], true);
    return row;
  };

  const details = new Map();
  const toggle = (row, open) => {
    const number = Number(row.dataset.n);
    const button = row.querySelector("button.open");
    if (open) {
      if (!details.has(number)) details.set(number, detail_of(number));
      row.after(details.get(number));
    } else if (details.has(number)) details.get(number).remove();
    button.setAttribute("aria-expanded", String(open));
  };
  body.addEventListener("click", (event) => {
    const button = event.target.closest("button.open");
    if (button) toggle(button.closest("tr"), button.getAttribute("aria-expanded") !== "true");
  });
  const follow = () => {
    const row = location.hash.startsWith("#c-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row) { row.hidden = false; toggle(row, true); row.querySelector("button.open").focus(); }
  };
  addEventListener("hashchange", follow);

  let order = [...rows];
  const place = () => {
    const shown = new Set([...form.querySelectorAll("[name=verdict]:checked")].map((one) => one.value));
    const wanted = form.elements.text.value.trim().toLowerCase();
    const by = form.elements.group.value;
    const found = order.filter((row) => {
      row.hidden = !shown.has(row.dataset.v) || (wanted && !haystack(row).includes(wanted));
      return !row.hidden;
    });
    for (const row of rows) toggle(row, false);
    body.replaceChildren();
    if (by === "catalogue") body.append(...found);
    else if (by === "resource") resources(found);
    else grouped(found, by);
    document.getElementById("shown").textContent = found.length;
  };
  const head = (name, number) => {
    const row = make("tr", null, "group");
    const cell = row.appendChild(make("th", `${name} `));
    cell.scope = "colgroup"; cell.colSpan = 6;
    cell.append(make("span", number, "number"));
    return row;
  };
  const grouped = (found, by) => {
    const groups = new Map();
    for (const row of found) for (const name of JSON.parse(row.dataset.g)[by]) groups.set(name, [...(groups.get(name) || []), row]);
    const names = data.o[by].filter((name) => groups.has(name));
    for (const name of names) {
      body.append(head(data.n[name] || name, groups.get(name).length));
      for (const row of groups.get(name)) body.append(row.isConnected ? line_of(row, "") : row);
    }
  };
  const line_of = (row, sentence, found) => {
    const line = make("tr");
    const link = make("a", row.cells[0].textContent);
    link.href = `#${row.id}`;
    line.insertCell().append(link);
    line.insertCell().textContent = sentence || row.cells[1].textContent;
    line.insertCell().append(row.cells[2].firstChild.cloneNode(true));
    line.insertCell().append(found === undefined ? row.cells[3].firstChild.cloneNode(true) : verdict(found));
    line.insertCell().textContent = row.cells[4].textContent;
    line.insertCell();
    return line;
  };
  const resources = (found) => {
    const groups = new Map();
    for (const row of found) for (const [name, was, sentence] of controls[row.dataset.n].r) {
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push([row, sentence, was]);
    }
    const worst = (name) => Math.min(...groups.get(name).map((one) => one[2]));
    const names = [...groups.keys()].sort((a, b) => worst(a) - worst(b) || groups.get(b).length - groups.get(a).length);
    for (const name of names.slice(0, FEW)) {
      body.append(head(text[name], groups.get(name).length));
      for (const [row, sentence, was] of groups.get(name)) body.append(line_of(row, text[sentence], was));
    }
  };
  const haystack = (row) => row.seen || (row.seen = (row.textContent + " " + controls[row.dataset.n].r.slice(0, 1000).map((one) => text[one[0]]).join(" ")).toLowerCase());
  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(place, 120); });
  form.addEventListener("submit", (event) => event.preventDefault());
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const column = Number(button.dataset.sort);
    const cell = button.closest("th");
    const down = cell.getAttribute("aria-sort") === "ascending";
    for (const one of table.tHead.querySelectorAll("th")) one.setAttribute("aria-sort", "none");
    cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.cells[column].dataset.o ?? row.cells[column].textContent;
    order.sort((a, b) => (down ? -1 : 1) * (column === 2 || column === 3 || column === 5 ? value(a) - value(b) : value(a).localeCompare(value(b))));
    place();
  });
  follow();
})();
