import type { Account } from "@biped/management-client";
import { useState } from "react";
import { useOperation } from "../../api/queries.ts";
import { Callout } from "../../design/callout.tsx";
import { RadioCards } from "../../design/choices.tsx";
import { Select } from "../../design/select.tsx";
import { ErrorState, Skeleton } from "../../design/states.tsx";
import { TextField } from "../../design/text-field.tsx";

export type Level = "account" | "project";

type LevelChoiceProps = {
  readonly account: Account;
  readonly level: Level;
  readonly projectId: number | undefined;
  readonly onChange: (level: Level, projectId: number | undefined) => void;
};

export function LevelChoice({ account, level, projectId, onChange }: LevelChoiceProps) {
  return (
    <>
      <RadioCards
        label="Level"
        cards={[
          {
            value: "project",
            title: "One project",
            text: "Its tokens are for that project alone. Right for most programs.",
          },
          {
            value: "account",
            title: "The whole account",
            text: `Each token is for one project of ${account.name}, whichever its program names, those to come included.`,
          },
        ]}
        value={level}
        onChange={(next) => onChange(next, projectId)}
      />
      {level === "project" && (
        <ProjectChoice accountId={account.id} projectId={projectId} onChange={(id) => onChange("project", id)} />
      )}
    </>
  );
}

type ProjectChoiceProps = {
  readonly accountId: number;
  readonly projectId: number | undefined;
  readonly onChange: (projectId: number | undefined) => void;
};

/** As many as a list can hold; with more of them, one narrows the list first. */
function ProjectChoice({ accountId, projectId, onChange }: ProjectChoiceProps) {
  const [search, setSearch] = useState("");
  const query = { accountId, limit: 100, sort: "name" as const };
  const { data, error, refetch } = useOperation("GET /api/projects", { query: { ...query, search } });
  const [isMany, setMany] = useState(false);
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data !== undefined && data.nextCursor !== null && !isMany) setMany(true);
  if (data?.items.length === 0 && search === "") {
    return <Callout kind="warning">This account has no project yet. Create one first, on its Projects tab.</Callout>;
  }
  const options = (data?.items ?? []).map(({ id, name }) => ({ value: String(id), label: `${name} (${id})` }));
  const isListed = options.some(({ value }) => value === String(projectId));
  const current =
    projectId === undefined || isListed ? [] : [{ value: String(projectId), label: `Project ${projectId}` }];
  return (
    <>
      {isMany && (
        <TextField
          label="Find the project"
          hint="There are more than 100: a part of the name narrows the list."
          isOptional
          value={search}
          onChange={setSearch}
        />
      )}
      {data === undefined && !isMany ? (
        <Skeleton />
      ) : (
        <Select
          label="Project"
          options={[{ value: "", label: "Choose a project" }, ...current, ...options]}
          value={projectId === undefined ? "" : String(projectId)}
          onChange={(value) => onChange(value === "" ? undefined : Number(value))}
        />
      )}
    </>
  );
}
