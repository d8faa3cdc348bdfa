import { parseIndex, parsePlaces } from "./circom-places.ts";
import type { CircomProgram, Place, Statement, Template } from "./circom-syntax.ts";
import { unplanned } from "./unplanned.ts";

/** Lines that say nothing a plan needs. */
const IGNORED = new RegExp(
  [
    "FrElement\\* \\w+ = ctx->\\w+;",
    "FrElement (expaux|lvar)\\[\\d+\\];",
    "(u64|u32\\*|bool\\*|std::string\\*?) (my\\w+|listOfTemplateMessages) = .*;",
    "uint (sub_component_aux|index_multiple_eq);",
    "(int )?cmp_index_ref_load = .*;",
    "assert\\(.*\\);",
    "\\w+_run\\(mySubcomponents\\[cmp_index_ref\\],ctx\\);",
    "\\(\\*_functionTable\\[ctx->componentMemory\\[mySubcomponents\\[cmp_index_ref\\]\\]\\.templateId\\]\\)\\(.*\\);",
  ]
    .map((line) => `^${line}$`)
    .join("|"),
);

const INPUTS_LEFT = "ctx->componentMemory\\[mySubcomponents\\[cmp_index_ref\\]\\]\\.inputCounter -= (\\d+)";
const SUPPLY = new RegExp(`^${INPUTS_LEFT};$`);
const SUPPLY_AND_RUN = new RegExp(`^if\\(!\\(${INPUTS_LEFT}\\)\\)\\{$`);

/**
 * Reads the C++ that `circom --c` writes, statement by statement. Its form is that of the compiler that package.json
 * fixes; a line of another form makes the circuit unplanned.
 *
 * @throws SheafError CIRCUIT_UNPLANNED
 */
export function parseCircomCpp(source: string): CircomProgram {
  const lines = source.split("\n").map((line) => line.replace(/\/\/.*/, "").trim());
  const headers = new Map<string, { id: number; inputs: number }>();
  const templates = new Map<string, Template>();
  const functions = new Map<string, readonly Statement[]>();
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const [, name, role] = /^void (\w+?)(?:_(create|run))?\(.*\)\{$/.exec(line) ?? [];
    if (name === undefined || name === "run") continue; // the latter starts main
    if (role === "create") headers.set(name, parseHeader(lines.slice(at, at + 12).join("\n")));
    else {
      const body = new Body(lines, at + 1).statements();
      if (role === undefined) functions.set(name, body);
      else templates.set(name, { name, ...headers.get(name)!, body });
    }
  }
  const tables = {
    inputs: sizeOf(source, "size_of_input_hashmap"),
    witness: sizeOf(source, "size_of_witness"),
    constants: sizeOf(source, "size_of_constants"),
    ports: sizeOf(source, "size_of_io_map"),
  };
  const main = /^(\w+)_run\(0,ctx\);$/m.exec(source)?.[1];
  if (main === undefined || !templates.has(main)) throw unplanned("circom's C++ output has no main component");
  const [signals, firstInput] = [sizeOf(source, "total_signal_no"), sizeOf(source, "main_input_signal_start")];
  return { templates, functions, main, signals, outputs: firstInput - 1, tables };
}

function sizeOf(source: string, name: string): number {
  const value = new RegExp(`^uint get_${name}\\(\\) \\{return (\\d+);\\}$`, "m").exec(source)?.[1];
  if (value === undefined) throw unplanned(`circom's C++ output does not say get_${name}`);
  return Number(value);
}

function parseHeader(create: string): { id: number; inputs: number } {
  const id = /\.templateId = (\d+);/.exec(create)?.[1];
  const inputs = /\.inputCounter = (\d+);/.exec(create)?.[1];
  if (id === undefined || inputs === undefined) throw unplanned("a component's inputs are not counted");
  return { id: Number(id), inputs: Number(inputs) };
}

/** The statements of one function, read line by line from `at` to the brace that closes it. */
class Body {
  readonly #lines: readonly string[];
  #at: number;

  constructor(lines: readonly string[], at: number) {
    this.#lines = lines;
    this.#at = at;
  }

