import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";

/** A page's heading, which names the browser's tab as well. */
export function PageTitle({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Sheaf explorer`;
  }, [title]);
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
