import type { ComponentChildren } from "preact";
import { SheafError, type ErrorCode } from "../../protocol/errors.ts";
import { visible } from "../../protocol/visible.ts";
import type { Resource } from "../data/resource.ts";

export const Loading = ({ what }: { readonly what: string }) => (
  <p class="loading" role="status">
    Loading {what}…
  </p>
);

export const Empty = ({ children }: { readonly children: ComponentChildren }) => <p class="empty">{children}</p>;

/** What is wrong with the text that was asked for: the same again gets the same answer. */
const LASTING: readonly ErrorCode[] = ["FIELD_INVALID", "RECEIVER_INVALID"];

/** What went wrong, what to do, and a button that tries again where that may help. */
export function Failure({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{error instanceof SheafError ? error.code : "UNEXPECTED"}</strong> {visible(error.message)}
      </p>
      {error instanceof SheafError && <p>{error.fix}</p>}
      {!(error instanceof SheafError && LASTING.includes(error.code)) && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface LoadedOptions<T> {
  readonly what: string;
  readonly resource: Resource<T>;
  readonly children: (value: T) => ComponentChildren;
}

/** Draws a resource once it is there; what it was stays to be seen while the node is away. */
export function Loaded<T>({ what, resource: { value, error, reload }, children }: LoadedOptions<T>) {
  return (
    <>
      {error && <Failure error={error} retry={reload} />}
      {value === undefined ? error === undefined && <Loading what={what} /> : children(value)}
    </>
  );
}
