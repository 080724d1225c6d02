import { type ComponentType, lazy, Suspense } from "react";

/**
 * A part of a page that is loaded when it is first shown, such as a dialog: the first page stays small.
 * `const CreateDialog = lazyPart(() => import("./create-dialog.tsx").then((module) => module.CreateDialog));`
 */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const Part: ComponentType<Props> = lazy(() => load().then((component) => ({ default: component })));
  return function LazyPart(props: Props) {
    return (
      <Suspense fallback={null}>
        <Part {...props} />
      </Suspense>
    );
  };
}
