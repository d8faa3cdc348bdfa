import { node, type AccountProof } from "../data/node.ts";
import { useResource } from "../data/resource.ts";
import type { CheckedProof } from "../proof.ts";
import { BatchLink, Root } from "./links.tsx";
import { Section } from "./page.tsx";
import { Loaded } from "./states.tsx";
import { Table } from "./table.tsx";

/** An account's Merkle proof after the last batch on L1, checked in the page. */
export function ProofPanel({ index }: { readonly index: number }) {
  const checked = useResource(
    `proof/${index}`,
    () => proofOf(index),
    ({ type }) => type === "state",
  );
  return (
    <Section title="Merkle proof">
      <Loaded what="and checking the proof" resource={checked}>
        {(value) => <Verdict {...value} />}
      </Loaded>
    </Section>
  );
}

interface Checked extends CheckedProof {
  readonly proof: AccountProof;
}

async function proofOf(index: number): Promise<Checked> {
  const [proof, { checkProof }] = await Promise.all([node.accountProof(index), import("../proof.ts")]);
  return { proof, ...checkProof(proof) };
}

function Verdict({ proof: { account, batch, root }, nodes, isRight }: Checked) {
  const what = account === null ? "An empty leaf" : "This account, with this balance and nonce,";
  return (
    <>
      <p class={isRight ? "right" : "wrong"}>
        {isRight ? (
          <>
            Checked in this page: {what.replace(/^[AT]/, (letter) => letter.toLowerCase())} is in the state after batch{" "}
            <BatchLink number={batch} />.
          </>
        ) : (
          <>The proof is wrong: it does not lead to the root after batch {batch}. Do not trust this node.</>
        )}
      </p>
      <p>
        Root after batch {batch}: <Root root={root} whole />
      </p>
      <details>
        <summary>The path, from the leaf to the root</summary>
        <Table
          caption="Nodes of the path"
          columns={[
            { title: "Level", cell: ([level]) => level },
            { title: "Node, as computed here", cell: ([, node]) => <Root root={node} /> },
          ]}
          rows={[...nodes.entries()]}
          keyOf={([level]) => level}
        />
      </details>
    </>
  );
}
