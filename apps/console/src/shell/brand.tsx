import "./brand.css";

/** The name and its mark. */
export function Brand() {
  return (
    <span className="brand">
      <svg className="brand__mark" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M11 7v18M11 15.5h5.5a4.75 4.75 0 0 1 0 9.5H11M11 7h4.2a4.25 4.25 0 0 1 0 8.5" />
      </svg>
      Biped
    </span>
  );
}
