/** What circom's C++ output says, as far as plans understand it. Everything else is refused by the parser. */

/** An index in an array of values. */
export type Index =
  | number
  | { readonly kind: "sum" | "product"; readonly terms: readonly [Index, Index] }
  /** `Fr_toInt` */
  | { readonly kind: "value"; readonly of: Place }
  /** `cmp_index_ref`: the subcomponent at hand. */
  | { readonly kind: "current" }
  /** `map_accesses_aux` */
  | { readonly kind: "mapped" }
  /** Where a subcomponent keeps one of its inputs or outputs, the size of an element, or the length of a dimension. */
  | {
      readonly kind: "port";
      readonly component: Index;
      readonly port: number;
      readonly field: "offset" | "size" | number;
    };

/** How an input or output that is an array lies among the signals of its component. */
export interface Port {
  readonly offset: number;
  readonly size: number;
  readonly lengths: readonly number[];
}

/** Where a value lies. */
export type Place =
  | { readonly kind: Area; readonly index: Index }
  | { readonly kind: "subcomponent"; readonly component: Index; readonly index: Index }
  /** `aux_dest`, where the statement's result goes; `destination`, where the function's goes. */
  | { readonly kind: "target" | "result" };

/** `lvar`, `expaux`, `lvarcall`, `circuitConstants`, the component's signals. */
export type Area = "local" | "temporary" | "argument" | "constant" | "signal";

export type Statement =
  | { readonly kind: "block" | "while"; readonly condition?: Place; readonly body: readonly Statement[] }
  | {
      readonly kind: "if";
      readonly condition: Place;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: "target"; readonly place: Place }
  | { readonly kind: "current"; readonly component: Index }
  | { readonly kind: "mapped"; readonly index: Index }
  | { readonly kind: "arguments" }
  /** Copies `count` values, or as many as the function's caller takes. */
  | { readonly kind: "copy"; readonly to: Place; readonly from: Place; readonly count: number }
  | { readonly kind: "operation"; readonly operator: string; readonly to: Place; readonly operands: readonly Place[] }
  | { readonly kind: "call"; readonly name: string; readonly to: Place; readonly count: number }
  | { readonly kind: "return" }
  | { readonly kind: "create"; readonly template: string; readonly component: number; readonly signals: number }
  /** The subcomponent at hand has got `count` more of its inputs. With the last one it runs. */
  | { readonly kind: "supply"; readonly count: number }
  | { readonly kind: "assert"; readonly condition: Place };

export interface Template {
  readonly name: string;
  /** Its number among the templates, by which circom finds the layout of inputs and outputs. */
  readonly id: number;
  /** Number of input signals, each element of an array counted. */
  readonly inputs: number;
  readonly body: readonly Statement[];
}

/** circom's C++ output for a circuit. */
export interface CircomProgram {
  readonly templates: ReadonlyMap<string, Template>;
  /** The bodies of circom's functions. */
  readonly functions: ReadonlyMap<string, readonly Statement[]>;
  readonly main: string;
  /** Number of signals, the constant 1 among them. */
  readonly signals: number;
  /** Number of main's outputs: its inputs follow them. */
  readonly outputs: number;
  /** Entries of the tables in the `.dat` file. */
  readonly tables: {
    readonly inputs: number;
    readonly witness: number;
    readonly constants: number;
    readonly ports: number;
  };
}
