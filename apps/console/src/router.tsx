/** The map of the console: path -> page. Each page is a chunk of its own, loaded when it is first gone to. */

import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { readFailure } from "./api/failure.ts";
import { sessionQuery } from "./api/session.ts";
import { NotFoundNotice, NotFoundPage } from "./pages/not-found/not-found-page.tsx";
import { ConsoleError, PageError } from "./pages/not-found/page-error.tsx";
import { ConsolePending, PagePending, PartPending } from "./pages/not-found/page-pending.tsx";
import {
  readAuditSearch,
  readCredentialListSearch,
  readCredentialSearch,
  readExportJobsSearch,
  readExportRunsSearch,
  readListSearch,
  readOverviewSearch,
  readSearchOnly,
  readSignInSearch,
} from "./search-parameters.ts";

type RouterContext = { readonly queryClient: QueryClient };

const root = createRootRouteWithContext<RouterContext>()({
  notFoundComponent: NotFoundPage,
});

// Before sign-in.
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: readSignInSearch,
  component: lazyRouteComponent(() => import("./pages/sign-in/sign-in-page.tsx"), "SignInPage"),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("./pages/setup/setup-page.tsx"), "SetupPage"),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(() => import("./pages/setup/invitation-page.tsx"), "InvitationPage"),
});

// Behind it.
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (readFailure(error).kind !== "signed-out") throw error;
      throw redirect({ to: "/sign-in", search: { returnTo: location.href } });
    }
  },
  component: lazyRouteComponent(() => import("./shell/shell.tsx"), "Shell"),
  errorComponent: ConsoleError,
  pendingComponent: ConsolePending,
});
const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  validateSearch: readOverviewSearch,
  component: lazyRouteComponent(() => import("./pages/overview/overview-page.tsx"), "OverviewPage"),
});
const accounts = createRoute({
  getParentRoute: () => signedIn,
  path: "/accounts",
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import("./pages/accounts/accounts-page.tsx"), "AccountsPage"),
});
const account = createRoute({
  getParentRoute: () => signedIn,
  path: "/accounts/$accountId",
  params: {
    parse: ({ accountId }) => ({ accountId: Number(accountId) }),
    stringify: ({ accountId }) => ({ accountId: String(accountId) }),
  },
  component: lazyRouteComponent(() => import("./pages/account/account-page.tsx"), "AccountPage"),
});
const accountProjects = createRoute({
  getParentRoute: () => account,
  path: "/",
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import("./pages/account/projects-tab.tsx"), "ProjectsTab"),
  pendingComponent: PartPending,
});
const accountCredentials = createRoute({
  getParentRoute: () => account,
  path: "/credentials",
  validateSearch: readCredentialListSearch,
  component: lazyRouteComponent(() => import("./pages/account/credentials-tab.tsx"), "CredentialsTab"),
  pendingComponent: PartPending,
});
const accountMembers = createRoute({
  getParentRoute: () => account,
  path: "/members",
  component: lazyRouteComponent(() => import("./pages/account/members-tab.tsx"), "MembersTab"),
  pendingComponent: PartPending,
});
const accountSettings = createRoute({
  getParentRoute: () => account,
  path: "/settings",
  component: lazyRouteComponent(() => import("./pages/account/settings-tab.tsx"), "SettingsTab"),
  pendingComponent: PartPending,
});
const projectParams = {
  parse: ({ projectId }: { readonly projectId: string }) => ({ projectId: Number(projectId) }),
  stringify: ({ projectId }: { readonly projectId: number }) => ({ projectId: String(projectId) }),
};
const project = createRoute({
  getParentRoute: () => signedIn,
  path: "/projects/$projectId",
  params: projectParams,
  component: lazyRouteComponent(() => import("./pages/project/project-page.tsx"), "ProjectPage"),
});
const projectOverview = createRoute({
  getParentRoute: () => project,
  path: "/",
  validateSearch: readCredentialListSearch,
  component: lazyRouteComponent(() => import("./pages/project/overview-tab.tsx"), "OverviewTab"),
  pendingComponent: PartPending,
});
const projectExports = createRoute({
  getParentRoute: () => project,
  path: "/exports",
  validateSearch: readExportJobsSearch,
  component: lazyRouteComponent(() => import("./pages/project-exports/exports-tab.tsx"), "ExportsTab"),
  pendingComponent: PartPending,
});
const exportJobCreation = createRoute({
  getParentRoute: () => signedIn,
  path: "/projects/$projectId/exports/new",
  params: projectParams,
  component: lazyRouteComponent(() => import("./pages/project-exports/create-job-page.tsx"), "CreateJobPage"),
});
const exportJob = createRoute({
  getParentRoute: () => signedIn,
  path: "/projects/$projectId/exports/$jobId",
  params: {
    parse: ({ projectId, jobId }) => ({ projectId: Number(projectId), jobId: Number(jobId) }),
    stringify: ({ projectId, jobId }) => ({ projectId: String(projectId), jobId: String(jobId) }),
  },
  validateSearch: readExportRunsSearch,
  component: lazyRouteComponent(() => import("./pages/project-exports/job-page.tsx"), "JobPage"),
});
const credential = createRoute({
  getParentRoute: () => signedIn,
  path: "/credentials/$clientId",
  validateSearch: readCredentialSearch,
  component: lazyRouteComponent(() => import("./pages/credential/credential-page.tsx"), "CredentialPage"),
});
const clouds = createRoute({
  getParentRoute: () => signedIn,
  path: "/clouds",
  component: lazyRouteComponent(() => import("./pages/clouds/clouds-page.tsx"), "CloudsPage"),
});
const signingKeys = createRoute({
  getParentRoute: () => signedIn,
  path: "/signing-keys",
  component: lazyRouteComponent(() => import("./pages/signing-keys/signing-keys-page.tsx"), "SigningKeysPage"),
});
const revocations = createRoute({
  getParentRoute: () => signedIn,
  path: "/revocations",
  component: lazyRouteComponent(() => import("./pages/revocations/revocations-page.tsx"), "RevocationsPage"),
});
const administrators = createRoute({
  getParentRoute: () => signedIn,
  path: "/administrators",
  validateSearch: readSearchOnly,
  component: lazyRouteComponent(() => import("./pages/administrators/administrators-page.tsx"), "AdministratorsPage"),
});
const auditLog = createRoute({
  getParentRoute: () => signedIn,
  path: "/audit-log",
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import("./pages/audit-log/audit-log-page.tsx"), "AuditLogPage"),
});
const you = createRoute({
  getParentRoute: () => signedIn,
  path: "/you",
  component: lazyRouteComponent(() => import("./pages/you/you-page.tsx"), "YouPage"),
});

const routeTree = root.addChildren([
  signIn,
  setup,
  invitation,
  signedIn.addChildren([
    overview,
    accounts,
    account.addChildren([accountProjects, accountCredentials, accountMembers, accountSettings]),
    project.addChildren([projectOverview, projectExports]),
    exportJobCreation,
    exportJob,
    credential,
    clouds,
    signingKeys,
    revocations,
    administrators,
    auditLog,
    you,
  ]),
]);

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    // What is fetched is kept by the queries, not by the router.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: PageError,
    defaultPendingComponent: PagePending,
    defaultPendingMs: 400,
    defaultNotFoundComponent: NotFoundNotice,
    scrollRestoration: true,
  });
}

export type ConsoleRouter = ReturnType<typeof createConsoleRouter>;

declare module "@tanstack/react-router" {
  interface Register {
    router: ConsoleRouter;
  }
}
