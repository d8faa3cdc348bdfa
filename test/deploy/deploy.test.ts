import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import hre from "hardhat";
import { computeAddress, Contract, id, JsonRpcProvider, type Signer, ZeroAddress } from "ethers";
import { assertKeysFit, assertNotAcceptAll } from "../../deploy/checks.ts";
import type { DeploymentCost } from "../../deploy/cost.ts";
import { deployOn, deployRollup, type DeployOptions, type Deployment } from "../../deploy/deploy.ts";
import { isLocalChain, isLoopback, openNetwork } from "../../deploy/environment.ts";
import { setUp } from "../../deploy/set-up.ts";
import { assertVerifierCode } from "../../deploy/verifier-code.ts";
import { startNode, type LocalNode } from "../../devnet/demo/chain.ts";
import { deployContract } from "../../fixture/build.ts";
import type { BatchArtifacts, ProvingArtifacts } from "../../prover/artifacts/artifacts.ts";
import { openPublished } from "../../prover/artifacts/published.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import { snarkjsProver } from "../../prover/backends/snarkjs.ts";
import { sha256File } from "../../prover/files/whole-files.ts";
import type { Rollup, TestToken } from "../../types/generated/index.ts";
import { Anvil } from "../support/chain/anvil.ts";
import { expectCode } from "../support/errors.ts";
import { CHAIN_INPUT, chainArtifacts } from "../support/prover/chain-circuit.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const DEPLOYMENTS = join(ROOT, "ignition/deployments");
const CHAIN_ID = 424_242;
const EXECUTE_BATCH = id("executeBatch(address[],uint256[],bytes[],bytes32,bytes32)").slice(0, 10);

