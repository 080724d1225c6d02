import "./design/tokens.css";
import "./design/base.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { Tooltip } from "@base-ui/react/tooltip";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "./api/queries.ts";
import { ProofProvider } from "./api/step-up.tsx";
import { ToastRegion } from "./design/toast-region.tsx";
import { createConsoleRouter } from "./router.tsx";
import { createWayToSignIn } from "./way-to-sign-in.ts";

const queryClient = createQueryClient(() => goToSignIn());
const router = createConsoleRouter(queryClient);
const goToSignIn = createWayToSignIn(router);

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element named root.");
createRoot(root).render(
  <StrictMode>
    {/* no style elements at run time. */}
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <Tooltip.Provider delay={400}>
          <ProofProvider>
            <RouterProvider router={router} />
          </ProofProvider>
          <ToastRegion />
        </Tooltip.Provider>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
