// Questions before the answer: what follows one is blurred until the reader has answered,
// or asks to see. Answers stay in this browser; nothing is sent.
"use strict";
(() => {
  const PLACE = "gf-predictions";
  /**
   * What a reader once answered.
   * @typedef {{first: string, right: boolean, since: boolean}} Answer its words, whether
   *   they were right, and whether a later answer was
   * @typedef {{answers: Object<string, Answer>, open: boolean}} Kept
   */
  /**
   * What of this is an answer or a wish, whoever wrote it.
   * @param {string} text JSON
   * @returns {Kept}
   */
  const read = (text) => {
    const found = JSON.parse(text);
    const answers = Object.entries(found?.answers ?? {}).filter(
      ([, answer]) => typeof answer?.first === "string" && typeof answer.right === "boolean",
    );
    return { answers: Object.fromEntries(answers), open: found?.open === true };
  };
  /** @type {Kept} */
  let kept = { answers: {}, open: false };
  try {
    kept = read(localStorage.getItem(PLACE) ?? "{}");
  } catch (error) {
    console.info("answers are kept on this page only:", error);
  }
  const keep = () => {
    try {
      localStorage.setItem(PLACE, JSON.stringify(kept));
    } catch (error) {
      console.info("this answer is not kept:", error);
    }
  };

  /**
   * An element with these properties and children.
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} kind
   * @param {Partial<HTMLElementTagNameMap[K]>} properties
   * @param {(Node | string)[]} children
   */
  const element = (kind, properties, ...children) => {
    const made = document.createElement(kind);
    Object.assign(made, properties);
    made.append(...children);
    return made;
  };
  /** @param {string} words @param {() => void} onclick */
  const button = (words, onclick) => element("button", { type: "button", onclick }, words);
  /** @param {Element} place */
  const words = (place) => (place.textContent ?? "").replace(/\s+/g, " ").trim();

  // ---- on a page with questions ----

  class Question {
    /** @param {HTMLElement} place */
    constructor(place) {
      this.place = place;
      this.name = place.dataset.name ?? "";
      this.right = Number(place.dataset.right);
      this.says = element("p", { className: "gf-said" });
      this.says.setAttribute("role", "status");
      this.skip = button("Show without answering", () => {
        this.show();
        this.says.textContent = "What follows is shown.";
      });
      this.skip.className = "gf-skip";
      this.choices = [...place.querySelectorAll(".gf-choice")].map((choice, i) => {
        const tap = button("", () => this.choose(i + 1));
        tap.className = "gf-choice";
        tap.append(...choice.childNodes);
        choice.replaceWith(tap);
        return tap;
      });
      if (!this.choices.length) place.append(this.field());
      place.append(element("div", { className: "gf-foot" }, this.says, this.skip));
      place.classList.add("gf-asks");
      this.hide();
      if (kept.open) this.show();
      const answer = kept.answers[this.name];
      if (answer) {
        this.show();
        const before = answer.right ? "right" : `not right: ${answer.first}`;
        this.says.textContent = `Your first answer was ${before}.`;
      }
    }

    /** What follows, up to the next question or heading. */
    following() {
      const found = [];
      let next = this.place.nextElementSibling;
      while (next && !next.matches("section, .gf-predict, .gf-answers")) {
        found.push(/** @type {HTMLElement} */ (next));
        next = next.nextElementSibling;
      }
      return found;
    }

    hide() {
      for (const part of this.following()) {
        part.classList.add("gf-waits");
        part.inert = true;
      }
    }

    show() {
      for (const part of this.following()) {
        part.classList.remove("gf-waits");
        part.inert = false;
      }
      this.skip.hidden = true;
    }

    /** @param {number} place */
    choose(place) {
      const tap = this.choices[place - 1];
      const right = place === this.right;
      tap.dataset.was = right ? "right" : "wrong";
      const why = tap.parentElement?.querySelector(".gf-why");
      this.take(words(tap), right, why ? words(why) : "");
    }

    /** A field for a number, and what reads it. */
    field() {
      const input = element("input", { type: "text", inputMode: "decimal", required: true });
      const form = element(
        "form",
        { className: "gf-number" },
        element("label", {}, "Your number ", input),
        element("button", { type: "submit" }, "Answer"),
      );
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const number = Number(input.value.trim().replace(",", "."));
        if (!input.value.trim() || !Number.isFinite(number)) {
          this.says.textContent = `“${input.value}” is no number: type one such as 12 or 0.5.`;
          return;
        }
        const off = Math.abs(number - this.right);
        this.take(input.value, off <= Number(this.place.dataset.within), "");
      });
      return form;
    }

    /**
     * Say whether it was right, keep it, and show what follows.
     * @param {string} said @param {boolean} right @param {string} why
     */
    take(said, right, why) {
      const wrong = this.choices.length ? `Not so. ${why}` : `Not so: it is ${this.right}.`;
      this.says.textContent = right ? "Right." : wrong;
      const before = kept.answers[this.name];
      kept.answers[this.name] = {
        first: before?.first ?? said,
        right: before?.right ?? right,
        since: right || (before?.since ?? false),
      };
      keep();
      this.show();
    }
  }

  const places = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".gf-predict")]);
  const questions = places.map((place) => new Question(place));
  // A link into what is hidden shows it.
  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const hidden = target?.closest(".gf-waits");
    if (!hidden) return;
    questions.find((each) => each.following().some((part) => part === hidden))?.show();
    target?.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();

  // ---- on the page of wrong answers: it lists all questions, and shows those ----

  const sheets = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".gf-sheet")]);
  const summary = document.getElementById("gf-wrong");
  const fill = () => {
    const asked = [...document.querySelectorAll(".gf-sheet li[id]")]; // others are out of date
    const answers = asked.flatMap((item) => kept.answers[item.id.replace("asked-", "")] ?? []);
    const right = answers.filter((answer) => answer.right).length;
    const count = `${right} of ${answers.length} first answers were right.`;
    const open = element("input", { type: "checkbox", checked: kept.open });
    open.addEventListener("change", () => {
      kept.open = open.checked;
      keep();
    });
    const forget = button("Forget my answers", () => {
      kept.answers = {};
      keep();
      fill();
    });
    const none = "No question has been answered in this browser yet.";
    summary?.replaceChildren(
      element("p", {}, answers.length ? count : none),
      element("p", {}, element("label", {}, open, " Show every page whole, without asking first.")),
      element("p", {}, forget),
    );
    for (const sheet of sheets) {
      const items = /** @type {HTMLElement[]} */ ([...sheet.querySelectorAll("li[id]")]);
      for (const item of items) {
        const answer = kept.answers[item.id.replace("asked-", "")];
        item.querySelector(".gf-said")?.remove();
        item.hidden = !answer || answer.right;
        if (item.hidden) continue;
        const since = answer.since ? " Since then you were right." : "";
        const said = `You answered “${answer.first}”.${since}`;
        item.append(element("p", { className: "gf-said" }, said));
      }
      sheet.hidden = items.every((item) => item.hidden);
    }
  };
  if (summary) {
    document.documentElement.classList.add("gf-wrong-only");
    fill();
  }

  // ---- on the sheets of questions ----

  /** @param {HTMLElement} sheet @param {boolean} answers */
  const print = (sheet, answers) => {
    document.documentElement.dataset.sheet = answers ? "answers" : "questions";
    sheet.classList.add("gf-printed");
    window.print();
    delete document.documentElement.dataset.sheet;
    sheet.classList.remove("gf-printed");
  };
  for (const sheet of summary ? [] : sheets) {
    const buttons = [
      button("Print the questions", () => print(sheet, false)),
      button("Print them with the answers", () => print(sheet, true)),
    ];
    sheet.querySelector("h2")?.after(element("p", { className: "gf-print" }, ...buttons));
  }
})();
