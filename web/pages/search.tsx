import { useEffect } from "preact/hooks";
import { useResource } from "../data/resource.ts";
import { search } from "../data/search.ts";
import { PageTitle, Section } from "../parts/page.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

/** What a text may mean; leads on at once where that is one thing. */
export function Search({ text }: { readonly text: string }) {
  const hits = useResource(`search/${text}`, () => search(text));
  const only = hits.value?.length === 1 ? hits.value[0] : undefined;
  useEffect(() => {
    if (only) location.replace(`#${only.path}`);
  }, [only]);
  return (
    <>
      <PageTitle title="Search" of={text} />
      <Section title={`Found for “${text}”`}>
        <Loaded what="the answer" resource={hits}>
          {(found) =>
            found.length === 0 ? (
              <Empty>
                Nothing has this name. Search for a batch's number, an account's index, a transaction's id, the hash of
                an L1 transaction that this rollup took part in, a root, an L1 address, a wallet's sheaf: address or
                public key, a token's symbol or address. What has just happened on L1 is found once this node has read
                its block.
              </Empty>
            ) : (
              <ul class="hits">
                {found.map((hit) => (
                  <li key={hit.path}>
                    <a href={`#${hit.path}`}>{hit.text}</a>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
    </>
  );
}
