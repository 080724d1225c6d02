import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { lazyPart } from "../design/lazy-part.tsx";

type AskForProof = () => Promise<boolean>;
type Finish = (isProved: boolean) => void;

const ProofContext = createContext<AskForProof>(() => Promise.resolve(false));
const StepUpDialog = lazyPart(() => import("./step-up-dialog.tsx").then((module) => module.StepUpDialog));

/** Asks the person to prove who they are. False where they did not want to. */
export function useProof(): AskForProof {
  return useContext(ProofContext);
}

/** Once, at the root: an action anywhere below may ask, and goes on when the dialog is done. */
export function ProofProvider({ children }: { readonly children: ReactNode }) {
  const [finish, setFinish] = useState<Finish | undefined>(undefined);
  const ask = useCallback(() => new Promise<boolean>((resolve) => setFinish(() => resolve)), []);
  const close = (isProved: boolean): void => {
    finish?.(isProved);
    setFinish(undefined);
  };
  return (
    <ProofContext value={ask}>
      {children}
      {finish !== undefined && <StepUpDialog onFinish={close} />}
    </ProofContext>
  );
}
