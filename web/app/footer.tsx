import { useRollup } from "../data/rollup.tsx";
import { CopyText } from "../parts/copy-text.tsx";

export function Footer() {
  const { value: state } = useRollup();
  return (
    <footer class="site-footer">
      {state && (
        <p>
          Rollup <CopyText text={state.rollup} name="the rollup's address" /> on chain {state.chainId}, read up to block{" "}
          {state.block}
        </p>
      )}
      <p>
        <a href="/openapi.json">API</a>
      </p>
    </footer>
  );
}
