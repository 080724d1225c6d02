import type { ReactNode } from "react";
import { Button } from "../../design/button.tsx";
import { EmptyState } from "../../design/states.tsx";
import type { CredentialListSearch } from "../../search-parameters.ts";

type NoCredentialsProps = {
  readonly search: CredentialListSearch;
  readonly onChange: (search: CredentialListSearch) => void;
  readonly owner: "account" | "project";
  readonly create: ReactNode;
};

export function NoCredentials({ search, onChange, owner, create }: NoCredentialsProps) {
  if (search.search !== undefined || search.state !== undefined) {
    const forget = <Button onClick={() => onChange({ level: search.level })}>Show all of them</Button>;
    return (
      <EmptyState icon="search" title="No credential is like that" actions={forget}>
        {search.search === undefined
          ? `None of them is ${search.state}.`
          : `None of them has “${search.search}” in its name, or as its client id.`}
      </EmptyState>
    );
  }
  if (owner === "project") {
    return (
      <EmptyState icon="credential" title="No credentials yet" actions={create}>
        A credential of a project is a client id and a secret with which a program gets tokens for this project alone.
      </EmptyState>
    );
  }
  const isElsewhere = search.level === undefined;
  return (
    <EmptyState
      icon="credential"
      title={isElsewhere ? "No credentials of account level" : "No credentials yet"}
      actions={
        <>
          {create}
          {isElsewhere && <Button onClick={() => onChange({ level: "all" })}>Show all levels</Button>}
        </>
      }
    >
      A credential of account level gets tokens for any project of the account, one project a token. For a program that
      needs a single project, create one of project level.
    </EmptyState>
  );
}
