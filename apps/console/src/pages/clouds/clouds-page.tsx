import type { Cloud } from "@biped/management-client";
import { type ReactNode, useState } from "react";
import { isPlatformOwner } from "../../api/permissions.ts";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { CopyButton } from "../../design/copy.tsx";
import { PageHeader } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { EmptyState, ErrorState, TableSkeleton } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import "./clouds.css";

const CreateCloudDialog = lazyPart(() =>
  import("./create-cloud-dialog.tsx").then((module) => module.CreateCloudDialog),
);
const ChangeEndpointDialog = lazyPart(() =>
  import("./change-endpoint-dialog.tsx").then((module) => module.ChangeEndpointDialog),
);

type Open = { readonly dialog: "create" } | { readonly dialog: "endpoint"; readonly cloud: Cloud } | undefined;

export function CloudsPage() {
  usePageTitle("Clouds");
  const [open, setOpen] = useState<Open>(undefined);
  const close = (): void => setOpen(undefined);
  const mayChange = isPlatformOwner(useSession().administrator);
  const create = mayChange ? (
    <Button kind="primary" icon="plus" onClick={() => setOpen({ dialog: "create" })}>
      Create cloud
    </Button>
  ) : undefined;
  return (
    <>
      <PageHeader
        title="Clouds"
        text="A cloud is a place where your APIs run. Each token tells its program the endpoint of its project's cloud."
        actions={create}
      />
      <CloudList
        create={create}
        onChangeEndpoint={mayChange ? (cloud) => setOpen({ dialog: "endpoint", cloud }) : undefined}
      />
      {open?.dialog === "create" && <CreateCloudDialog onClose={close} />}
      {open?.dialog === "endpoint" && <ChangeEndpointDialog cloud={open.cloud} onClose={close} />}
    </>
  );
}

type CloudListProps = {
  readonly create: ReactNode;
  readonly onChangeEndpoint: ((cloud: Cloud) => void) | undefined;
};

function CloudList({ create, onChangeEndpoint }: CloudListProps) {
  const { data, error, refetch } = useOperation("GET /api/clouds", {});
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <TableSkeleton columns={3} rows={2} />;
  if (data.items.length === 0) {
    return (
      <EmptyState icon="cloud" title="No clouds yet" actions={create}>
        Create one for each place where your APIs run, such as aws-eu-west-1. A project lives on exactly one of them.
      </EmptyState>
    );
  }
  return (
    <Table
      label="Clouds"
      rows={data.items}
      rowKey={({ name }) => name}
      columns={onChangeEndpoint === undefined ? columns : [...columns, createActions(onChangeEndpoint)]}
    />
  );
}

const columns: readonly Column<Cloud>[] = [
  { id: "name", title: "Cloud", isTitle: true, cell: ({ name }) => <strong className="mono">{name}</strong> },
  {
    id: "endpoint",
    title: "Endpoint",
    cell: ({ name, endpoint }) => (
      <span className="cloud-endpoint">
        <span className="mono">{endpoint}</span>
        <CopyButton text={endpoint} what={`endpoint of ${name}`} />
      </span>
    ),
  },
  { id: "projects", title: "Projects", align: "end", cell: ({ projectCount }) => projectCount },
];

function createActions(onChangeEndpoint: (cloud: Cloud) => void): Column<Cloud> {
  return {
    id: "actions",
    title: "Actions",
    isTitleHidden: true,
    align: "end",
    cell: (cloud) => (
      <Button size="small" onClick={() => onChangeEndpoint(cloud)}>
        Change endpoint<span className="visually-hidden"> of {cloud.name}</span>
      </Button>
    ),
  };
}
