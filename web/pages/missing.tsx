import { PageTitle } from "../parts/page.tsx";
import { Empty } from "../parts/states.tsx";

export const Missing = ({ what }: { readonly what: string }) => (
  <>
    <PageTitle title="Nothing here" />
    <Empty>
      {what} <a href="#/">Go to the overview.</a>
    </Empty>
  </>
);
