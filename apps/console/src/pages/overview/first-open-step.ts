type Present = {
  readonly clouds: number;
  readonly accounts: number;
  readonly projects: number;
  readonly credentials: number;
};

/** Each step needs those before it, so that the first one that is open is the one to take: 0 to 4. */
export function findFirstOpenStep({ clouds, accounts, projects, credentials }: Present): number {
  const counts = [clouds, accounts, projects, credentials];
  const open = counts.indexOf(0);
  return open === -1 ? counts.length : open;
}
