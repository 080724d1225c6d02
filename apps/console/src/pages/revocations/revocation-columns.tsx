import type { Revocation } from "@biped/management-client";
import type { Column } from "../../design/table.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { describeActor } from "../overview/describe-change.ts";
import { OwnerLink } from "./owner-link.tsx";
import { findOwner, tellExtent, tellReason } from "./tell-revocation.ts";

export const revocationColumns: readonly Column<Revocation>[] = [
  {
    id: "owner",
    title: "Tokens of",
    isTitle: true,
    cell: (revocation) => (
      <>
        <OwnerLink owner={findOwner(revocation)} />
        <span className="table__below">{tellExtent(revocation)}</span>
      </>
    ),
  },
  { id: "reason", title: "How", cell: tellReason },
  { id: "at", title: "When", cell: ({ at }) => <TimeText instant={at} /> },
  { id: "actor", title: "By", cell: describeActor },
  { id: "until", title: "Listed until", cell: ({ until }) => <TimeText instant={until} /> },
];
