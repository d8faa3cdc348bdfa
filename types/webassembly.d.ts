/** The part of the WebAssembly JavaScript interface that Sheaf uses: TypeScript declares it with the DOM only. */
declare namespace WebAssembly {
  type Exports = Readonly<Record<string, unknown>>;

  interface Module {
    readonly [Symbol.toStringTag]: "WebAssembly.Module";
  }
  function compile(bytes: Uint8Array): Promise<Module>;

  class Memory {
    constructor(descriptor: { initial: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Exports;
  }
}
