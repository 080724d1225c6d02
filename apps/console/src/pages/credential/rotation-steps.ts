/** Explained, chosen and made in a dialog; watched on the page, for as many days as it takes. */
export const rotationSteps = ["Before you begin", "Overlap", "New secret", "Watch, then complete"] as const;
