import type { Weighted } from "./weighted.ts";

export type Device = {
  readonly device_id: number;
  readonly platform_name: string | null;
  readonly platform_version: string | null;
  readonly browser_name: string | null;
  /** In January 2026; it grows by one every four weeks. Null with `browser_name`. */
  readonly browser_major: number | null;
  readonly browser_rest: string | null;
  readonly screen_width: number | null;
  readonly screen_height: number | null;
  readonly density: number | null;
  readonly model: string | null;
  readonly manufacturer: string | null;
};

type Screen = readonly [width: number, height: number, density: number];
type Browser = readonly [name: string, major: number, rest: string];

const unknown: Device = {
  device_id: 0,
  platform_name: null,
  platform_version: null,
  browser_name: null,
  browser_major: null,
  browser_rest: null,
  screen_width: null,
  screen_height: null,
  density: null,
  model: null,
  manufacturer: null,
};

const chrome: Browser = ["Chrome", 143, ".0.7499.41"];
const safari: Browser = ["Safari", 26, ".2"];
const firefox: Browser = ["Firefox", 147, ".0"];
const edge: Browser = ["Edge", 143, ".0.3650.75"];
const samsung: Browser = ["Samsung Internet", 29, ".0.1"];

const fullHd: Screen = [1920, 1080, 1];
const laptop: Screen = [1440, 900, 2];
const wide: Screen = [2560, 1440, 1.25];
const tablet: Screen = [820, 1180, 2];

/** Desktop, mobile web and tablet web, and 1 in 100 that told nothing about itself. */
export const webDevices: readonly Weighted<Device>[] = [
  web({ weight: 20, device_id: 1, platform: ["Windows", "11"], browser: chrome, screen: fullHd }),
  web({ weight: 4, device_id: 1, platform: ["Windows", "10"], browser: chrome, screen: wide }),
  web({ weight: 7, device_id: 1, platform: ["Windows", "11"], browser: edge, screen: wide }),
  web({ weight: 5, device_id: 1, platform: ["Windows", "11"], browser: firefox, screen: fullHd }),
  web({ weight: 6, device_id: 1, platform: ["macOS", "26.2"], browser: safari, screen: laptop }),
  web({ weight: 5, device_id: 1, platform: ["macOS", "15.7"], browser: chrome, screen: laptop }),
  web({ weight: 2, device_id: 1, platform: ["Linux", "6.17"], browser: firefox, screen: fullHd }),
  web({ weight: 16, device_id: 2, platform: ["iOS", "26.2"], browser: safari, screen: [393, 852, 3] }),
  web({ weight: 5, device_id: 2, platform: ["iOS", "18.7"], browser: safari, screen: [375, 667, 2] }),
  web({ weight: 14, device_id: 2, platform: ["Android", "16"], browser: chrome, screen: [412, 915, 2.625] }),
  web({ weight: 5, device_id: 2, platform: ["Android", "15"], browser: samsung, screen: [360, 780, 3] }),
  web({ weight: 6, device_id: 3, platform: ["iPadOS", "26.2"], browser: safari, screen: tablet }),
  web({ weight: 4, device_id: 3, platform: ["Android", "14"], browser: chrome, screen: [800, 1280, 1.5] }),
  { weight: 1, ...unknown },
];

/** Mobile app and tablet app. */
export const appDevices: readonly Weighted<Device>[] = [
  app({ weight: 24, device_id: 4, platform: ["iOS", "26.2"], make: ["Apple", "iPhone 17"], screen: [402, 874, 3] }),
  app({ weight: 14, device_id: 4, platform: ["iOS", "18.7"], make: ["Apple", "iPhone 15 Pro"], screen: [393, 852, 3] }),
  app({
    weight: 18,
    device_id: 4,
    platform: ["Android", "16"],
    make: ["Samsung", "Galaxy S25+"],
    screen: [412, 915, 3.5],
  }),
  app({
    weight: 12,
    device_id: 4,
    platform: ["Android", "15"],
    make: ["Google", "Pixel 9"],
    screen: [412, 923, 2.625],
  }),
  app({
    weight: 8,
    device_id: 4,
    platform: ["Android", "14"],
    make: ["Xiaomi", "Redmi Note"],
    screen: [393, 873, 2.75],
  }),
  app({ weight: 10, device_id: 5, platform: ["iPadOS", "26.2"], make: ["Apple", 'iPad Air 11"'], screen: tablet }),
  app({ weight: 6, device_id: 5, platform: ["Android", "15"], make: ["Samsung", "Galaxy Tab S10"], screen: tablet }),
];

type Hardware = {
  readonly weight: number;
  readonly device_id: number;
  readonly platform: readonly [name: string, version: string];
  readonly screen: Screen;
};

function web({ browser, ...hardware }: Hardware & { readonly browser: Browser }): Weighted<Device> {
  const [browser_name, browser_major, browser_rest] = browser;
  return { ...describeHardware(hardware), browser_name, browser_major, browser_rest };
}

function app({ make, ...hardware }: Hardware & { readonly make: readonly [string, string] }): Weighted<Device> {
  const [manufacturer, model] = make;
  return { ...describeHardware(hardware), manufacturer, model };
}

function describeHardware({ weight, device_id, platform, screen }: Hardware): Weighted<Device> {
  const [platform_name, platform_version] = platform;
  const [screen_width, screen_height, density] = screen;
  return { ...unknown, weight, device_id, platform_name, platform_version, screen_width, screen_height, density };
}
