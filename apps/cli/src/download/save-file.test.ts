import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { ClientError, type DownloadOptions } from "@biped/client";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { openDownloadRecord } from "./download-record.ts";
import { type FileToSave, saveFile } from "./save-file.ts";

const text = `${randomBytes(40_000).toString("hex")}\n`;
const packed = gzipSync(text);
const identity = { service: "https://auth.example.com", projectId: 42, jobId: 12, runId: 77 };
const name = "job-12-run-77-part-1.jsonl.gz";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "biped-save-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

type Source = {
  readonly bytes?: Uint8Array;
  readonly chunkBytes?: number;
  /** The connection is gone for good after so many bytes. */
  readonly endsAfter?: number;
  readonly isLengthTold?: boolean;
  /** What the service says the file's digest is. */
  readonly sha256?: string;
  readonly failure?: unknown;
};

/** A service with one file. `asked` are the offsets from which it was read. */
function createSource(source: Source = {}) {
  const { bytes = packed, chunkBytes = 10_000, endsAfter = Number.POSITIVE_INFINITY, isLengthTold = true } = source;
  const asked: number[] = [];
  async function* read({ offset = 0, onDigest, onProgress, signal }: DownloadOptions): AsyncGenerator<Uint8Array> {
    if (source.sha256 !== undefined) onDigest?.(source.sha256);
    for (let at = offset; at < bytes.length; ) {
      signal?.throwIfAborted();
      if (at >= endsAfter) throw source.failure ?? incomplete();
      const end = Math.min(at + chunkBytes, endsAfter, bytes.length);
      onProgress?.(end, isLengthTold ? bytes.length : undefined);
      yield bytes.subarray(at, end);
      at = end;
    }
  }
  const download = async (options: DownloadOptions) => {
    asked.push(options.offset ?? 0);
    return read(options);
  };
  return { asked, download };
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");
const incomplete = (): ClientError =>
  new ClientError("The download broke off.", { kind: "unreachable", code: "DOWNLOAD_INCOMPLETE" });

async function save(
  { download }: Pick<ReturnType<typeof createSource>, "download">,
  { recordOf = identity, ...further }: Partial<FileToSave> & { readonly recordOf?: typeof identity } = {},
) {
  const record = await openDownloadRecord(path.join(directory, "job-12-run-77.download.json"), recordOf);
  const signal = new AbortController().signal;
  const onProgress = (): void => undefined;
  const file = { directory, name, finalName: name, isUnpacked: false, record, download, onProgress, signal };
  return saveFile({ ...file, ...further });
}

/** All files but the record. */
const names = async (): Promise<readonly string[]> =>
  (await readdir(directory)).filter((each) => each !== recordName).toSorted();
const read = (file: string): Promise<Buffer> => readFile(path.join(directory, file));
const recordName = "job-12-run-77.download.json";

describe("saveFile", () => {
  test("a whole download has its final name and every byte", async () => {
    const saved = await save(createSource());
    expect(saved).toEqual({ path: path.join(directory, name), bytes: packed.length, resumedFrom: 0 });
    expect(await names()).toEqual([name]);
    expect((await read(name)).equals(packed)).toBe(true);
  });

  test("a download that breaks off leaves NAME.part alone, and the next one fetches what is missing", async () => {
    await expect(save(createSource({ endsAfter: 25_000 }))).rejects.toMatchObject({ code: "DOWNLOAD_INCOMPLETE" });
    expect(await names()).toEqual([`${name}.part`]);
    expect((await read(`${name}.part`)).equals(packed.subarray(0, 25_000))).toBe(true);
    const source = createSource();
    expect(await save(source)).toMatchObject({ bytes: packed.length, resumedFrom: 25_000 });
    expect(source.asked).toEqual([25_000]);
    expect((await read(name)).equals(packed)).toBe(true);
  });

  test.each([true, false])(
    "the digest that the service tells is compared with what is on the disk: unpacked %s",
    async (isUnpacked) => {
      const finalName = isUnpacked ? "unpacked.jsonl" : name;
      const [right, wrong] = [digestOf(packed), digestOf(Buffer.from("another file"))];
      await save(createSource({ sha256: right }), { isUnpacked, finalName });
      expect(await names()).toEqual([finalName]);
      await rm(path.join(directory, finalName));
      const damaged = {
        exitCode: 5,
        code: "FILE_DAMAGED",
        message: expect.stringContaining("its SHA-256 is not the one"),
      };
      await expect(save(createSource({ sha256: wrong }), { isUnpacked, finalName })).rejects.toMatchObject(damaged);
      expect(await readdir(directory)).toEqual([]);
    },
  );

  test("a digest holds for bytes of two downloads, and another one is another file", async () => {
    const plain = { bytes: randomBytes(40_000), endsAfter: 25_000 };
    await expect(save(createSource({ ...plain, sha256: digestOf(plain.bytes) }))).rejects.toThrow();
    const other = randomBytes(40_000);
    const source = createSource({ bytes: other, sha256: digestOf(other) });
    expect(await save(source)).toMatchObject({ bytes: 40_000, resumedFrom: 0 });
    expect(source.asked).toEqual([25_000, 0]);
    expect((await read(name)).equals(other)).toBe(true);
    await rm(path.join(directory, name));
    await expect(save(createSource({ ...plain, sha256: digestOf(plain.bytes) }))).rejects.toThrow();
    await expect(save(createSource({ bytes: other }))).rejects.toMatchObject({ code: "FILE_DAMAGED" });
    expect(await names()).toEqual([]);
  });

  test("a part of another run, project or service is not gone on with", async () => {
    for (const [member, value] of [
      ["service", "https://other.example.com"],
      ["projectId", 43],
      ["runId", 78],
    ] as const) {
      await expect(save(createSource({ endsAfter: 25_000 }))).rejects.toThrow();
      const source = createSource();
      await save(source, { recordOf: { ...identity, [member]: value } });
      expect(source.asked).toEqual([0]);
      await rm(path.join(directory, recordName));
    }
  });

  test("a part without a record, or with a damaged one, is not gone on with", async () => {
    await writeFile(path.join(directory, `${name}.part`), "something else");
    const source = createSource();
    await save(source);
    await expect(save(createSource({ endsAfter: 25_000 }))).rejects.toThrow();
    await writeFile(path.join(directory, recordName), '{"service":');
    await save(source);
    expect(source.asked).toEqual([0, 0]);
    expect((await read(name)).equals(packed)).toBe(true);
  });

  test("a file whose length has changed meanwhile is fetched anew", async () => {
    await expect(save(createSource({ endsAfter: 25_000 }))).rejects.toThrow();
    const other = gzipSync(randomBytes(50_000));
    const source = createSource({ bytes: other });
    expect(await save(source)).toMatchObject({ bytes: other.length, resumedFrom: 0 });
    expect(source.asked).toEqual([25_000, 0]);
    expect((await read(name)).equals(other)).toBe(true);
  });

  test("a file that the client says has changed is fetched anew", async () => {
    await expect(save(createSource({ endsAfter: 25_000 }))).rejects.toThrow();
    const whole = createSource();
    const changed = new ClientError("The file has changed.", { kind: "not_oauth", code: "FILE_CHANGED" });
    const download = async (options: DownloadOptions) => {
      if (options.offset) throw changed;
      return whole.download(options);
    };
    expect(await save({ download })).toMatchObject({ resumedFrom: 0 });
    expect((await read(name)).equals(packed)).toBe(true);
  });

  test("another file of the same length: the checksum tells, and nothing is saved", async () => {
    await expect(save(createSource({ endsAfter: 25_000 }))).rejects.toThrow();
    const other = Buffer.from(packed).fill(7, 100, 200);
    const failed = save(createSource({ bytes: other.fill(9, 30_000, 30_100) }));
    await expect(failed).rejects.toMatchObject({ code: "FILE_DAMAGED", exitCode: 5 });
    expect(await names()).toEqual([]);
  });

  test("a part that is complete already is not asked for again", async () => {
    await expect(save(createSource(), { signal: AbortSignal.abort() })).rejects.toThrow();
    const stopped = createSource({ endsAfter: packed.length });
    await expect(save(stopped, { finalName: "no/such/folder" })).rejects.toMatchObject({ code: "ENOENT" });
    const source = createSource();
    expect(await save(source)).toMatchObject({ bytes: packed.length, resumedFrom: packed.length });
    expect(source.asked).toEqual([]);
  });

  test("an unknown length is saved, and gone on with", async () => {
    await expect(save(createSource({ endsAfter: 25_000, isLengthTold: false }))).rejects.toThrow();
    expect(await save(createSource({ isLengthTold: false }))).toMatchObject({ resumedFrom: 25_000 });
    expect((await read(name)).equals(packed)).toBe(true);
  });
});

test("a download of which nothing came leaves nothing", async () => {
  const refused = new ClientError("The service refuses.", { kind: "refused", code: "HTTP_403", status: 403 });
  await expect(save(createSource({ endsAfter: 0, failure: refused }))).rejects.toBe(refused);
  expect(await readdir(directory)).toEqual([]);
});

describe("saveFile, unpacking", () => {
  const unpacked = { finalName: name.replace(".gz", ""), isUnpacked: true };

  test("the unpacked file alone is left, and a cut download is gone on with as it was sent", async () => {
    await expect(save(createSource({ endsAfter: 25_000 }), unpacked)).rejects.toThrow();
    expect(await names()).toEqual([`${name}.part`]);
    const source = createSource();
    await save(source, unpacked);
    expect(source.asked).toEqual([25_000]);
    expect(await names()).toEqual([unpacked.finalName]);
    expect((await read(unpacked.finalName)).toString()).toBe(text);
  });

  test("a gzip file that is not whole is a fault of the service, and leaves no file", async () => {
    const failed = save(createSource({ bytes: packed.subarray(0, 30_000) }), unpacked);
    await expect(failed).rejects.toMatchObject({ code: "FILE_DAMAGED", exitCode: 5 });
    expect(await names()).toEqual([]);
  });

  test("several gzip members after one another are all unpacked", async () => {
    await save(createSource({ bytes: Buffer.concat([packed, gzipSync("end\n")]) }), unpacked);
    expect((await read(unpacked.finalName)).toString()).toBe(`${text}end\n`);
  });

  test("what is not packed is kept as it came", async () => {
    await save(createSource({ bytes: Buffer.from(text) }), unpacked);
    expect((await read(unpacked.finalName)).toString()).toBe(text);
  });
});

describe("saveFile, when the machine or the user is in the way", () => {
  test("ENOSPC: one line that says so, what is kept, and no file under the final name", async () => {
    const failed = save(createSource(), {
      open: async (file) => {
        const handle = await open(file, "w");
        let writes = 0;
        return {
          write: (async (...args: Parameters<typeof handle.write>) => {
            writes += 1;
            if (writes < 3) return handle.write(...args);
            throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
          }) as typeof handle.write,
          sync: () => handle.sync(),
          close: () => handle.close(),
        };
      },
    });
    const part = path.join(directory, `${name}.part`);
    await expect(failed).rejects.toMatchObject({
      exitCode: 1,
      code: "ENOSPC",
      message: `The disk is full: ${part} keeps 20.0 kB`,
      next: "Make room; the same command goes on from there.",
    });
    expect(await names()).toEqual([`${name}.part`]);
  });

  test("an abort in the middle: what is kept and how to go on, exit code 130", async () => {
    const abort = new AbortController();
    let chunks = 0;
    const failed = save(createSource(), {
      signal: abort.signal,
      onProgress: () => {
        chunks += 1;
        if (chunks === 2) abort.abort();
      },
    });
    const part = path.join(directory, `${name}.part`);
    await expect(failed).rejects.toMatchObject({
      exitCode: 130,
      next: `${part} keeps 20.0 kB; the same command goes on from there.`,
    });
    expect(await names()).toEqual([`${name}.part`]);
  });

  test("a symbolic link under the name of the part is not written through", async () => {
    const victim = path.join(directory, "victim");
    await writeFile(victim, "precious");
    await symlink(victim, path.join(directory, `${name}.part`));
    await save(createSource());
    expect((await read("victim")).toString()).toBe("precious");
    await expect(save(createSource({ endsAfter: 25_000 }))).rejects.toThrow();
    await rm(path.join(directory, `${name}.part`));
    await symlink(victim, path.join(directory, `${name}.part`));
    await expect(save(createSource())).rejects.toMatchObject({ code: "ELOOP" });
    expect((await read("victim")).toString()).toBe("precious");
  });
});

testProperty(
  "whatever is cut and wherever: the saved file is the service's, byte for byte",
  150,
  fc.asyncProperty(
    fc.record({
      size: fc.integer({ min: 0, max: 30_000 }),
      chunkBytes: fc.integer({ min: 1, max: 9_000 }),
      cuts: fc.array(fc.nat(30_000), { maxLength: 5 }),
      isUnpacked: fc.boolean(),
      isLengthTold: fc.boolean(),
    }),
    async ({ size, chunkBytes, cuts, isUnpacked, isLengthTold }) => {
      const content = randomBytes(size);
      const bytes = gzipSync(content);
      const finalName = isUnpacked ? name.replace(".gz", "") : name;
      const source = (endsAfter?: number) =>
        createSource({
          bytes,
          chunkBytes: Math.max(chunkBytes, bytes.length / 50),
          isLengthTold,
          ...(endsAfter && { endsAfter }),
        });
      for (const cut of cuts.filter((at) => at < bytes.length)) {
        await save(source(cut), { finalName, isUnpacked }).catch(() => undefined);
      }
      await save(source(), { finalName, isUnpacked });
      const found = await read(finalName);
      expect((isUnpacked ? found : gunzipSync(found)).equals(content)).toBe(true);
      for (const each of await readdir(directory)) await rm(path.join(directory, each));
    },
  ),
);
