import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";
import { shortened } from "../format.ts";

interface TitleOptions {
  readonly title: string;
  /** What the browser's tab and history name besides, so that pages of a kind are told apart. */
  readonly of?: string;
  readonly children?: ComponentChildren;
}

/** A page's heading, which names the browser's tab as well. */
export function PageTitle({ title, of = "", children }: TitleOptions) {
  const name = `${title} ${shortened(of)}`.trim();
  useEffect(() => {
    document.title = `${name} · Sheaf explorer`;
  }, [name]);
  return (
    <div class="page-title">
      <h1>{title}</h1>
      {children}
    </div>
  );
}

interface SectionOptions {
  readonly title: string;
  /** To all of what the section has some of. */
  readonly more?: { readonly href: string; readonly text: string };
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A part of a page on a surface of its own, named by its heading. */
export function Section({ title, more, children, ...options }: SectionOptions) {
  const id = useId();
  return (
    <section class={`panel ${options.class ?? ""}`} aria-labelledby={id}>
      <div class="panel-title">
        <h2 id={id}>{title}</h2>
        {more && <a href={more.href}>{more.text}</a>}
      </div>
      {children}
    </section>
  );
}

/** Names and values. Values that are undefined are left out with their names. */
export function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
