/** Drawn on a grid of 20, with lines of 1.5 in the colour of the text. */
const paths = {
  overview: "M3 10.5 10 4l7 6.500M5 9v7h10V9",
  account: "M4 17V5l7-2v14M11 8h5v9M2.5 17h15M7 8v.01M7 11v.01M7 14v.01M13.5 11v.01M13.5 14v.01",
  project: "M3 6.5 10 3l7 3.5-7 3.500zM3 10l7 3.500L17 10M3 13.5 10 17l7-3.5",
  credential: "M12.5 3.500a4 4 0 1 1-2.9 6.750L4 15.800V17h2.500v-2H8v-2l2.2-1.850M13 7.500v.01",
  cloud: "M6 15.500a3.5 3.5 0 0 1-.4-6.98 4.5 4.5 0 0 1 8.7-.9A4 4 0 0 1 14 15.500z",
  "signing-key": "M10 2.5 16 5v4.500c0 3.7-2.5 6.6-6 8-3.5-1.4-6-4.3-6-8V5zM7.5 10l1.8 1.800L12.8 8.2",
  administrators:
    "M7.5 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2.5 16.500a5 5 0 0 1 10 0M13 9.300a2.8 2.8 0 0 0 0-5.600M14.5 12a5 5 0 0 1 3 4.5",
  "audit-log": "M5 3h7l3.5 3.500V17H5zM12 3v3.500h3.500M7.5 10h5M7.5 13h5",
  person: "M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M3.5 17a6.5 6.5 0 0 1 13 0",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12M13.5 13.5 17 17",
  plus: "M10 4v12M4 10h12",
  close: "m5 5 10 10M15 5 5 15",
  check: "m4 10.5 4 4 8-9",
  copy: "M7 7h9v9H7zM4 13V4h9",
  eye: "M2 10c2-3.7 4.7-5.5 8-5.500s6 1.8 8 5.500c-2 3.7-4.7 5.5-8 5.500S4 13.7 2 10M10 12.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5",
  "eye-off":
    "M3 3l14 14M8 4.800A8 8 0 0 1 10 4.500c3.3 0 6 1.8 8 5.500a14 14 0 0 1-2.3 3.100M12 12a2.5 2.5 0 0 1-3.8-3.200M5.5 6.300A13 13 0 0 0 2 10c2 3.7 4.7 5.5 8 5.500a8 8 0 0 0 4-1",
  "chevron-down": "m5 7.5 5 5 5-5",
  "chevron-right": "m7.5 5 5 5-5 5",
  "up-down": "m6.5 8 3.5-3.500L13.5 8M6.5 12l3.5 3.5 3.5-3.5",
  up: "M10 16V4M5.5 8.5 10 4l4.5 4.5",
  down: "M10 4v12M5.5 11.5 10 16l4.5-4.5",
  menu: "M3 6h14M3 10h14M3 14h14",
  more: "M5 10v.01M10 10v.01M15 10v.01",
  warning: "M10 3.5 18 16.500H2zM10 8v4M10 14.200v.01",
  info: "M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15M10 9v5M10 6.200v.01",
  success: "M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15M6.8 10.200l2.3 2.3 4.2-4.6",
  sun: "M10 13.200a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.400M10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1.1 1.100M14.6 14.600l1.1 1.100M4.3 15.700l1.1-1.100M14.6 5.400l1.1-1.1",
  moon: "M16.5 12.300A7 7 0 0 1 7.7 3.500a7 7 0 1 0 8.8 8.8",
  system: "M3 4h14v9.500H3zM7 17h6M10 13.500V17",
  "sign-out": "M8 3.500H4v13h4M12.5 6.5 16 10l-3.5 3.500M16 10H8",
  download: "M10 3v9M6 8.500l4 4 4-4M4 16.500h12",
  print: "M6 7V3h8v4M6 14H3.500V7h13v7H14M6 11.500h8V17H6z",
  passkey:
    "M8 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2.5 16.500a5.5 5.5 0 0 1 8.3-4.700M14.5 11.500a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.600M14.5 11.500v6l1.7-1.500M14.5 14.500l1.5-1",
  phone: "M6 2.500h8v15H6zM9 15h2",
  keyboard: "M2.5 5.500h15v9h-15zM5.5 8.500v.01M8.5 8.500v.01M11.5 8.500v.01M14.5 8.500v.01M6.5 11.500h7",
  external: "M8 4H4v12h12v-4M11.5 4H16v4.500M16 4l-7 7",
  trash: "M4 5.500h12M8 5.500V3.500h4v2M5.5 5.500l.7 11h7.600l.7-11M8.5 8.500v5M11.5 8.500v5",
  revocation: "M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15M4.7 4.7l10.6 10.600",
  rotate: "M16 10a6 6 0 1 1-1.8-4.300M16 3v3.500h-3.5",
} as const;

export type IconName = keyof typeof paths;

/** Ornament only: what it says is also said in words beside it, or in the name of its button. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
