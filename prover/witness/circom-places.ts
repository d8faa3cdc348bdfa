import type { Area, Index, Place } from "./circom-syntax.ts";
import { unplanned } from "./unplanned.ts";

const AREAS: Readonly<Record<string, Area>> = {
  lvar: "local",
  expaux: "temporary",
  lvarcall: "argument",
  circuitConstants: "constant",
};

const SIGNAL = "signalValues[mySignalStart + ";
const SUBCOMPONENT = "ctx->signalValues[ctx->componentMemory[mySubcomponents[";
const START = "]].signalStart + ";
const LAYOUT = "ctx->templateInsId2IOSignalInfo[ctx->componentMemory[mySubcomponents[";
const PORT = /^\]\]\.templateId\]\.defs\[(\d+)\]\.(?:(offset|size)|lengths\[(\d+)\])/;

const known = new Map<string, readonly Place[]>();

/** Reads a list of addresses, such as `&expaux[0],&lvar[((1 * Fr_toInt(&lvar[10])) + 1)]`. */
export function parsePlaces(text: string): readonly Place[] {
  let places = known.get(text);
  if (places === undefined) {
    const reader = new Reader(text);
    const list = [reader.place()];
    while (reader.takes(",")) list.push(reader.place());
    reader.end();
    known.set(text, (places = list));
  }
  return places;
}

export function parseIndex(text: string): Index {
  const reader = new Reader(text);
  const index = reader.index();
  reader.end();
  return index;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  place(): Place {
    if (this.takes("aux_dest")) return { kind: "target" };
    if (this.takes("destination")) return { kind: "result" };
    this.#expect("&");
    if (this.takes(SUBCOMPONENT)) {
      const component = this.index();
      this.#expect(START);
      return { kind: "subcomponent", component, index: this.#closed() };
    }
    if (this.takes(SIGNAL)) return { kind: "signal", index: this.#closed() };
    const [, name] = this.#match(/^(\w+)\[/);
    const kind = AREAS[name!];
    if (kind === undefined) throw this.#unexpected();
    return { kind, index: this.#closed() };
  }

  index(): Index {
    let index = this.#product();
    while (this.takes(" + ") || this.takes("+")) index = folded("sum", index, this.#product());
    return index;
  }

  takes(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  end(): void {
    if (this.#at !== this.#text.length) throw this.#unexpected();
  }

  #product(): Index {
    let index = this.#factor();
    while (this.takes(" * ") || this.takes("*")) index = folded("product", index, this.#factor());
    return index;
  }

  #factor(): Index {
    if (this.takes("(")) {
      const index = this.index();
      this.#expect(")");
      return index;
    }
    if (this.takes("Fr_toInt(")) {
      const of = this.place();
      this.#expect(")");
      return { kind: "value", of };
    }
    if (this.takes("cmp_index_ref")) return { kind: "current" };
    if (this.takes("map_accesses_aux[0]")) return { kind: "mapped" };
    if (this.takes(LAYOUT)) {
      const component = this.index();
      const [, port, field, dimension] = this.#match(PORT);
      return { kind: "port", component, port: Number(port), field: field ? (field as "offset") : Number(dimension) };
    }
    return Number(this.#match(/^\d+/)[0]);
  }

  #closed(): Index {
    const index = this.index();
    this.#expect("]");
    return index;
  }

  #expect(text: string): void {
    if (!this.takes(text)) throw this.#unexpected();
  }

  #match(pattern: RegExp): RegExpExecArray {
    const match = pattern.exec(this.#text.slice(this.#at, this.#at + 100));
    if (match === null) throw this.#unexpected();
    this.#at += match[0].length;
    return match;
  }

  #unexpected(): Error {
    return unplanned(`circom's C++ output has "${this.#text}"`);
  }
}

function folded(kind: "sum" | "product", a: Index, b: Index): Index {
  if (typeof a === "number" && typeof b === "number") return kind === "sum" ? a + b : a * b;
  return { kind, terms: [a, b] };
}
