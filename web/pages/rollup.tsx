import type { ComponentChildren } from "preact";
import { node, type Config, type Contract, type Fees, type Token } from "../data/node.ts";
import { useResource } from "../data/resource.ts";
import { useRollup } from "../data/rollup.tsx";
import { useTokens } from "../data/tokens.tsx";
import { durationText, gweiText, grouped } from "../format.ts";
import { AddressLink, L1AddressAt, L1Transaction, Root, TokenAddress, TokenLink } from "../parts/links.tsx";
import { CopyText } from "../parts/copy-text.tsx";
import { Facts, PageTitle, Section } from "../parts/page.tsx";
import { Loaded } from "../parts/states.tsx";
import { Table, type Column } from "../parts/table.tsx";
import { Amount, Symbol, Time } from "../parts/values.tsx";

/** The rollup itself: its contract, who has a say in it, its keys, times and prices. */
export function Rollup() {
  const isNew = ({ type }: { readonly type: string }): boolean => type === "state";
  const contract = useResource("contract", () => node.contract(), isNew);
  const fees = useResource("fees", () => node.fees(), isNew);
  const config = useResource("config", () => node.config());
  return (
    <>
      <PageTitle title="The rollup" />
      <Loaded what="the contract, from L1" resource={contract}>
        {(value) => (
          <>
            <Keys contract={value} />
            <ContractFacts contract={value} />
            <Sizes contract={value} />
            <Times contract={value} />
          </>
        )}
      </Loaded>
      <Section title="Fees now">
        <Loaded what="the fees" resource={fees}>
          {(value) => <FeeFacts fees={value} queueFee={contract.value?.queueFee} />}
        </Loaded>
      </Section>
      <Tokens />
      <Section title="This node">
        <Loaded what="the node's settings" resource={config}>
          {(value) => <NodeFacts config={value} />}
        </Loaded>
      </Section>
    </>
  );
}

type Circuit = Contract["exit"] & { readonly of: string };

const nameOf = ({ name, id }: Contract["sizes"][number]): string => name ?? `size ${id}`;

const circuitsOf = ({ sizes, exit }: Contract): readonly Circuit[] => [
  ...sizes.map((size) => ({ ...size, of: nameOf(size) })),
  { ...exit, of: "exits" },
];

/** Whether the money in the rollup is safe from who made its keys: the first thing to know. */
function Keys({ contract }: { readonly contract: Contract }) {
  const named = (keys: Circuit["keys"]): string =>
    circuitsOf(contract)
      .filter((circuit) => circuit.keys === keys)
      .map(({ of }) => of)
      .join(", ");
  const [insecure, unknown] = [named("INSECURE"), named("unknown")];
  if (insecure !== "") {
    return (
      <p class="wrong" role="note">
        The keys of {insecure} are INSECURE: they are development keys, and whoever made them can forge proofs and take
        everything. This rollup is for trying things out.
      </p>
    );
  }
  if (unknown !== "") {
    return (
      <p class="wrong" role="note">
        The verifiers of {unknown} do not say how their keys were made: whoever made those may be able to forge proofs.
      </p>
    );
  }
  return (
    <p class="right" role="note">
      All verifiers say that their keys are of a ceremony. That is their deployer's word; docs/setup.md says how to
      check it.
    </p>
  );
}

function ContractFacts({ contract }: { readonly contract: Contract }) {
  const { value: state } = useRollup();
  const { chainId, rollup, block, deployedBy, operator, owner, pendingOwner, timelock, depositsPaused, blobOpener } =
    contract;
  const waits = timelock && `a timelock: each of its changes waits for ${durationText(timelock.delay)}`;
  return (
    <Section title="The contract">
      <Facts
        facts={[
          ["Contract", <Holder address={rollup} />],
          ["Chain", `${chainId}${CHAINS[chainId] === undefined ? "" : `, ${CHAINS[chainId]}`}`],
          ["Deployed in", `block ${grouped(block)}`],
          ["Deployed by", deployedBy && <L1Transaction hash={deployedBy} whole />],
          ["Operator, who submits batches", <Holder address={operator} />],
          [
            "Owner, who names the operator and tokens",
            <Holder address={owner} note={waits ?? "no timelock: its changes hold at once"} />,
          ],
          ["Owner to be", pendingOwner && <Holder address={pendingOwner} note="it has not accepted yet" />],
          ["Transfers are in", blobOpener === undefined ? "L1's calldata, for good" : <BlobNote />],
          ["Deposits", depositsPaused ? "paused by the owner" : "open"],
          ["Status", state && (state.isFrozen ? "frozen: it takes no more batches" : "running")],
          ["State root", state && <Root root={state.root} whole />],
        ]}
      />
      <p class="quiet">Nobody can change the contract's code: it has no upgrade.</p>
    </Section>
  );
}

const BlobNote = () => (
  <>
    L1's calldata or blobs
    <span class="quiet block">
      L1's nodes forget a blob after 18 days: then the state can be restored only from nodes of Sheaf that kept it.
    </span>
  </>
);

const Holder = ({ address, note }: { readonly address: string; readonly note?: string }) => (
  <>
    <AddressLink address={address} whole /> <L1AddressAt address={address} />
    {note !== undefined && <span class="quiet block">{note}</span>}
  </>
);

