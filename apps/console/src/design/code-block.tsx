import "./code-block.css";
import { CopyButton } from "./copy.tsx";
import { Tabs } from "./tabs.tsx";

export function CodeBlock({ label, code }: { readonly label: string; readonly code: string }) {
  return (
    <div className="code-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls can be scrolled by keyboard. */}
      <section className="code-block__code" tabIndex={0} aria-label={label}>
        <pre>
          <code>{code}</code>
        </pre>
      </section>
      <div className="code-block__copy">
        <CopyButton text={code} what={label} />
      </div>
    </div>
  );
}

export type CodeSample = {
  readonly id: string;
  readonly title: string;
  readonly code: string;
};

/** The same in several languages: curl, JavaScript, the command. */
export function CodeSamples({ label, samples }: { readonly label: string; readonly samples: readonly CodeSample[] }) {
  const tabs = samples.map(({ id, title, code }) => ({
    id,
    title,
    content: <CodeBlock label={`${title} sample`} code={code} />,
  }));
  return (
    <div className="code-samples">
      <Tabs label={label} tabs={tabs} />
    </div>
  );
}