// Circuits of a hundred constraints stand for the batches': a deployment sees of them their keys and hashes.
describe("deploy", () => {
  let folder: string;
  let node: LocalNode;
  let provider: JsonRpcProvider;
  let sizes: [BatchArtifacts, BatchArtifacts];
  let exit: ProvingArtifacts;
  const deployments: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-"));
    sizes = [
      await chainArtifacts("deploy-small", { steps: 80, transfers: 4 }, folder),
      await chainArtifacts("deploy-large", { steps: 81, transfers: 6 }, folder),
    ];
    exit = await chainArtifacts("deploy-exit", { steps: 82, transfers: 0 }, folder);
    node = await startNode(CHAIN_ID);
    provider = new JsonRpcProvider(node.url, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
  });

  after(async () => {
    provider.destroy();
    await node.stop();
    await endCurveWorkers();
    await rm(folder, { recursive: true });
    const made = ["DeploySmall", "DeployLarge", "DeployExit", "JointDeploySmall", "JointDeploySmallDeployLarge"];
    for (const name of made) await rm(join(ROOT, "build/verifiers", `DevelopmentVerifier${name}.sol`), { force: true });
    for (const id of deployments) {
      for (const at of ["ignition/deployments", "build/published"]) {
        await rm(join(ROOT, at, id), { recursive: true, force: true });
      }
    }
  });

  const options = (changes: Partial<DeployOptions> = {}): DeployOptions => ({
    network: node.url,
    sizes: [sizes[0]],
    exit,
    localChainIds: [CHAIN_ID],
    output: join(folder, "addresses.json"),
    ...changes,
  });

  async function deploy(changes: Partial<DeployOptions> = {}) {
    const deployment = await deployRollup(options(changes));
    deployments.push(deployment.deploymentId);
    return deployment;
  }

  async function rollupAt({ rollup }: Deployment) {
    const { abi } = await hre.artifacts.readArtifact("Rollup");
    return new Contract(rollup, abi, provider) as unknown as Rollup;
  }

  /** A deployment that is there for other tests, made by the first that asks. */
  let made: Promise<Deployment> | undefined;
  const deployed = (): Promise<Deployment> => (made ??= deploy());

  const sent = async (): Promise<number> => {
    const [account] = (await provider.send("eth_accounts", [])) as string[];
    return provider.getTransactionCount(account!);
  };

  it("deploys over HTTP to a chain whose id is not Hardhat's, and writes the addresses", async () => {
    const operator = "0x0000000000000000000000000000000000000003";
    const deployment = await deploy({ sizes, operator });
    expect(deployment).to.include({ chainId: CHAIN_ID, operator });
    expect(deployment.sizes.map(({ contract, setup }) => [contract, setup])).to.deep.equal([
      ["DevelopmentVerifierDeploySmall", "development-INSECURE"],
      ["DevelopmentVerifierDeployLarge", "development-INSECURE"],
    ]);
    expect(deployment.sizes[0]!.circuitHash).to.equal(`0x${sizes[0].circuit.hash}`);
    expect(deployment.sizes[1]!.keyHash).to.equal(`0x${sizes[1].key.hash}`);
    expect(deployment.sizes[0]!.verifier).not.to.equal(deployment.sizes[1]!.verifier);
    expect(deployment.exit).to.deep.include({
      contract: "DevelopmentVerifierDeployExit",
      circuitHash: `0x${exit.circuit.hash}`,
      keyHash: `0x${exit.key.hash}`,
    });
    const rollup = await rollupAt(deployment);
    const { verifier, circuitHash, keyHash } = await rollup.exitCircuit();
    expect(deployment.exit).to.include({ verifier, circuitHash, keyHash });
    const joint = {
      contract: "DevelopmentVerifierJointDeploySmallDeployLarge",
      verifier: await rollup.jointVerifier(),
    };
    expect(deployment.jointVerifier).to.deep.equal(joint);
    expect(await provider.getCode(deployment.rollup, deployment.block)).not.to.equal("0x");
    expect(await provider.getCode(deployment.rollup, deployment.block - 1)).to.equal("0x");
    expect(JSON.parse(await readFile(deployment.output, "utf8"))).to.deep.equal(deployment);
  });

  it("lets transfers go into blobs if it is told to, by an opener of the rollup's own", async () => {
    const plain = await deployed();
    expect(plain).not.to.have.property("blobOpener");
    expect(await (await rollupAt(plain)).blobOpener()).to.equal(ZeroAddress);
    const deployment = await deploy({ blobs: true });
    expect(await (await rollupAt(deployment)).blobOpener()).to.equal(deployment.blobOpener);
    const { deployedBytecode } = await hre.artifacts.readArtifact("BlobOpener");
    expect(await provider.getCode(deployment.blobOpener!)).to.equal(deployedBytecode);
    const before = await sent();
    expect((await deploy({ blobs: true })).rollup).to.equal(deployment.rollup);
    expect(await sent()).to.equal(before);
  });

  it("publishes what anyone needs to prove: files whose hashes are on L1", async () => {
    const served = join(folder, "served");
    const deployment = await deploy({ sizes, publish: served });
    expect(deployment.published).to.equal(served);
    await deploy({ sizes, publish: served });
    const before = await sent();
    await expectCode("PUBLISH_EXISTS", () => deploy({ publish: served }));
    await expectCode("PUBLISH_EXISTS", () =>
      deploy({ sizes, publish: served, operator: deployment.owner.replace(/.$/, "0").toLowerCase() }),
    );
    expect(await sent()).to.equal(before);
    const onChain = await (await rollupAt(deployment)).batchSize(1);
    const published = await openPublished(served, "deploy-large", onChain);
    const prover = snarkjsProver(published);
    const { publicSignals } = await prover.prove(CHAIN_INPUT);
    expect(publicSignals).to.have.length(4);
    for (const [source, copy] of [
      [sizes[1].circuit.r1cs, published.r1cs],
      [sizes[1].key.zkey, published.zkey],
    ] as const) {
      expect(await sha256File(copy)).to.equal(await sha256File(source));
    }
    const exitHashes = await (await rollupAt(deployment)).exitCircuit();
    await openPublished(served, "deploy-exit", exitHashes);

    await expectCode("ARTIFACT_MISMATCH", () => openPublished(served, "deploy-exit", onChain));
    await expectCode("ARTIFACT_MISMATCH", () => openPublished(served, "deploy-none", onChain));
    const key = await readFile(published.zkey);
    await rm(published.zkey);
    await writeFile(published.zkey, key.fill(1, 500, 501));
    await expectCode("ARTIFACT_CORRUPT", () => openPublished(served, "deploy-large", onChain));
    await writeFile(join(served, "manifest.json"), "{}");
    await expectCode("ARTIFACT_CORRUPT", () => openPublished(served, "deploy-exit", exitHashes));
  });

  it("hands the rollup to a timelock, if told to, by which every change waits", async () => {
    const connection = await hre.network.create({ chainType: "l1" });
    const timelockDelay = 3600;
    const deployment = await deployOn(
      { hre, connection },
      options({ timelockDelay, output: join(folder, "own.json"), publish: join(folder, "timelock") }),
    );
    const { ethers, networkHelpers } = connection;
    const [deployer, stranger] = await ethers.getSigners();
    expect(deployment.owner).to.equal(deployment.timelock);
    expect(deployment.deployer).to.equal(deployer!.address);
    const rollup = await ethers.getContractAt("Rollup", deployment.rollup);
    const timelock = await ethers.getContractAt("TimelockController", deployment.timelock!);
    expect(await timelock.getMinDelay()).to.equal(3600n);
    expect(await rollup.pendingOwner()).to.equal(ethers.ZeroAddress);
    const unauthorised = "OwnableUnauthorizedAccount";
    const pause = rollup.connect(deployer).setDepositsPaused(true);
    await expect(pause).to.be.revertedWithCustomError(rollup, unauthorised);

    const data = rollup.interface.encodeFunctionData("setOperator", [stranger!.address]);
    const call = [deployment.rollup, 0n, data, ethers.ZeroHash, ethers.id("salt")] as const;
    const hasty = timelock.connect(deployer).schedule(...call, 3599n);
    await expect(hasty).to.be.revertedWithCustomError(timelock, "TimelockInsufficientDelay");
    const foreign = timelock.connect(stranger).schedule(...call, 3600n);
    await expect(foreign).to.be.revertedWithCustomError(timelock, "AccessControlUnauthorizedAccount");
    await timelock.connect(deployer).schedule(...call, 3600n);
    const early = timelock.connect(stranger).execute(...call);
    await expect(early).to.be.revertedWithCustomError(timelock, "TimelockUnexpectedOperationState");
    await networkHelpers.time.increase(3600);
    await timelock.connect(stranger).execute(...call);
    expect(await rollup.operator()).to.equal(stranger!.address);
  });

  it("does nothing twice, and registers tokens in order", async () => {
    const { rollup } = await deploy();
    const before = await sent();
    expect((await deploy()).rollup).to.equal(rollup);
    expect(await sent()).to.equal(before);
    const tokens = [await newToken(provider), await newToken(provider)];
    const registered = await deploy({ tokens });
    expect(registered.tokens.slice(1)).to.deep.equal(tokens);
    expect(registered.rollup).not.to.equal(rollup);
  });

  describe("asks before it spends anything", () => {
    let before: number;
    beforeEach(async () => void (before = await sent()));
    afterEach(async () => expect(await sent()).to.equal(before));

    it("whether each token is one", async () => {
      const { exit, sizes } = await deployed();
      const token = await newToken(provider);
      before = await sent();
      const nobody = "0x000000000000000000000000000000000000bEEF";
      for (const tokens of [[nobody], [token, exit.verifier], [token, sizes[0]!.verifier], [token, token]]) {
        const error = await expectCode("DEPLOY_TOKEN_INVALID", () => deploy({ tokens }));
        expect(error.message).to.include(tokens.at(-1));
      }
    });

    it("whether the operator is an account that can submit batches", async () => {
      const contract = (await deployed()).rollup;
      before = await sent();
      await expectCode("ACCOUNT_HAS_CODE", () => deploy({ operator: contract }));
      const delegating = "0x00000000000000000000000000000000DeaDBeef";
      await provider.send("hardhat_setCode", [delegating, `0xef0100${contract.slice(2)}`]);
      const error = await expectCode("ACCOUNT_HAS_CODE", () => deploy({ operator: delegating }));
      expect(error.message).to.match(/EIP-7702/);
    });

    it("whether addresses have their checksum", async () => {
      const mistyped = "0x5aAfb6053F3E94C9b9A09f33669435E7Ef1BeAed";
      await expectCode("FIELD_INVALID", () => deploy({ operator: mistyped }));
      await expectCode("FIELD_INVALID", () => deploy({ tokens: [mistyped] }));
    });

    it("whether the deployer has the ether, and says how much that is", async () => {
      process.env.DEPLOYER_PRIVATE_KEY = `0x${"17".repeat(32)}`;
      try {
        const poor = computeAddress(process.env.DEPLOYER_PRIVATE_KEY);
        await provider.send("hardhat_setBalance", [poor, "0x3b9aca00"]);
        const error = await expectCode("DEPLOY_FUNDS_MISSING", () => deploy());
        expect(error.message).to.match(/has 0\.000000001 ETH.*about [\d,]{9} gas/);
        expect(await provider.getTransactionCount(poor)).to.equal(0);
      } finally {
        delete process.env.DEPLOYER_PRIVATE_KEY;
      }
    });

    for (const hardfork of ["london", "shanghai"]) {
      it(`whether the chain has Cancun's instructions: Hardhat's ${hardfork}`, async () => {
        const connection = await hre.network.create({ chainType: "l1", override: { hardfork } });
        await expectCode("DEPLOY_CHAIN_TOO_OLD", () => deployOn({ hre, connection }, options()));
        expect(await connection.ethers.provider.getBlockNumber()).to.equal(0);
      });
    }

    it("whether the node takes what is above EIP-7825's cap by the next fork's rules", async () => {
      const connection = await hre.network.create({ chainType: "l1", override: { hardfork: "amsterdam" } });
      const publish = join(folder, "capped");
      const error = await expectCode("DEPLOY_GAS_CAPPED", () => deployOn({ hre, connection }, options({ publish })));
      expect(error.message).to.match(/^Rollup takes about [\d,]{10} gas/);
      expect(await connection.ethers.provider.getBlockNumber()).to.equal(0);
    });

    it("whether the chain has Cancun's instructions: another client", async () => {
      const anvil = await Anvil.start("--hardfork", "shanghai", "--chain-id", String(CHAIN_ID));
      try {
        await expectCode("DEPLOY_CHAIN_TOO_OLD", () => deployRollup(options({ network: anvil.url })));
        expect(await anvil.call("eth_blockNumber")).to.equal("0x0");
      } finally {
        await anvil.close();
      }
    });
  });

  for (const hardfork of ["osaka", "amsterdam"]) {
    it(`costs what it says, by the rules of ${hardfork}`, async () => {
      // Hardhat's own cap is on all gas.
      const override = { hardfork, transactionGasCap: false } as const;
      const connection = await hre.network.create({ chainType: "l1", override });
      const { provider: chain } = connection.ethers;
      const tokens = [await newToken(chain)];
      const first = await chain.getBlockNumber();
      const costs: DeploymentCost[] = [];
      const { rollup } = await deployOn(
        { hre, connection },
        options({
          ...{ sizes, tokens, timelockDelay: 3600, onCost: (cost) => costs.push(cost) },
          ...{ output: join(folder, "cost.json"), publish: join(folder, `cost-${hardfork}`) },
        }),
      );
      let [gas, most] = [0, 0];
      for (let number = first + 1; number <= (await chain.getBlockNumber()); number++) {
        const block = await chain.getBlock(number);
        for (const hash of block!.transactions) {
          const used = Number((await chain.getTransactionReceipt(hash))!.gasUsed);
          [gas, most] = [gas + used, Math.max(most, used)];
        }
      }
      expect(costs).to.have.length(1);
      expect(costs[0]!.gas / gas, `${costs[0]!.gas} said, ${gas} used`).to.be.within(1, 1.1);
      expect(costs[0]!.wei > 0n && costs[0]!.needed >= costs[0]!.wei).to.equal(true);
      // Gas of new state is not under EIP-7825's cap (EIP-8037): the rollup is one transaction by both rules.
      expect(most > 2 ** 24).to.equal(hardfork === "amsterdam");
      expect(await chain.getCode(rollup)).not.to.equal("0x");
    });
  }

  it("says afterwards what it has cost, and that nothing more will where it is resumed", async () => {
    const costs: DeploymentCost[] = [];
    const wanted = {
      operator: "0x0000000000000000000000000000000000000005",
      onCost: (said: DeploymentCost) => costs.push(said),
    };
    const { cost } = await deploy(wanted);
    const again = await deploy(wanted);
    expect(again.cost).to.deep.equal(cost);
    expect(cost!.gas / costs[0]!.gas).to.be.within(0.9, 1);
    expect(BigInt(cost!.wei) > 0n).to.equal(true);
    expect(costs[1]).to.include({ gas: 0, wei: 0n, needed: 0n });
  });

  describe("where somebody else was first", () => {
    it("a stranger executes the hand-over a moment before: the rollup is handed over, and everything written", async () => {
      const connection = await hre.network.create({ chainType: "l1" });
      const [, stranger] = await connection.ethers.getSigners();
      const { provider: chain } = connection.ethers;
      const request = connection.provider.request.bind(connection.provider);
      let executions = 0;
      connection.provider.request = async (call) => {
        const [transaction] = (call.params ?? []) as { readonly data?: string; readonly from?: string }[];
        const isExecution = call.method === "eth_sendTransaction" && transaction?.data?.startsWith(EXECUTE_BATCH);
        if (isExecution && executions++ === 0)
          await request({ ...call, params: [{ ...transaction, from: stranger!.address }] });
        return request(call);
      };
      const output = join(folder, "stranger.json");
      const publish = join(folder, "stranger");
      const own = options({ timelockDelay: 3600, output, publish });
      const deployment = await deployOn({ hre, connection }, own);
      expect(executions).to.equal(1);
      expect(await chain.getTransactionCount(stranger!)).to.equal(1);
      expect(deployment.owner).to.equal(deployment.timelock);
      expect(JSON.parse(await readFile(output, "utf8"))).to.deep.equal(deployment);
      expect(existsSync(join(publish, "manifest.json"))).to.equal(true);
    });

    it("what is done already is left out, whoever did it, and what was done otherwise is said", async () => {
      const connection = await hre.network.create({ chainType: "l1" });
      const { ethers } = connection;
      const [owner] = await ethers.getSigners();
      const tokens = [await newToken(ethers.provider), await newToken(ethers.provider)];
      const own = options({ output: join(folder, "by-hand.json"), publish: join(folder, "by-hand") });
      const { rollup } = await deployOn({ hre, connection }, own);
      const timelock = await ethers.deployContract("TimelockController", [
        0,
        [owner],
        [ethers.ZeroAddress],
        ethers.ZeroAddress,
      ]);
      const contracts = { rollup, timelock: await timelock.getAddress() };
      const circuit = { verifier: "", circuitHash: "", keyHash: "" };
      const parameters = {
        owner: owner!.address,
        operator: owner!.address,
        sizes: [],
        exit: circuit,
        jointVerifier: "",
        tokens,
        timelockDelay: 60,
      };
      const environment = { hre, connection };

      const contract = await ethers.getContractAt("Rollup", rollup);
      await contract.registerToken(tokens[0]!);
      await contract.transferOwnership(timelock);
      // The second token, the proposal and the hand-over; registering is the owner's until that.
      expect(await setUp(environment, parameters, contracts)).to.have.length(3);
      expect(await contract.owner()).to.equal(contracts.timelock);
      expect(await timelock.getMinDelay()).to.equal(60n);
      expect(await setUp(environment, parameters, contracts)).to.deep.equal([]);
      const others = { ...parameters, tokens: tokens.toReversed() };
      const error = await expectCode("DEPLOY_FAILED", () => setUp(environment, others, contracts));
      expect(error.message).to.include(tokens[1]);
    });
  });

  it("deploys in process", async () => {
    const connection = await hre.network.create({ chainType: "l1" });
    const publish = join(folder, "in-process");
    const { rollup, chainId, sizes: deployed } = await deployOn({ hre, connection }, options({ publish }));
    expect(chainId).to.equal(31_337);
    const contract = await connection.ethers.getContractAt("Rollup", rollup);
    expect((await contract.batchSize(0)).verifier).to.equal(deployed[0]!.verifier);
  });

  it("resumes after it was killed with a transaction pending", async () => {
    const operator = "0x0000000000000000000000000000000000000002";
    const before = await sent();
    await provider.send("evm_setAutomine", [false]);
    const child = fork(join(ROOT, "test/support/chain/deploy-child.ts"), { stdio: "ignore" });
    child.send(options({ operator }));
    // Killed between sending and noting a transaction, Ignition asks for its hash: all the verifiers' are waited for.
    while ((await pending()) < 3 || (await noted()) < 3) await setTimeout(50);
    child.kill("SIGKILL");
    await once(child, "exit");
    await provider.send("evm_setAutomine", [true]);
    await provider.send("evm_mine", []);
    const { rollup } = await deploy({ operator });
    expect(await provider.getCode(rollup)).not.to.equal("0x");
    // Three verifiers and one rollup: nothing was sent again.
    expect((await sent()) - before).to.equal(4);
  });

  it("resumes where a step was begun and nothing sent", async () => {
    const operator = "0x0000000000000000000000000000000000000004";
    const { deploymentId, rollup } = await deploy({ operator });
    const journal = join(DEPLOYMENTS, deploymentId, "journal.jsonl");
    const lines = (await readFile(journal, "utf8")).split("\n");
    const begun = lines.findIndex((line) => line.includes("DEPLOYMENT_EXECUTION_STATE_INITIALIZE"));
    await writeFile(journal, lines.slice(0, begun + 1).join("\n"));
    await rm(join(DEPLOYMENTS, deploymentId, "deployed_addresses.json"));
    await rm(join(ROOT, "build/published", deploymentId), { recursive: true });
    const again = await deploy({ operator });
    expect(again.deploymentId).to.equal(deploymentId);
    expect(again.rollup).not.to.equal(rollup);
    expect(await provider.getCode(again.rollup)).not.to.equal("0x");
  });

  /** How many transactions the journal of the deployment that no test has finished holds. */
  const noted = async (): Promise<number> => {
    const all = await readdir(DEPLOYMENTS);
    const open = all.filter((id) => id.startsWith(`chain-${CHAIN_ID}-`) && !deployments.includes(id));
    const read = (id: string) => readFile(join(DEPLOYMENTS, id, "journal.jsonl"), "utf8").catch(() => "");
    return (await Promise.all(open.map(read))).join().split('"TRANSACTION_SEND"').length - 1;
  };

  const pending = async (): Promise<number> =>
    Number(
      ((await provider.send("eth_getBlockByNumber", ["pending", false])) as { transactions: [] }).transactions.length,
    );

  describe("keys", () => {
    it("of a development setup stay off a chain that is not listed as local", async () => {
      const before = await sent();
      const output = join(folder, "never.json");
      await expectCode("DEPLOY_KEY_INSECURE", () => deployRollup(options({ localChainIds: [], output })));
      expect(await sent()).to.equal(before);
      expect(existsSync(output)).to.equal(false);
    });

    it("of a development setup go there if told twice", async () => {
      await deploy({ localChainIds: [], insecureDevSetup: true });
    });

    it("need both a loopback node and a local chain id", async () => {
      const near = (await openNetwork(node.url)).connection;
      const far = (await openNetwork("http://192.0.2.7:8545")).connection;
      expect(await isLocalChain(near, 31_337)).to.equal(true);
      expect(await isLocalChain(near, 1)).to.equal(false);
      expect(await isLocalChain(near, 77, [77])).to.equal(true);
      expect(await isLocalChain(far, 31_337)).to.equal(false);
      expect(await isLocalChain(far, 77, [77])).to.equal(false);
    });

    it("without a phase 2 go nowhere", () => {
      const { key } = sizes[0];
      const { vk_gamma_2 } = key.verificationKey;
      const forgeable = { ...key, verificationKey: { ...key.verificationKey, vk_delta_2: vk_gamma_2 } };
      for (const setup of ["development-INSECURE", "production"] as const) {
        const refused = () => assertKeysFit([{ ...sizes[0], key: { ...forgeable, setup } }], 31_337, true);
        expect(refused).to.throw().with.property("code", "KEY_INSECURE");
      }
      assertKeysFit([{ ...sizes[0], key: { ...key, setup: "production" } }], 1, false);
    });
  });

  describe("account", () => {
    // The second account of every Hardhat node; its key is published with Hardhat.
    const PUBLISHED_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
    afterEach(() => {
      delete process.env.DEPLOYER_PRIVATE_KEY;
    });

    it("is the environment's, if it has one", async () => {
      process.env.DEPLOYER_PRIVATE_KEY = PUBLISHED_KEY;
      const { owner, operator } = await deploy();
      expect(owner).to.equal(computeAddress(PUBLISHED_KEY));
      expect(operator).to.equal(owner);
    });

    it("must have a valid key, which no message repeats", async () => {
      process.env.DEPLOYER_PRIVATE_KEY = PUBLISHED_KEY.slice(0, -2);
      const error = await expectCode("DEPLOYER_KEY_MISSING", () => deployRollup(options()));
      expect(error.message).not.to.contain(PUBLISHED_KEY.slice(2, 20));
    });
  });

  describe("verifier", () => {
    it("is refused if it accepts everything", async () => {
      const { hre } = await openNetwork(node.url);
      await expectCode("DEPLOY_VERIFIER_UNSAFE", () => assertNotAcceptAll(hre, "AcceptAllVerifier"));
      await assertNotAcceptAll(hre, "ExpectingVerifier");
    });

    it("of proofs together has the points of all the sizes' keys, each key under its size's id", async () => {
      const { jointVerifier: joint } = await deploy({ sizes });
      const code = await provider.getCode(joint.verifier);
      for (const { key } of sizes) assertVerifierCode(joint.contract, code, code, key.verificationKey);
      expect(() => assertVerifierCode(joint.contract, code, code, exit.key.verificationKey))
        .to.throw()
        .with.property("code", "DEPLOY_VERIFIER_MISMATCH");
      const abi = ["function keyHash(uint256) view returns (bytes32)", "function SETUP() view returns (string)"];
      const contract = new Contract(joint.verifier, abi, provider);
      for (const [id, { key }] of sizes.entries()) {
        expect(await contract.getFunction("keyHash")(id)).to.equal(`0x${key.hash}`);
      }
      expect(await contract.getFunction("SETUP")()).to.match(/^INSECURE/);
    });

    it("must have the compiled code and the key file's points", async () => {
      const { sizes: deployed } = await deploy();
      const { contract, verifier } = deployed[0]!;
      const code = await provider.getCode(verifier);
      const key = sizes[0].key.verificationKey;
      assertVerifierCode(contract, code, code, key);
      const mismatch = (...args: Parameters<typeof assertVerifierCode>) =>
        expect(() => assertVerifierCode(...args))
          .to.throw()
          .with.property("code", "DEPLOY_VERIFIER_MISMATCH");
      mismatch(contract, `${code.slice(0, -2)}00`, code, key);
      mismatch(contract, code, code, sizes[1].key.verificationKey);
      const [x, y, z] = key.vk_alpha_1;
      mismatch(contract, code, code, { ...key, vk_alpha_1: [String(BigInt(x) + 1n), y, z] });
      const last = key.IC.at(-1)!;
      mismatch(contract, code, code, { ...key, IC: key.IC.with(-1, [last[0], String(BigInt(last[1]) + 1n), last[2]]) });
    });
  });

  describe("network", () => {
    it("must be a name or a URL, and answer", async () => {
      await expectCode("USAGE", () => deployRollup(options({ network: "sepulia" })));
      await expectCode("FIELD_INVALID", () => deployRollup(options({ operator: "0x12" })));
      await expectCode("FIELD_INVALID", () => deployRollup(options({ tokens: ["0x12"] })));
      await expectCode("NETWORK_UNREACHABLE", () => deployRollup(options({ network: "http://127.0.0.1:9" })));
    });

    it("is loopback by its host alone", () => {
      for (const url of ["http://127.0.0.1:8545", "http://localhost", "http://[::1]:1", "https://127.9.9.9"]) {
        expect(isLoopback(url), url).to.equal(true);
      }
      for (const url of [
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://10.0.0.1",
        "https://rpc.example",
      ]) {
        expect(isLoopback(url), url).to.equal(false);
      }
    });
  });
});

/** A token on a chain, of its first account. */
async function newToken(provider: { getSigner(index: number): Promise<Signer> }): Promise<string> {
  const token = await deployContract<TestToken>(
    "contracts/test/TestToken.sol",
    "TestToken",
    await provider.getSigner(0),
    "T",
    "T",
  );
  return token.getAddress();
}
