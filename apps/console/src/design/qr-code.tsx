import "./qr-code.css";
import { encode } from "uqr";

/** Drawn here, from the matrix alone: neither a picture from elsewhere nor markup as text. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { border: 3 });
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" role="img" aria-label={label}>
      <path d={formatModules(data)} />
    </svg>
  );
}

function formatModules(rows: readonly (readonly boolean[])[]): string {
  const squares = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
  return squares.join("");
}
