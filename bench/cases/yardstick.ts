/** The yardstick: what openssl signs on all cores in this round. */

import type { Reading } from "../cases.ts";
import type { Lab } from "../lab.ts";
import { startCpuMeter } from "../measure/cpu-meter.ts";
import { measureOpenssl } from "../measure/openssl-speed.ts";

export async function measureYardstick({ pace }: Lab): Promise<Reading> {
  const stopMeter = startCpuMeter({ serverPid: undefined, loadPid: undefined });
  const signaturesPerSecond = await measureOpenssl(pace.opensslSeconds);
  return { values: { signaturesPerSecond }, cpu: stopMeter() };
}
