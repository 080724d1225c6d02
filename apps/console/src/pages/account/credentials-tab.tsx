import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { mayActAs } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Toolbar } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import type { CredentialListSearch } from "../../search-parameters.ts";
import { CredentialFilters } from "../credentials/credential-filters.tsx";
import { CredentialList } from "../credentials/credential-list.tsx";
import { NoCredentials } from "../credentials/no-credentials.tsx";

const route = getRouteApi("/signed-in/accounts/$accountId/credentials");
const CreateCredentialDialog = lazyPart(() =>
  import("../credentials/create-credential-dialog.tsx").then((module) => module.CreateCredentialDialog),
);

export function CredentialsTab() {
  const { accountId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: account } = useOperation("GET /api/accounts/:accountId", { params: { accountId } });
  const [isCreating, setCreating] = useState(false);
  const change = (next: CredentialListSearch): void => void navigate({ search: next, replace: true });
  const create = mayActAs(account?.role, "administrator") && (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      Create credential
    </Button>
  );
  return (
    <>
      <Toolbar>
        <CredentialFilters search={search} onChange={change} hasLevels />
        {create}
      </Toolbar>
      <CredentialList
        owner={{ accountId }}
        search={search}
        onSort={(sort) => change({ ...search, sort })}
        empty={<NoCredentials search={search} onChange={change} owner="account" create={create || undefined} />}
      />
      {isCreating && account !== undefined && (
        <CreateCredentialDialog account={account} projectId={undefined} onClose={() => setCreating(false)} />
      )}
    </>
  );
}
