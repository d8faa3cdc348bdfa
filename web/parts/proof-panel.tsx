import type { Claim } from "../data/claim.ts";
import { useResource } from "../data/resource.ts";
import type { CheckedProof } from "../proof.ts";
import { BatchLink, L1Transaction, Root } from "./links.tsx";
import { Section } from "./page.tsx";
import { Loaded } from "./states.tsx";
import { Table } from "./table.tsx";

interface Options {
  readonly index: number;
  readonly claim: Claim;
}

/** An account's Merkle proof after the last batch on L1, checked in the page. */
export function ProofPanel({ index, claim }: Options) {
  const checker = useResource("checker", () => import("../proof.ts"));
  return (
    <Section title="Merkle proof">
      <Loaded what="and checking the proof" resource={checker}>
        {({ checkProof }) => <Checked claim={claim} {...checkProof(index, claim)} />}
      </Loaded>
    </Section>
  );
}

function Checked({ claim, nodes, fault }: CheckedProof & Pick<Options, "claim">) {
  const { root } = claim.proof;
  const { number = 0, l1 } = claim.batch ?? {};
  return (
    <>
      <Verdict claim={claim} fault={fault} />
      <p>
        Root after batch {number}: <Root root={root} whole />
      </p>
      {l1 && (
        <p class="quiet">
          The page asks nobody but this node. L1's own word on the root is in its transaction{" "}
          <L1Transaction hash={l1.transaction} />
        </p>
      )}
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

function Verdict({ claim: { account, proof }, fault }: Pick<CheckedProof, "fault"> & Pick<Options, "claim">) {
  if (fault !== undefined) {
    return (
      <p class="wrong" role="alert">
        The proof is wrong: {fault}. Do not trust this node.
      </p>
    );
  }
  return (
    <p class="right">
      Checked in this page: {account.final ? "this account, with this balance and nonce," : "an empty leaf"} is in the
      state after batch <BatchLink number={proof.batch} />.
    </p>
  );
}