const CHAINS: Readonly<Record<number, string>> = {
  1: "Ethereum",
  1337: "a local chain",
  11155111: "Sepolia, a testnet",
  31337: "a local chain",
  560048: "Hoodi, a testnet",
};

const KEYS: Readonly<Record<Circuit["keys"], ComponentChildren>> = {
  INSECURE: <strong class="insecure">INSECURE</strong>,
  ceremony: "of a ceremony",
  unknown: "not told",
};

const SIZE_COLUMNS: readonly Column<Contract["sizes"][number]>[] = [
  { title: "Batch size", cell: nameOf },
  { title: "Transfers", isNumber: true, cell: ({ transfers }) => grouped(transfers) },
  { title: "Withdrawals", isNumber: true, cell: ({ withdrawals }) => grouped(withdrawals) },
  { title: "L1 operations", isNumber: true, cell: ({ l1Operations }) => grouped(l1Operations) },
];

const VERIFIER_COLUMNS: readonly Column<Circuit>[] = [
  { title: "Verifier of", cell: ({ of }) => of },
  { title: "Keys", cell: ({ keys }) => KEYS[keys] },
  { title: "Contract", cell: ({ verifier }) => <CopyText text={verifier} name="the verifier's address" /> },
  {
    title: "Key's SHA-256",
    isSecondary: true,
    cell: ({ keyHash }) => <CopyText text={keyHash} name="the key's hash" />,
  },
  {
    title: "Circuit's SHA-256",
    isSecondary: true,
    cell: ({ circuitHash }) => <CopyText text={circuitHash} name="the circuit's hash" />,
  },
];

function Sizes({ contract }: { readonly contract: Contract }) {
  return (
    <div class="columns">
      <Section title="Batch sizes, at most">
        <Table caption="Batch sizes" columns={SIZE_COLUMNS} rows={contract.sizes} keyOf={({ id }) => id} />
      </Section>
      <Section title="Verifiers, as they call themselves">
        <Table caption="Verifiers" columns={VERIFIER_COLUMNS} rows={circuitsOf(contract)} keyOf={({ of }) => of} />
      </Section>
    </div>
  );
}

function Times({ contract: { deadlines } }: { readonly contract: Contract }) {
  const { value: state } = useRollup();
  const { base, step, limit, grace } = deadlines;
  const deadline = state?.queue.deadline;
  return (
    <Section title="If the operator does nothing">
      <Facts
        facts={[
          [
            "A deposit or request is due",
            `in ${durationText(base)}, and ${durationText(step)} more for each one before it; in ${durationText(limit)} at most`,
          ],
          ["Then", "anyone may submit batches: ./sheaf propose"],
          [`${durationText(grace)} later`, "anyone may freeze the rollup, and everybody leaves: ./sheaf exit"],
          ["The oldest one now is due", deadline === undefined ? "none waits" : <Time timestamp={deadline} isDue />],
        ]}
      />
    </Section>
  );
}

interface FeeOptions {
  readonly fees: Fees;
  readonly queueFee: bigint | undefined;
}

function FeeFacts({ fees, queueFee }: FeeOptions) {
  const { opening, withdrawal, firstWithdrawal, promptFee, promptWait, longestWait } = fees;
  const least = fees.minimum === 0n ? "nothing: the operator does not charge" : <Ether amount={fees.minimum} />;
  return (
    <Facts
      facts={[
        ["A transfer in ETH, suggested", <Ether amount={fees.fee} />],
        ["At least", least],
        ["A transfer that opens an account", <Ether amount={opening.fee} />],
        ["A withdrawal", <Ether amount={withdrawal.fee} />],
        ["An L1 address's first withdrawal", <Ether amount={firstWithdrawal.fee} />],
        [`In a batch within ${durationText(promptWait)}`, <Ether amount={promptFee} />],
        [
          "Anything is in a batch within",
          longestWait === null
            ? "no set time: what does not pay for a batch waits for others"
            : durationText(longestWait),
        ],
        ["A transfer costs on L1", `${grouped(Math.round(fees.gasPerTransfer))} gas, in full batches`],
        ["L1's gas price", gweiText(fees.gasPrice)],
        ["A deposit or request, besides L1's gas", queueFee === undefined ? undefined : <Ether amount={queueFee} />],
      ]}
    />
  );
}

const Ether = ({ amount }: { readonly amount: bigint }) => <Amount amount={amount} token={0} exact />;

const TOKEN_COLUMNS: readonly Column<Token>[] = [
  { title: "Token", cell: ({ id }) => <TokenLink id={id} /> },
  { title: "Symbol", cell: (token) => <Symbol token={token} /> },
  { title: "Decimals", isNumber: true, cell: ({ decimals }) => grouped(decimals) },
  { title: "Contract on L1", cell: ({ id, address }) => (id === 0 ? "–" : <TokenAddress address={address} />) },
];

function Tokens() {
  const tokens = [...useTokens().values()];
  return (
    <Section title="Tokens">
      <Table caption="Tokens" columns={TOKEN_COLUMNS} rows={tokens} keyOf={({ id }) => id} />
    </Section>
  );
}

const NodeFacts = ({ config: { version, limits } }: { readonly config: Config }) => (
  <Facts
    facts={[
      ["Version", `Sheaf ${version}, not audited`],
      ["API", <a href="/openapi.json">OpenAPI document</a>],
      ["Requests of a client", `${grouped(limits.requests.max)} in ${limits.requests.perSeconds} seconds`],
    ]}
  />
);