  statements(): Statement[] {
    const list: Statement[] = [];
    for (;;) {
      const line = this.#next();
      if (line === "}" || line === "}else{") {
        if (line !== "}") this.#at--; // for the `if` to see
        return list;
      }
      if (line === "{{" || line === "}}" || line === "" || IGNORED.test(line)) continue;
      if (/^for \(uint i = 0; i < \d+; i\+\+\)\{$/.test(line)) {
        // The subcomponents' memory is given back.
        this.#expect(/^uint index_subc = /);
        this.#expect(/^if \(index_subc != 0\)\{$/);
        this.statements();
        this.#expect(/^\}$/);
      } else if (!/^release_memory_component\(/.test(line)) list.push(...this.#statement(line));
    }
  }

  #statement(line: string): readonly Statement[] {
    if (line === "{") return [{ kind: "block", body: this.statements() }];
    if (line === "return;") return [{ kind: "return" }];
    if (/^FrElement lvarcall\[\d+\];$/.test(line)) return [{ kind: "arguments" }];
    let match: RegExpExecArray | null;
    if ((match = /^PFrElement aux_dest = (.*);$/.exec(line))) return [{ kind: "target", place: one(match[1]!) }];
    if ((match = /^Fr_copy\((.*)\);$/.exec(line))) return [copy(match[1]!, 1)];
    if ((match = /^Fr_copyn\((.*),(?:std::min\((\d+),destination_size\)|(\d+))\);$/.exec(line))) {
      return [copy(match[1]!, Number(match[2] ?? match[3]))];
    }
    if ((match = /^Fr_(\w+)\((.*)\);$/.exec(line))) {
      const [to, ...operands] = parsePlaces(match[2]!);
      return [{ kind: "operation", operator: match[1]!, to: to!, operands }];
    }
    if ((match = /^while\(Fr_isTrue\((.*)\)\)\{$/.exec(line))) {
      return [{ kind: "while", condition: one(match[1]!), body: this.statements() }];
    }
    if ((match = /^if\(Fr_isTrue\((.*)\)\)\{$/.exec(line))) {
      const body = this.statements();
      const hasElse = this.#lines[this.#at] === "}else{";
      if (hasElse) this.#at++;
      return [{ kind: "if", condition: one(match[1]!), body, otherwise: hasElse ? this.statements() : [] }];
    }
    if ((match = /^uint cmp_index_ref = (.*);$/.exec(line))) {
      return [{ kind: "current", component: parseIndex(match[1]!) }];
    }
    if ((match = SUPPLY.exec(line))) return [{ kind: "supply", count: Number(match[1]) }];
    if ((match = SUPPLY_AND_RUN.exec(line))) {
      if (this.statements().length > 0) throw unplanned(`"${line}" does more than run a component`);
      return [{ kind: "supply", count: Number(match[1]) }];
    }
    if ((match = /^if \(!Fr_isTrue\((.*?)\)\) std::cout <</.exec(line))) {
      return [{ kind: "assert", condition: one(match[1]!) }];
    }
    if ((match = /^(\w+)\(ctx,lvarcall,myId,(.*),(\d+)\);$/.exec(line))) {
      return [{ kind: "call", name: match[1]!, to: one(match[2]!), count: Number(match[3]) }];
    }
    if (line === "uint map_accesses_aux[1];") return [this.#mapped()];
    if (/^std::string new_cmp_name = /.test(line)) return [this.#create()];
    if ((match = /^uint aux_create = (\d+);$/.exec(line))) return this.#createArray(Number(match[1]));
    throw unplanned(`circom's C++ output has "${line}"`);
  }

  /** Where in an array of arrays of a subcomponent something goes. */
  #mapped(): Statement {
    this.#expect(/^\{$/);
    const [, layout] = this.#expect(/^IOFieldDef \*cur_def = &\((.*)\);$/);
    this.#expect(/^\{$/);
    const [, dimensions] = this.#expect(/^uint map_index_aux\[(\d+)\];$/);
    const indexes = Array.from({ length: Number(dimensions) }, () => this.#expect(/^map_index_aux\[\d+\]=(.*);$/)[1]!);
    const [, formula] = this.#expect(/^map_accesses_aux\[0\] = (.*);$/);
    this.#expect(/^\}$/);
    this.#expect(/^\}$/);
    const index = formula!
      .replace(/map_index_aux\[(\d+)\]/g, (_, dimension: string) => `(${indexes[Number(dimension)]!})`)
      .replaceAll("cur_def->", `${layout!}.`);
    return { kind: "mapped", index: parseIndex(index) };
  }

  #create(): Statement {
    const [, template, signals] = this.#expect(/^(\w+)_create\(mySignalStart\+(\d+),.*\);$/);
    const [, component] = this.#expect(/^mySubcomponents\[(\d+)\] = .*;$/);
    return { kind: "create", template: template!, component: Number(component), signals: Number(signals) };
  }

  #createArray(first: number): Statement[] {
    this.#expect(/^int aux_cmp_num = /);
    const [, start] = this.#expect(/^uint csoffset = mySignalStart\+(\d+);$/);
    this.#expect(/^uint aux_dimensions/);
    let line = this.#next();
    const listed = /^uint aux_positions \[\d+\]= \{([\d,]+)\};$/.exec(line)?.[1]?.split(",").map(Number);
    if (listed !== undefined) line = this.#next();
    const count = /^for \(uint i(?:_aux)? = 0; i(?:_aux)? < (\d+); i(?:_aux)?\+\+\) \{$/.exec(line)?.[1];
    if (count === undefined) throw unplanned(`circom's C++ output has "${line}"`);
    if (listed !== undefined) this.#expect(/^uint i = aux_positions\[i_aux\];$/);
    this.#expect(/^std::string new_cmp_name = /);
    const [, template] = this.#expect(/^(\w+)_create\(csoffset,/);
    this.#expect(/^mySubcomponents\[aux_create\+ i\] = aux_cmp_num;$/);
    const [, step] = this.#expect(/^csoffset \+= (\d+) ;$/);
    this.#expect(/^aux_cmp_num \+= /);
    this.#expect(/^\}$/);
    const positions = listed ?? Array.from({ length: Number(count) }, (_, i) => i);
    return positions.map((position, i) => ({
      kind: "create",
      template: template!,
      component: first + position,
      signals: Number(start) + i * Number(step),
    }));
  }

  #next(): string {
    const line = this.#lines[this.#at++];
    if (line === undefined) throw unplanned("circom's C++ output is cut off");
    return line;
  }

  #expect(pattern: RegExp): RegExpExecArray {
    const line = this.#next();
    const match = pattern.exec(line);
    if (match === null) throw unplanned(`circom's C++ output has "${line}"`);
    return match;
  }
}

function copy(places: string, count: number): Statement {
  const [to, from] = parsePlaces(places);
  return { kind: "copy", to: to!, from: from!, count };
}

function one(place: string): Place {
  return parsePlaces(place)[0]!;
}
