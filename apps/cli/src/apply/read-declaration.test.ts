import { describe, expect, test } from "vitest";
import { readDeclaration } from "./read-declaration.ts";

const read = (text: string) => {
  const found = readDeclaration(text);
  return "mistakes" in found ? found.mistakes.map(({ line, text: told }) => `${line}: ${told}`) : found.declaration;
};

test("a whole file: names are trimmed, ends are instants, never is no end", () => {
  expect(
    read(`
prune: true
clouds:
  - name: aws-eu-west-1
    endpoint: https://api.eu.example.com
accounts:
  - id: 7
    name: " Acme "
    credentialLifetimeLimitDays: null
    projects:
      - name: Web
        cloud: aws-eu-west-1
        credentials:
          - name: Nightly
            clientId: 7CE9F436-f2d1-48c4-aac9-a837564ae7ea
            scopes: [data-export, metrics]
            expiresAt: 2027-06-30
    credentials:
      - { name: CI, scopes: [metrics], expiresAt: never, state: disabled, allowedRanges: [] }
`),
  ).toEqual({
    prune: true,
    clouds: [{ name: "aws-eu-west-1", endpoint: "https://api.eu.example.com" }],
    accounts: [
      {
        id: 7,
        name: "Acme",
        credentialLifetimeLimitDays: null,
        projects: [
          {
            name: "Web",
            cloud: "aws-eu-west-1",
            credentials: [
              {
                name: "Nightly",
                clientId: "7ce9f436-f2d1-48c4-aac9-a837564ae7ea",
                scopes: ["data-export", "metrics"],
                expiresAt: "2027-06-30T00:00:00.000Z",
              },
            ],
          },
        ],
        credentials: [{ name: "CI", scopes: ["metrics"], expiresAt: null, state: "disabled", allowedRanges: [] }],
      },
    ],
  });
});

test("JSON is YAML; an empty file declares nothing", () => {
  expect(read('{"accounts":[{"name":"Acme"}]}')).toEqual({ accounts: [{ name: "Acme" }] });
  expect([read(""), read("# nothing\n")]).toEqual([{}, {}]);
});

describe("mistakes name the line, the place and the rule", () => {
  test.each([
    [
      "accounts:\n  - nam: Acme\n",
      ["2: accounts[0].name is missing: it must be a text", "2: accounts[0].nam is not known here"],
    ],
    [
      "accounts:\n  - name: Acme\n    projects:\n      - name: Web\n        cloud: 7\n",
      ["5: accounts[0].projects[0].cloud must be the name of a cloud"],
    ],
    ["accounts:\n  - name: 2024\n", ["2: accounts[0].name must be a text"]],
    ["accounts:\n  - name: ''\n", ["2: accounts[0].name must not be empty"]],
    ["accounts: 7\n", ["1: accounts must be a list"]],
    ["- 7\n", ["1: The file must be a mapping with clouds, accounts or prune"]],
    ["prune: yes\n", ["1: prune must be true or false"]],
    [
      "clouds:\n  - name: aws\n    endpoint: https://x.example.com/\n",
      ["3: clouds[0].endpoint must be a base URL in lower case, without path or trailing slash"],
    ],
    [
      "accounts:\n  - name: A\n    credentials:\n      - name: N\n        scopes: []\n        expiresAt: soon\n",
      [
        "5: accounts[0].credentials[0].scopes must name one scope or more",
        "6: accounts[0].credentials[0].expiresAt must be never, or an ISO 8601 date such as 2027-06-30",
      ],
    ],
    ["accounts:\n  - name: A\n  - name: A\n", ["3: accounts[1].name must not be the same as of another one"]],
    [
      "accounts:\n  - name: A\n    projects:\n      - { id: 1, name: P, cloud: a }\n  - name: B\n    projects:\n      - id: 1\n        name: Q\n        cloud: a\n",
      ["7: accounts[1].projects[0].id must not be the same as of another one"],
    ],
    ["accounts: &a []\nclouds: *a\n", ["1: It must not use aliases (*name)"]],
    ["accounts: []\naccounts: []\n", ["2: Map keys must be unique"]],
    [
      "accounts: []\n---\naccounts: []\n",
      ["2: Source contains multiple documents; please use YAML.parseAllDocuments()"],
    ],
    ["accounts: !!js/function 'x'\n", ["1: Unresolved tag: tag:yaml.org,2002:js/function"]],
    ["accounts: [\n", ["2: Flow sequence in block collection must be sufficiently indented and end with a ]"]],
  ])("%j", (text, mistakes) => {
    expect(read(text)).toEqual(mistakes);
  });

  test("a thousand aliases of aliases are not followed", () => {
    const lines = Array.from({ length: 30 }, (_, at) => `x${at}: &x${at} [${`*x${at - 1},`.repeat(at === 0 ? 0 : 9)}]`);
    expect(read(lines.join("\n"))).toEqual(["1: It must not use aliases (*name)"]);
  });

  test("__proto__ is a member that is not known", () => {
    expect(read("__proto__: { polluted: true }\n")).toEqual(["1: __proto__ is not known here"]);
    expect({}).not.toHaveProperty("polluted");
  });
});
