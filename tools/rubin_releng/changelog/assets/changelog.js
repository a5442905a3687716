// Search, filters and order for tables of tickets. Without it, pages are whole, and only these are missing.
"use strict";

(() => {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const FIELDS = ["q", "product", "project", "kind", "order"];
  const STEP = 200;
  // Browsers need seconds to lay out thousands of rows, so long tables begin with this many.
  const MANY = 1000;
  const FIRST = 400;

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

  // What is known of one row: `text` is searched, the other values are filtered and sorted by.
  const readRow = (element) => {
    const [key, title, where, when] = element.cells;
    const name = key.textContent.trim();
    return {
      element,
      key: name,
      project: name.slice(0, name.lastIndexOf("-")),
      title: title.firstChild ? title.firstChild.textContent.trim() : "",
      text: `${name} ${title.textContent}`.toLowerCase(),
      products: Array.from(where.querySelectorAll("a[href^='#p-']"), (link) => link.textContent),
      kinds: (element.dataset.kind || "merge").split(" "),
      when: when.textContent.trim(),
      released: "",
    };
  };

  const compareBy = {
    key: (a, b) => collator.compare(a.key, b.key),
    title: (a, b) => collator.compare(a.title, b.title),
    where: (a, b) => collator.compare(a.products.join(), b.products.join()),
    when: (a, b) => (a.when < b.when ? -1 : a.when > b.when ? 1 : 0),
    release: (a, b) => collator.compare(a.release, b.release),
  };

  const matcher = (wanted) => {
    const terms = words(wanted.q);
    return (row) =>
      (!wanted.project || row.project === wanted.project) &&
      (!wanted.product || row.products.includes(wanted.product)) &&
      (!wanted.kind || row.kinds.includes(wanted.kind)) &&
      terms.every((term) => row.text.includes(term));
  };

  const inOrder = (rows, order) => {
    const compare = compareBy[order.replace("-", "")];
    if (!compare) return rows;
    const sign = order.startsWith("-") ? -1 : 1;
    const others = (a, b) => collator.compare(a.key, b.key) || collator.compare(a.released, b.released);
    return [...rows].sort((a, b) => sign * compare(a, b) || others(a, b));
  };

  // The tools of one table: what is wanted, in the form and in the address of the page.
  class Tools {
    constructor(form, table, change) {
      this.form = form;
      this.table = table;
      this.change = change;
      this.count = form.querySelector("[role=status]");
      this.buttons = new Map();
      form.hidden = false;
      document.documentElement.classList.add("script");
      this.addButtons();
      this.read();
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("input", (event) => {
        clearTimeout(this.waiting);
        this.waiting = setTimeout(() => this.update(), event.target.name === "q" ? 60 : 0);
      });
      form.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && event.target.name === "q") {
          event.preventDefault();
          this.set({ q: "" });
        }
      });
      document.addEventListener("keydown", (event) => {
        if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.target.closest("input, select, textarea")) return;
        event.preventDefault();
        form.elements.q.focus();
      });
    }

    get wanted() {
      const found = {};
      for (const name of FIELDS) found[name] = this.form.elements[name].value;
      return found;
    }

    addButtons() {
      for (const heading of this.table.tHead.rows[0].cells) {
        const name = heading.dataset.order;
        if (!name) continue;
        const button = make("button", { type: "button" }, ...heading.childNodes);
        heading.append(button);
        this.buttons.set(name, heading);
        button.addEventListener("click", () => {
          const first = heading.dataset.first || "";
          const current = this.form.elements.order.value;
          this.set({ order: current === first + name ? (first ? name : `-${name}`) : first + name });
        });
      }
    }

    // A select shows only what it offers; what an address asks for beyond that finds nothing anyway.
    read() {
      const query = new URLSearchParams(location.search);
      for (const name of FIELDS) {
        const field = this.form.elements[name];
        const value = query.get(name);
        if (value === null) continue;
        if (field.options && ![...field.options].some((option) => option.value === value)) {
          field.append(make("option", { value }, value));
        }
        field.value = value;
      }
      this.mark();
    }

    set(values) {
      for (const [name, value] of Object.entries(values)) this.form.elements[name].value = value;
      this.update();
    }

    clear() {
      this.set({ q: "", product: "", project: "", kind: "" });
    }

    update() {
      this.mark();
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(this.wanted)) {
        const usual = this.form.elements[name].dataset.usual || "";
        if (value && value !== usual) query.set(name, value);
      }
      const text = query.toString();
      try {
        history.replaceState(null, "", location.pathname + (text ? `?${text}` : "") + location.hash);
      } catch (error) {
        // Some browsers keep the addresses of files as they are.
      }
      this.change();
    }

    mark() {
      const order = this.form.elements.order.value;
      for (const [name, heading] of this.buttons) {
        heading.removeAttribute("aria-sort");
        if (order === name) heading.setAttribute("aria-sort", "ascending");
        if (order === `-${name}`) heading.setAttribute("aria-sort", "descending");
      }
    }

    offer(name, values) {
      const field = this.form.elements[name];
      const chosen = field.value;
      const missing = chosen && !values.includes(chosen) ? [chosen] : [];
      field.replaceChildren(field.options[0], ...[...values, ...missing].map((one) => make("option", { value: one }, one)));
      field.value = chosen;
    }

    // What a screen reader says after each change.
    tell(shown, all) {
      const noun = all === 1 ? "ticket" : "tickets";
      const number = (value) => value.toLocaleString("en");
      this.count.textContent = shown === all ? `${number(all)} ${noun}` : `${number(shown)} of ${number(all)} ${noun}`;
    }
  }

  const distinct = (rows, list) => [...new Set(rows.flatMap(list))].sort(collator.compare);

  // A page of one release: all rows are there, and some are hidden.
  const startPage = (form, table) => {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, readRow);
    const nothing = document.getElementById("nothing");
    const more = document.getElementById("more");
    let sorted = rows;
    let order = "key";
    let limit = rows.length > MANY ? FIRST : Infinity;

    const show = () => {
      const wanted = tools.wanted;
      const matches = matcher(wanted);
      let found = 0;
      const changed = order !== wanted.order;
      if (changed) {
        order = wanted.order;
        sorted = inOrder(rows, order);
      }
      for (const row of sorted) {
        if (matches(row)) {
          found += 1;
          row.hide = found > limit;
        } else {
          row.hide = true;
        }
        if (row.element.hidden !== row.hide) row.element.hidden = row.hide;
      }
      if (changed) body.append(...sorted.map((row) => row.element));
      nothing.hidden = found > 0;
      more.hidden = found <= limit;
      tools.tell(found, rows.length);
    };

    for (const row of rows) {
      const link = make("a", { class: "self", href: `#${row.key}`, "aria-label": `Link to ${row.key}` }, "#");
      row.element.cells[0].append(link);
    }
    const tools = new Tools(form, table, show);
    tools.offer("product", distinct(rows, (row) => row.products));
    tools.offer("project", distinct(rows, (row) => [row.project]));
    tools.offer("kind", distinct(rows, (row) => row.kinds));
    show();

    const showAll = () => {
      limit = Infinity;
      show();
    };
    more.querySelector("button").addEventListener("click", () => {
      showAll();
      sorted.filter((row) => !row.hide)[FIRST].element.cells[0].firstChild.focus();
    });

    // An address may point into a row that a filter hides, or into a list that is closed.
    const reveal = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (!target) return;
      const closed = target.closest("details:not([open])");
      if (closed) closed.open = true;
      if (target.hidden) tools.clear();
      if (target.hidden) showAll();
      target.scrollIntoView();
    };
    addEventListener("hashchange", reveal);
    if (location.hash) reveal();

    for (const link of document.querySelectorAll("a[data-product]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        tools.set({ q: "", project: "", kind: "", product: link.dataset.product });
        document.getElementById("tickets").scrollIntoView();
        form.elements.product.focus({ preventScroll: true });
      });
    }
    document.getElementById("clear").addEventListener("click", () => {
      tools.clear();
      form.elements.q.focus();
    });
  };

  // The index: rows come from the data of the years, which are asked for when somebody searches.
  // They are scripts and no data to fetch, for pages opened from a disk may fetch nothing.
  const startIndex = (form, table) => {
    const body = table.tBodies[0];
    const results = document.getElementById("results");
    const more = document.getElementById("more");
    const rows = [];
    let limit = STEP;
    let loading = null;
    let loaded = false;

    window.changelogYear = (data) => {
      for (const page of data.pages) {
        for (const ticket of page.tickets) {
          rows.push({
            key: ticket.key,
            project: ticket.key.slice(0, ticket.key.lastIndexOf("-")),
            title: ticket.title || "",
            text: `${ticket.key} ${ticket.title || ""}`.toLowerCase(),
            products: ticket.products,
            kinds: [page.kind],
            when: ticket.date,
            release: page.tag,
            released: page.date || "",
            address: `${page.path}#${ticket.key}`,
          });
        }
      }
    };

    const load = (year) =>
      new Promise((resolve) => {
        const script = make("script", { src: `${form.dataset.folder}/${year}.js` });
        script.addEventListener("load", () => resolve(true));
        script.addEventListener("error", () => resolve(false));
        document.head.append(script);
      });

    const loadAll = () => {
      if (loading) return loading;
      loading = Promise.all(form.dataset.years.split(" ").filter(Boolean).map(load)).then((found) => {
        loaded = true;
        document.getElementById("missing").hidden = found.every(Boolean);
        tools.offer("product", distinct(rows, (row) => row.products));
        tools.offer("project", distinct(rows, (row) => [row.project]));
      });
      return loading;
    };

    const rowOf = (row) => {
      const title = row.title || make("span", { class: "untitled" }, "no title");
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, make("a", { href: row.address }, row.key)),
        make("td", {}, title),
        make("td", {}, row.products.join(", ")),
        make("td", {}, make("a", { href: row.address.split("#")[0] }, row.release)),
        make("td", {}, row.when),
      );
    };

    const show = async () => {
      const asks = () => ["q", "product", "project", "kind"].some((name) => tools.wanted[name]);
      results.hidden = !asks();
      if (!asks()) {
        tools.count.textContent = "";
        return;
      }
      if (!loaded) tools.count.textContent = "Loading…";
      await loadAll();
      const wanted = tools.wanted;
      const sorted = inOrder(rows.filter(matcher(wanted)), wanted.order);
      // Who asks for DM-100 wants it before DM-1001, whatever the order.
      const asked = new Set(words(wanted.q));
      const isAsked = (row) => asked.has(row.key.toLowerCase());
      const found = [...sorted.filter(isAsked), ...sorted.filter((row) => !isAsked(row))];
      body.replaceChildren(...found.slice(0, limit).map(rowOf));
      more.hidden = found.length <= limit;
      document.getElementById("nothing").hidden = found.length > 0;
      results.hidden = !asks();
      tools.tell(found.length, rows.length);
    };

    const again = () => {
      limit = STEP;
      show();
    };
    const tools = new Tools(form, table, again);
    more.querySelector("button").addEventListener("click", () => {
      const next = body.rows.length;
      limit += STEP;
      show().then(() => body.rows[next].cells[0].firstChild.focus());
    });
    document.getElementById("clear").addEventListener("click", () => {
      tools.clear();
      form.elements.q.focus();
    });
    // The lists of products and projects are wanted before the first letter is typed.
    form.addEventListener("focusin", loadAll);
    show();
  };

  const form = document.getElementById("tools");
  const table = document.getElementById("table");
  if (form && table) (form.dataset.years === undefined ? startPage : startIndex)(form, table);
})();
